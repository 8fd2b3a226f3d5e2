package roster_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// undo plans to take a plan back, and returns the plan that does.
func (c *campus) undo(plan string) sync.Plan {
	c.t.Helper()
	id := c.sync.Name + "-job-undo-" + plan
	o := outcome{progress: map[string]tasks.Progress{}}
	_, err := c.attempt(id, request(c.t, roster.Undo, roster.UndoArgs{Sync: "main", Plan: plan, Reason: "wrong file"}), &o)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.planOf(id)
}

func request(t testing.TB, task string, args any) tasks.SinkRequest {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	return tasks.SinkRequest{Task: task, Args: raw}
}

// letThrough approves an undo and has it applied.
func (c *campus) letThrough(p sync.Plan) {
	c.t.Helper()
	if _, err := c.rule(sync.Ruling{Plan: p.ID, Choice: sync.Approve, By: "registrar"}); err != nil {
		c.t.Fatal(err)
	}
	c.resume(p)
}

func TestAnUndoIsPreviewedAndTakesBackWhatAPlanDid(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(30)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.drop(0, 3)
	from.add(student("new"), registration("rnew", "s1", "new"))
	from.edit(sis.Persons, "p010", func(r *sis.Record) { r.Person.Family = "Other" })
	c.must(roster.Args{})
	done := c.plan()
	before := lms.writes

	undo := c.undo(done.ID)

	if undo.State != sync.PlanHeld || undo.Kind != sync.ToUndo || undo.Undoes != done.ID || undo.Reason != "wrong file" || lms.writes != before {
		t.Fatalf("the undo is %+v after %d writes; want it to wait", undo, lms.writes-before)
	}
	for _, says := range []string{"suspend 1 enrolments", "set 3 back", "change 1 accounts back", "1 of its changes are left"} {
		if !strings.Contains(undo.Held[0].Message, says) {
			t.Errorf("it says %q, want %q in it", undo.Held[0].Message, says)
		}
	}
	if c.plan().ID != done.ID {
		t.Errorf("the newest plan of a run is %s, want %s", c.plan().ID, done.ID)
	}

	c.letThrough(undo)

	if suspended(lms) != 1 || !slices.ContainsFunc(lms.roster(), func(l string) bool { return strings.HasPrefix(l, "ALG new") && strings.HasSuffix(l, "suspended") }) {
		t.Errorf("roster = %v; want the new one suspended and nobody else", lms.roster())
	}
	if lms.users[10].Family != "Family p010" || !slices.Contains(lms.names(), "new") {
		t.Errorf("user = %+v of %v; want the old name, and nobody deleted", lms.users[10], lms.names())
	}
	if got := c.states(done.ID); got["undone"] != 5 || got["applied"] != 1 {
		t.Errorf("effects of the plan = %v", got)
	}
	if p := c.planOf(undo.ID); p.State != sync.PlanDone {
		t.Errorf("the undo is %s, want done", p.State)
	}
}

func TestWhatWasUndoneIsNotDoneAgainUntilTheSISChangesIt(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(30)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.drop(0, 3)
	from.edit(sis.Persons, "p010", func(r *sis.Record) { r.Person.Family = "Other" })
	c.must(roster.Args{})
	undo := c.undo(c.plan().ID)
	c.letThrough(undo)
	if got := c.messages(sis.Registrations, "p000"); got[0] != "held MANUAL_OVERRIDE" {
		t.Errorf("after the undo: messages = %v", got)
	}
	before := lms.writes

	c.must(roster.Args{})

	if suspended(lms) != 0 || lms.writes != before {
		t.Errorf("%d suspended after %d writes; want nothing done again", suspended(lms), lms.writes-before)
	}
	for stream, key := range map[sis.Stream]string{sis.Registrations: "p000", sis.Persons: "p010"} {
		if got := c.messages(stream, key); got[0] != "held MANUAL_OVERRIDE" || !strings.Contains(c.reason(stream, key), "wrong file") {
			t.Errorf("%s: messages = %v, reason %q", key, got, c.reason(stream, key))
		}
	}
	from.edit(sis.Persons, "p010", func(r *sis.Record) { r.Person.Family = "Third" })
	c.must(roster.Args{})
	if lms.users[10].Family != "Third" {
		t.Errorf("user = %+v; want what the SIS changed", lms.users[10])
	}
	if _, err := c.ledger.ReleaseSIS(t.Context(), "main", undo.ID, ""); err != nil {
		t.Fatal(err)
	}
	c.must(roster.Args{})
	if suspended(lms) != 3 {
		t.Errorf("%d suspended; want the released drops made", suspended(lms))
	}
}

func TestAnUndoLeavesAloneWhatChangedSince(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(30)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.drop(0, 3)
	c.must(roster.Args{})
	done := c.plan()
	from.add(registration("back", "s1", "p000"))
	c.must(roster.Args{})

	undo := c.undo(done.ID)

	if got := c.states(undo.ID); got["held"] != 2 || got["skipped STALE_VERSION"] != 1 {
		t.Errorf("effects of the undo = %v", got)
	}
	from.add(registration("back1", "s1", "p001")) // while it waits
	c.must(roster.Args{})
	c.letThrough(undo)
	if got := c.states(undo.ID); got["applied"] != 1 || got["failed STALE_VERSION"] != 1 {
		t.Errorf("effects of the undo = %v", got)
	}
}

func TestWhatCannotBeUndoneIsRefused(t *testing.T) {
	t.Parallel()
	c := newCampus(t, crowd(3), newLMS())
	c.must(roster.Args{DryRun: true})
	if o := c.follow(roster.Undo, roster.UndoArgs{Sync: "main", Plan: c.plan().ID, Reason: "x"}); fault.KindOf(o.err) != fault.Conflict {
		t.Errorf("a dry run: %v", o.err)
	}
	if o := c.follow(roster.Undo, roster.UndoArgs{Sync: "main", Plan: "none", Reason: "x"}); fault.KindOf(o.err) != fault.NotFound {
		t.Errorf("no plan: %v", o.err)
	}
	c.must(roster.Args{})
	made := c.undo(c.plan().ID)
	if got := c.states(made.ID); got["held"] != 3 || got["skipped"] != 4 {
		t.Errorf("effects of undoing the first plan = %v; want accounts and the course kept", got)
	}
	if o := c.follow(roster.Undo, roster.UndoArgs{Sync: "main", Plan: made.ID, Reason: "x"}); fault.KindOf(o.err) != fault.Conflict {
		t.Errorf("an undo: %v", o.err)
	}
}

func TestNothingIsChangedDuringAFreeze(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(100)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	c.sync.Freezes = []sync.Freeze{{From: date("2026-09-15"), To: date("2026-09-16"), Reason: "exams"}} // the sync is on the 15th
	from.drop(0, 20)
	from.add(student("new"), registration("rnew", "s1", "new"))

	c.must(roster.Args{})

	p := c.plan()
	if suspended(lms) != 0 || len(lms.places) != 100 || p.State != sync.PlanWaiting {
		t.Errorf("%d suspended of %d, the plan is %s; want nothing changed", suspended(lms), len(lms.places), p.State)
	}
	if h := p.Held; len(h) != 1 || h[0].Code != "FREEZE" || h[0].Effects != 22 || !strings.Contains(h[0].Message, "from 2026-09-15 to 2026-09-16 (exams)") {
		t.Errorf("it holds %+v", h)
	}
	if got := c.messages(sis.Registrations, "new"); got[0] != "waiting FREEZE" {
		t.Errorf("messages = %v", got)
	}
	if _, err := c.decide(sync.Approve, "registrar"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("approving a freeze: %v; want a conflict", err)
	}

	c.sync.AsOf = date("2026-09-17")
	c.must(roster.Args{})

	if len(lms.places) != 101 || c.plan().State != sync.PlanHeld || c.plan().Held[0].Code != "BRAKE_DROPS" {
		t.Errorf("after it: %d places, the plan is %s; want the new one in, and the drops asked about", len(lms.places), c.plan().State)
	}
}

func TestAFreezeOfOneTermLeavesTheOthers(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	from := newSIS(term("fall", "2026-09-01", "2027-01-15"), term("spring", "2027-02-01", "2027-06-30"),
		class("s1", "ALG", "fall"), class("s2", "GEO", "spring"), student("ann"), registration("r1", "s1", "ann"), registration("r2", "s2", "ann"))
	c := newCampus(t, from, lms, func(s *sync.Sync) {
		s.Freezes = []sync.Freeze{{From: date("2026-09-01"), To: date("2026-09-30"), Term: "fall"}}
	})

	c.must(roster.Args{})

	if got := lms.roster(); len(got) != 1 || !strings.HasPrefix(got[0], "GEO ann") || len(lms.courses) != 1 {
		t.Errorf("roster = %v; want spring alone", got)
	}
}

func TestAFreezeThatBeginsAfterThePlanParksIt(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampus(t, small(), lms, func(s *sync.Sync) { s.AsOf = sis.Date{} })
	now := time.Now().In(madrid)
	today := sis.Date{Year: now.Year(), Month: now.Month(), Day: now.Day()}
	c.store = &olderPlans{Store: c.ledger, planned: func() { c.sync.Freezes = []sync.Freeze{{From: today, To: today}} }}

	o := c.must(roster.Args{})

	if lms.writes != 0 || !slices.Contains(o.codes(), "FREEZE") || c.plan().State != sync.PlanWaiting {
		t.Errorf("%d writes, errors %v, the plan is %s; want it to wait", lms.writes, o.codes(), c.plan().State)
	}
}

// olderPlans is a store whose plans were made two days ago.
type olderPlans struct {
	roster.Store
	planned func()
}

func (s *olderPlans) PutSISPlan(ctx context.Context, d sync.Draft) error {
	s.planned()
	d.Plan.Created = d.Plan.Created.AddDate(0, 0, -2)
	return s.Store.PutSISPlan(ctx, d)
}
