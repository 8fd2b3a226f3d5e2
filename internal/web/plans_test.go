package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/internal/web"
)

// fakePlans are plans in memory, newest first, on which everybody may decide.
type fakePlans struct {
	plans []sync.Plan
	said  []string // what was decided
}

func campusPlans() []sync.Plan {
	h := sync.Hold{
		ID: "1", Code: "BRAKE_DROPS", State: sync.HoldWaits, Term: "2026FA", Drops: 212, Of: 1880, Effects: 212, Needs: 2,
		Message:   "212 of 1880 registrations of Fall 2026 would be dropped, which is unusual: nobody was.",
		Decisions: []sync.Decision{{Hold: "1", Choice: sync.Approve, By: "anna", Reason: "the dean knows", At: noon}},
	}
	return []sync.Plan{
		{ID: "p2", Sync: "main", Kind: sync.ToSync, State: sync.PlanHeld, Counts: map[sync.EffectOp]int64{sync.Enrol: 1, sync.Suspend: 212}, Held: []sync.Hold{h}, Created: noon, Changed: noon},
		{ID: "p1", Sync: "main", Kind: sync.ToSync, State: sync.PlanDone, Counts: map[sync.EffectOp]int64{sync.Enrol: 3}, Created: noon.Add(-time.Hour), Changed: noon},
	}
}

func (f *fakePlans) SISPlans(_ context.Context, of sync.PlanFilter) (found []sync.Plan, err error) {
	for _, p := range f.plans {
		if slices.Contains(of.Syncs, p.Sync) && (of.State == "" || of.State == p.State) {
			found = append(found, p)
		}
	}
	return found, nil
}

func (f *fakePlans) SISPlan(_ context.Context, name, id string) (sync.Plan, error) {
	for _, p := range f.plans {
		if p.Sync == name && p.ID == id {
			return p, nil
		}
	}
	return sync.Plan{}, fault.New(fault.NotFound, "Sync %s has no plan %s.", name, id)
}

func (f *fakePlans) SISEffects(_ context.Context, _ string, of sync.EffectFilter) (found []sync.Effect, err error) {
	for i := int64(1); i <= 60; i++ {
		e := sync.Effect{
			Seq: i, Op: sync.Suspend, Key: "enrolment S-1020|5|student", Hold: "1", State: sync.EffectHeld,
			Before: json.RawMessage(`{"start":"2026-09-01T04:00:00Z"}`), After: json.RawMessage(`{"start":"2026-09-01T04:00:00Z","suspended":true}`),
		}
		if i > of.After && (of.Hold == "" || of.Hold == e.Hold) && len(found) < of.Limit {
			found = append(found, e)
		}
	}
	return found, nil
}

func (f *fakePlans) KeptSIS(_ context.Context, _, plan string) (int64, error) {
	return map[string]int64{"p1": 4}[plan], nil
}

func (f *fakePlans) OperatesSync(context.Context, string) bool { return true }

func (f *fakePlans) DecidePlan(_ context.Context, r sync.Ruling) (sync.Plan, *job.Job, error) {
	f.said = append(f.said, strings.Join([]string{string(r.Choice), r.Plan, r.Hold, r.Reason}, " "))
	return sync.Plan{}, nil, nil
}

func (f *fakePlans) UndoPlan(_ context.Context, _, plan, reason string) (job.Job, error) {
	f.said = append(f.said, "undo "+plan+" "+reason)
	return job.Job{ID: id(25)}, nil
}

func (f *fakePlans) ReleasePlan(_ context.Context, _, plan, _, reason string) (int64, error) {
	f.said = append(f.said, "release "+plan+" "+reason)
	return 4, nil
}

func TestAHeldPlanSaysWhyAndShowsWhatWouldChange(t *testing.T) {
	h := dashboard(t, web.Config{})
	for path, wants := range map[string][]string{
		"/plans":                        {"1 plan waits for a person to decide.", "212 of 1880 registrations", `title="1 waiting for a decision"`, "/plans/main/p1"},
		"/plans?state=held":             {"/plans/main/p2"},
		"/plans/main/p2":                {"212 of 1880 registrations", "It takes 2 people.", "approved by anna", "the dean knows", "suspended: <ins>yes</ins>", "/plans/main/p2/reject?hold=1", "after=50"},
		"/plans/main/p1":                {"Release 4", "/plans/main/p1/undo"},
		"/plans/main/p2/approve?hold=1": {"Let this through?", `name="hold" value="1"`, `name="reason" required`},
	} {
		body := get(t, h, path).Body.String()
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", path, want)
			}
		}
	}
	if got := get(t, h, "/plans/main/none").Code; got != http.StatusNotFound {
		t.Errorf("an unknown plan is %d", got)
	}
}

func TestAPersonDecidesOnAPlanWithAReason(t *testing.T) {
	plans := &fakePlans{plans: campusPlans()}
	h := dashboard(t, web.Config{Plans: plans})
	post(t, h, "/plans/main/p2/approve", url.Values{"hold": {"1"}, "reason": {"checked"}})
	post(t, h, "/plans/main/p2/reject", url.Values{"reason": {"cut off"}})
	post(t, h, "/plans/main/p1/release", url.Values{"reason": {"right"}})
	if to := post(t, h, "/plans/main/p1/undo", url.Values{"reason": {"wrong"}}).Header().Get("Location"); to != "/jobs/"+id(25) {
		t.Errorf("an undo leads to %q", to)
	}
	want := []string{"approved p2 1 checked", "rejected p2  cut off", "release p1 right", "undo p1 wrong"}
	if !slices.Equal(plans.said, want) {
		t.Errorf("decided %q, want %q", plans.said, want)
	}
	if got := post(t, h, "/plans/main/p2/approve", url.Values{"hold": {"1"}}).Code; got != http.StatusBadRequest {
		t.Errorf("without a reason it is %d", got)
	}
}
