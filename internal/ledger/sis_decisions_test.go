package ledger_test

import (
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// heldPlan is the small plan, of which the last effect waits for two people.
func heldPlan(t *testing.T, l *ledger.Ledger) sync.Draft {
	t.Helper()
	absorb(t, l, small()...)
	d := drafted("p1")
	d.Plan.Kind = sync.ToSync
	d.Effects[3].Hold = "1"
	d.Plan.Held = []sync.Hold{{ID: "1", Code: "BRAKE_DROPS", State: sync.HoldWaits, Effects: 1, Needs: 2, Digest: "d", Message: "Too many."}}
	if err := l.PutSISPlan(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return d
}

func ruling(choice sync.Choice, by string) sync.Ruling {
	return sync.Ruling{Sync: "main", Plan: "p1", Choice: choice, By: by, Reason: "checked", Starters: []string{"starter"}, At: noon.Add(time.Hour)}
}

func TestTwoDifferentPeopleLetAHoldThrough(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		heldPlan(t, l)
		if p, err := l.DecideSIS(t.Context(), ruling(sync.Approve, "anna")); err != nil || len(p.Waits()) != 1 {
			t.Fatalf("after one: %+v, %v", p, err)
		}
		for _, who := range []string{"anna", "starter"} {
			if _, err := l.DecideSIS(t.Context(), ruling(sync.Approve, who)); fault.KindOf(err) != fault.Conflict {
				t.Errorf("a second approval by %s: %v", who, err)
			}
		}
		p, err := l.DecideSIS(t.Context(), ruling(sync.Approve, "ben"))
		if err != nil || p.State != sync.PlanApproved || len(p.Held[0].Approvals()) != 2 {
			t.Errorf("after two: %+v, %v", p, err)
		}
		read, err := l.SISPlan(t.Context(), "main", "p1")
		if err != nil || read.Held[0].State != sync.HoldApproved || len(read.Held[0].Decisions) != 2 {
			t.Errorf("read = %+v, %v", read, err)
		}
		open, err := l.SISEffects(t.Context(), "p1", sync.EffectFilter{Hold: "1", State: sync.EffectPlanned})
		if err != nil || len(open) != 1 {
			t.Errorf("%d effects of the hold are planned, %v", len(open), err)
		}
	})
}

func TestWhatIsRejectedIsKeptUntilItIsReleased(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		d := heldPlan(t, l)
		if _, err := l.DecideSIS(t.Context(), ruling(sync.Reject, "anna")); err != nil {
			t.Fatal(err)
		}
		c, err := l.SISCampus(t.Context(), "main")
		kept, known := c.Overrides[d.Effects[3].Lasting()]
		if err != nil || !known || kept.Cause != sync.WasRejected || kept.Wish != sync.Wish(d.Effects[3].Op, d.Effects[3].After) {
			t.Errorf("overrides = %+v, %v", c.Overrides, err)
		}
		if n, err := l.KeptSIS(t.Context(), "main", "p1"); n != 1 || err != nil {
			t.Errorf("%d are kept, %v", n, err)
		}
		if n, err := l.ReleaseSIS(t.Context(), "main", "p1", ""); n != 1 || err != nil {
			t.Errorf("%d are released, %v", n, err)
		}
		if _, err := l.ReleaseSIS(t.Context(), "main", "p1", ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("released again: %v", err)
		}
	})
}

func TestPlansAreListedAndExpire(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		d := heldPlan(t, l)
		undo := sync.Draft{Plan: sync.Plan{
			ID: "u1", Sync: "main", Kind: sync.ToUndo, Undoes: "p1", Reason: "wrong", State: sync.PlanHeld, Created: d.Plan.Created.Add(time.Minute),
		}}
		if err := l.PutSISPlan(t.Context(), undo); err != nil {
			t.Fatal(err)
		}
		if p, err := l.SISPlanBefore(t.Context(), "main"); err != nil || p.ID != "p1" {
			t.Errorf("the plan before is %s, %v; want the one of a run", p.ID, err)
		}
		all, err := l.SISPlans(t.Context(), sync.PlanFilter{Syncs: []string{"main", "other"}})
		if err != nil || len(all) != 2 || all[0].ID != "u1" || all[0].Undoes != "p1" {
			t.Errorf("plans = %+v, %v", all, err)
		}
		gone, err := l.ExpireSISPlans(t.Context(), "main", undo.Plan.Created.Add(time.Hour))
		if err != nil || len(gone) != 1 || gone[0] != "u1" {
			t.Errorf("expired %v, %v; want the one that waits", gone, err)
		}
	})
}
