package ledger_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestAMessageSaysWhatChangedAndWhatItWasPlannedAs(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		absorb(t, l, small()...)
		again := pulled(sis.Persons)
		again.Messages = slices.Values([]sync.Message{{
			ID: "persons-000001", Sync: "main", Stream: sis.Persons, Key: "ann", Op: sync.Changed, Body: json.RawMessage(`{"key":"ann","given":"Anne"}`),
			State: sync.Received, Run: "run 2", Received: noon, Changed: noon,
		}})
		absorb(t, l, again)
		err := l.PutSISPlan(t.Context(), sync.Draft{
			Plan:     sync.Plan{ID: "plan", Sync: "main", State: sync.PlanApproved, Created: noon, Changed: noon},
			Effects:  []sync.Effect{{Seq: 1, Op: sync.UpdateUser, Key: "user ann", Person: "ann", After: json.RawMessage(`{}`), State: sync.EffectPlanned}},
			Verdicts: []sync.Verdict{{ID: "persons-000001", State: sync.Planned, Effect: "user ann"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		d, err := l.SISMessage(t.Context(), "main", "persons-000001")
		if err != nil {
			t.Fatal(err)
		}
		if d.Before == nil || d.Before.ID != "persons-000000" || d.Plan != "plan" || d.Effect == nil || d.Effect.Key != "user ann" {
			t.Errorf("%+v", d)
		}
		if _, err := l.SISMessage(t.Context(), "main", "nothing"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown message: %v", err)
		}
	})
}

func TestMessagesAreFoundByWhatTheyAreAbout(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		absorb(t, l, small()...)
		for name, tt := range map[string]struct {
			f    sync.MessageFilter
			want string
		}{
			"a section":       {sync.MessageFilter{Section: "s1"}, "sections registrations"},
			"a person":        {sync.MessageFilter{Person: "ann"}, "registrations persons"},
			"a term":          {sync.MessageFilter{Term: "fall"}, "sections registrations"},
			"another term":    {sync.MessageFilter{Term: "spring"}, ""},
			"another section": {sync.MessageFilter{Section: "ann"}, ""},
			"a run":           {sync.MessageFilter{Run: "run", Stream: sis.Terms}, "terms"},
		} {
			tt.f.Sync = "main"
			found, err := l.SISMessages(t.Context(), tt.f)
			var streams []string
			for _, m := range found {
				streams = append(streams, string(m.Stream))
			}
			if got := strings.Join(streams, " "); got != tt.want || err != nil {
				t.Errorf("%s: %q, %v; want %q", name, got, err, tt.want)
			}
		}
	})
}

func TestAMessageSetAsideComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		ctx := t.Context()
		absorb(t, l, small()...)
		ids := []string{"registrations-000000"}
		for _, hold := range []bool{true, false} {
			if err := l.SetSISAside(ctx, "main", ids, sync.Aside{Hold: hold, Reason: "typed wrongly", By: "j", At: noon}); err != nil {
				t.Fatal(err)
			}
			d, err := l.SISMessage(ctx, "main", ids[0])
			if err != nil || d.State != map[bool]sync.MessageState{true: sync.Held, false: sync.Ignored}[hold] || !strings.Contains(d.Reason, "typed wrongly") {
				t.Errorf("hold %t: %+v, %v", hold, d.Message, err)
			}
			c, err := l.SISCampus(ctx, "main")
			want := []sync.Aside{{Stream: sis.Registrations, Record: "s1|ann|student", Message: ids[0], Hold: hold, Reason: "typed wrongly", By: "j", At: noon}}
			if diff := cmp.Diff(want, c.Asides); diff != "" || err != nil {
				t.Errorf("%v, asides (-want +got):\n%s", err, diff)
			}
			if err := l.TakeSISBack(ctx, "main", ids, "j2", noon.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			if d, err = l.SISMessage(ctx, "main", ids[0]); err != nil || d.State != sync.Received || d.Reason != "" {
				t.Errorf("back: %+v, %v", d.Message, err)
			}
		}
		if c, err := l.SISCampus(ctx, "main"); err != nil || len(c.Asides) > 0 {
			t.Errorf("%v, %v", c.Asides, err)
		}
		for id, want := range map[string]fault.Kind{"nothing": fault.NotFound, "terms-000000": fault.Invalid} {
			if err := l.SetSISAside(ctx, "main", []string{ids[0], id}, sync.Aside{Reason: "x", At: noon}); fault.KindOf(err) != want {
				t.Errorf("%s: %v", id, err)
			}
		}
		if d, err := l.SISMessage(ctx, "main", ids[0]); err != nil || d.State != sync.Received {
			t.Errorf("one of several that cannot be set aside changes others: %+v, %v", d.Message, err)
		}
	})
}
