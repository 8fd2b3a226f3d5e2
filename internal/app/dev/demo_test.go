package dev_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

const demo = "demo" // the name of its sync

func TestWithinTwoMinutesTheDemoAsksARegistrarAndGoesOn(t *testing.T) {
	t.Parallel()
	began := time.Now()
	d := try(t, t.TempDir())
	plan := d.held()
	section := d.unlinked()
	d.attended()
	if took := time.Since(began); took > 2*time.Minute {
		t.Errorf("a held plan, an unlinked section and a day of attendance took %v", took)
	}

	t.Run("the page Plans says what would happen and why nothing has", func(t *testing.T) {
		want := `1[0-9] of [0-9]+ registrations of section \S+ 1, .* would be dropped, which is unusual: nobody was\.`
		for _, page := range []string{"/plans?state=held", "/plans/" + demo + "/" + plan.ID} {
			if _, body := get(t, d.url("Beadle is at ")+page); !regexp.MustCompile(want).MatchString(body) {
				t.Errorf("%s does not say it", page)
			}
		}
	})
	t.Run("once it is approved there, the same run goes on", func(t *testing.T) {
		plan := d.approve()
		eventually(t, "the drops", func() bool {
			now, err := d.api().Plan(t.Context(), demo, plan.ID, client.EffectFilter{Op: sync.Suspend, State: sync.EffectApplied})
			return err == nil && now.Plan.State == sync.PlanDone && int64(len(now.Effects)) == plan.Counts[sync.Suspend]
		})
		resumed, err := d.api().Jobs(t.Context(), client.Filter{Root: plan.Run, Task: "sis.registrations.process"})
		if err != nil || len(resumed.Jobs) == 0 || !strings.Contains(resumed.Jobs[0].Description, plan.ID) {
			t.Errorf("no job of run %s goes on: %+v, %v", plan.Run, resumed.Jobs, err)
		}
	})
	t.Run("once the section is linked, what waited for it is applied", func(t *testing.T) {
		waited := d.messages(section.Key, "ID_AMBIGUOUS")
		if _, err := d.api().Link(t.Context(), demo, client.LinkSection{Section: section.Key, Course: section.Code}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its registrations", func() bool {
			return d.messages(section.Key, "ID_AMBIGUOUS") == 0 && d.messages(section.Key, "") == waited
		})
	})
}

func (d *trial) api() *client.Client { return client.New(d.url("Beadle is at "), "") }

// held waits for a plan that waits for a person.
func (d *trial) held() (plan client.Plan) {
	d.t.Helper()
	eventually(d.t, "a held plan", func() bool {
		list, err := d.api().Plans(d.t.Context(), demo, client.PlanFilter{State: sync.PlanHeld})
		if err != nil || len(list.Plans) == 0 {
			return false
		}
		plan = list.Plans[0]
		return true
	})
	return plan
}

// approve approves the held plan as the page does. A scheduled run may put
// another one in its place meanwhile.
func (d *trial) approve() (plan client.Plan) {
	d.t.Helper()
	eventually(d.t, "an approval", func() bool {
		plan = d.held()
		page := d.url("Beadle is at ") + "/plans/" + demo + "/" + plan.ID + "/approve"
		answer, err := http.PostForm(page, url.Values{"reason": {"the class is closed"}})
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return plan
}

// unlinked waits for the section that a person is to link, and for the
// registrations that wait for that.
func (d *trial) unlinked() (section client.Section) {
	d.t.Helper()
	eventually(d.t, "an unlinked section", func() bool {
		list, err := d.api().Sections(d.t.Context(), client.SectionFilter{Sync: demo, State: sync.SectionAvailable})
		if err != nil || len(list.Sections) != 1 {
			return false
		}
		section = list.Sections[0]
		return d.messages(section.Key, "ID_AMBIGUOUS") >= 5
	})
	return section
}

// messages counts the messages about a section's registrations with a code, or
// all that were applied.
func (d *trial) messages(section, code string) int {
	f := client.MessageFilter{Sync: demo, Stream: sis.Registrations, Section: section, Code: code}
	if code == "" {
		f.State = sync.Applied
	}
	list, err := d.api().Messages(d.t.Context(), f)
	if err != nil {
		d.t.Fatal(err)
	}
	return len(list.Messages)
}
