package scheduler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// chain are the nightly tasks of an LMS, each after the one before.
var chain = []string{"users.import", "groups.assign", "enrolments.make", "reports.build", "notices.send"}

// A diary is the tasks that ran, in order.
type diary struct {
	mu  sync.Mutex
	ran []string
}

func (d *diary) tasks() (all []tasks.Task) {
	for _, name := range append(slices.Clone(chain), "other") {
		all = append(all, tasks.Spec[struct{}]{
			Name: name, Summary: "Write itself down.",
			Run: func(context.Context, *tasks.Job[struct{}]) error {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.ran = append(d.ran, name)
				return nil
			},
		})
	}
	return all
}

// chain returns those of the chain.
func (d *diary) chain() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(d.ran), func(name string) bool { return name == "other" })
}

// forgotten has a ledger in which nobody has decided anything for 26 hours.
func (i installation) forgotten(others int) {
	i.t.Helper()
	records, err := ledger.Open(i.t.Context(), i.location)
	if err != nil {
		i.t.Fatal(err)
	}
	defer records.Close()
	long := time.Now().Add(-26 * time.Hour)
	add := func(name, task, cron string, after ...string) {
		s := job.Schedule{Name: name, Task: task, Client: "default", Rule: job.NewRule(cron, "UTC", raw(`{}`)), Created: long}
		s.After, s.Base = after, s.Rule
		s.Base.After = after
		if err := records.SaveSchedule(i.t.Context(), s, 0, nil); err != nil {
			i.t.Fatal(err)
		}
	}
	at := time.Now().UTC().Add(-3 * time.Hour)
	for n, name := range chain {
		add(name, name, fmt.Sprintf("%d %d * * *", at.Minute(), at.Hour()), chain[max(n-1, 0):n]...)
	}
	for n := range others { // none is due within minutes of now: it would be no recovery's
		add(fmt.Sprintf("other:%02d", n), "other", fmt.Sprintf("%d * * * *", (time.Now().Minute()+5+n)%60))
	}
}

func TestWhatWasMissedInADayIsRecoveredInOrder(t *testing.T) {
	i, d := install(t), &diary{}
	i.forgotten(50)
	url, _ := i.scheduler("")
	i.worker(d.tasks()...)
	c := client.New(url, "")
	var plan client.RecoveryPlan
	eventually(t, "the recovery to be done", func() bool {
		var err error
		plan, err = c.Recovery(t.Context(), 0)
		return err == nil && plan.State == job.RecoveryDone
	})
	if plan.Slots != 55 || len(plan.Steps) != 55 {
		t.Errorf("the plan has %d slots and %d steps, want 55", plan.Slots, len(plan.Steps))
	}
	if diff := cmp.Diff(chain, d.chain()); diff != "" {
		t.Errorf("the chain ran otherwise (-want +got)\n%s", diff)
	}
	for _, s := range plan.Steps {
		if s.Outcome != job.SlotCaughtUp || s.State != job.Succeeded {
			t.Errorf("%s of %s is %s, its job %s: %s", s.Schedule, s.Due, s.Outcome, s.State, s.Reason)
		}
		check, err := c.CheckSlots(t.Context(), s.Schedule, time.Time{}, time.Time{})
		if err != nil || len(check.Gaps) > 0 {
			t.Errorf("%s has gaps %v (%v)", s.Schedule, check.Gaps, err)
		}
	}
}

func TestASlotRunsWhenTheOneBeforeHasSucceeded(t *testing.T) {
	i, d := install(t), &diary{}
	url, _ := i.scheduler("")
	i.worker(d.tasks()...)
	c := client.New(url, "")
	soon := time.Now().UTC().Add(3 * time.Second)
	for n, name := range chain {
		after := ""
		if n > 0 {
			after = fmt.Sprintf("%q", chain[n-1])
		}
		eventually(t, "a schedule to be taken", func() bool {
			_, err := c.CreateSchedule(t.Context(), client.NewSchedule{Name: name, Task: name, Reason: "Every night.", Rule: map[string]json.RawMessage{
				"dialect": raw(`"quartz"`), "cron": raw(fmt.Sprintf(`"%d %d %d * * ?"`, soon.Second(), soon.Minute(), soon.Hour())), "after": raw("[" + after + "]"),
			}})
			return err == nil
		})
	}
	eventually(t, "the chain to have run", func() bool { return len(d.chain()) == len(chain) })
	if diff := cmp.Diff(chain, d.chain()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	eventually(t, "the last slot to have its outcome", func() bool { // a moment after its job was taken, which may be done by then
		slots, err := c.Slots(t.Context(), chain[4], time.Time{}, time.Time{}, 1)
		return err == nil && len(slots) == 1 && slots[0].Outcome == job.SlotRan
	})
}

func TestWhatWasDueBeforeANewBuildIsRecoveredByTheTimesOfTheOld(t *testing.T) {
	i := install(t)
	records, err := ledger.Open(t.Context(), i.location)
	if err != nil {
		t.Fatal(err)
	}
	was := job.Schedule{
		Name: "greet", Task: "greet", Client: "default", Declared: true, Created: time.Now().Add(-26 * time.Hour),
		Rule: job.NewRule("0 */2 * * *", "Europe/Madrid", raw(`{"name":"everybody"}`)),
	}
	was.Base = was.Rule
	if err := records.SaveSchedule(t.Context(), was, 0, nil); err != nil {
		t.Fatal(err)
	}
	records.Close()
	i.worker(greet) // whose schedule is at another time
	url, _ := i.scheduler("")
	c := client.New(url, "")
	eventually(t, "the new times", func() bool {
		s, err := c.Schedule(t.Context(), "greet")
		return err == nil && s.Cron == "0 6 1 1 *"
	})
	plan, err := c.Recovery(t.Context(), 0)
	if err != nil || len(plan.Steps) != 1 || plan.Steps[0].Due.In(time.UTC).Minute() != 0 || plan.Steps[0].Due.Before(time.Now().Add(-3*time.Hour)) {
		t.Errorf("the plan is %+v (%v), want the latest slot by the old times", plan.Steps, err)
	}
}
