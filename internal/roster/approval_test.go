package roster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// decide has people decide on what the newest plan holds.
func (c *campus) decide(choice sync.Choice, by string) (sync.Plan, error) {
	c.t.Helper()
	return c.rule(sync.Ruling{Plan: c.plan().ID, Choice: choice, By: by})
}

func (c *campus) rule(r sync.Ruling) (sync.Plan, error) {
	r.Sync, r.Reason, r.At = "main", "as the registrar said", time.Now()
	return c.ledger.DecideSIS(c.t.Context(), r)
}

// approve has the registrar approve what the newest plan holds, and the run
// that made it go on.
func (c *campus) approve() outcome {
	c.t.Helper()
	p, err := c.decide(sync.Approve, "registrar")
	if err != nil {
		c.t.Fatal(err)
	}
	return c.resume(p)
}

func (c *campus) resume(p sync.Plan) outcome {
	c.t.Helper()
	o := c.follow(roster.RegistrationsProcess, roster.Args{Sync: "main", Run: p.Run, Plan: p.ID})
	if o.err != nil {
		c.t.Fatal(o.err)
	}
	return o
}

func (c *campus) planOf(id string) sync.Plan {
	c.t.Helper()
	p, err := c.ledger.SISPlan(c.t.Context(), "main", id)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// states counts the effects of a plan by state and code.
func (c *campus) states(plan string) map[string]int {
	c.t.Helper()
	effects, err := c.ledger.SISEffects(c.t.Context(), plan, sync.EffectFilter{Limit: 500})
	if err != nil {
		c.t.Fatal(err)
	}
	n := map[string]int{}
	for _, e := range effects {
		n[strings.TrimSpace(string(e.State)+" "+e.Code)]++
	}
	return n
}

// drop takes so many of a crowd out of their class.
func (f *fakeSIS) drop(from, to int) {
	for i := from; i < to; i++ {
		f.remove(sis.Registrations, fmt.Sprintf("rp%03d", i))
	}
}

func TestDisastersDropNobodyAndWaitForAPerson(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		happens func(*fakeSIS)
		codes   []string // of the holds
		says    string
		drops   int // once it is approved
	}{
		"row 3: an empty registrations file": {
			func(f *fakeSIS) { f.records[sis.Registrations] = nil },
			[]string{"SNAPSHOT_INCOMPLETE"},
			"sent no registrations at all, and had 120", 120,
		},
		"a school is missing": {
			func(f *fakeSIS) { f.thin(8, "s00", "s01", "s02", "s03", "s04") },
			[]string{"BRAKE_DROPS"},
			"40 of 40 registrations of school north", 40,
		},
		"row 39: last week's backup, without the latest registrations": {func(f *fakeSIS) {
			f.thin(1, "s00", "s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08", "s09", "s10", "s11", "s12", "s13", "s14")
		}, []string{"BRAKE_DROPS"}, "15 of 120 registrations of Term fall", 15},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lms, from := newLMS(), twoSchools()
			c := newCampus(t, from, lms)
			c.must(roster.Args{})
			tt.happens(from)

			c.must(roster.Args{})

			p := c.plan()
			if suspended(lms) != 0 || p.State != sync.PlanHeld {
				t.Fatalf("%d suspended, the plan is %s; want nobody and held", suspended(lms), p.State)
			}
			var codes []string
			for _, h := range p.Held {
				codes = append(codes, h.Code)
			}
			if diff := cmp.Diff(tt.codes, codes); diff != "" || !strings.Contains(p.Held[0].Message, tt.says) {
				t.Errorf("it says %q, want %q; holds (-want +got):\n%s", p.Held[0].Message, tt.says, diff)
			}

			c.approve()

			if suspended(lms) != tt.drops || c.planOf(p.ID).State != sync.PlanDone {
				t.Errorf("%d suspended, the plan is %s; want %d and done", suspended(lms), c.planOf(p.ID).State, tt.drops)
			}
		})
	}
}

// twoSchools have fifteen classes of eight: the first five are of the north.
func twoSchools() *fakeSIS {
	from := newSIS(term("fall", "2026-09-01", "2027-01-15"))
	for s := range 15 {
		one := class(fmt.Sprintf("s%02d", s), fmt.Sprintf("C%02d", s), "fall")
		one.Section.School = map[bool]string{true: "north", false: "south"}[s < 5]
		from.add(one)
		for i := range 8 {
			key := fmt.Sprintf("%s-%02d", one.Key, i)
			from.add(student(key), registration("r"+key, one.Key, key))
		}
	}
	return from
}

// thin takes the first n registrations out of each of those sections.
func (f *fakeSIS) thin(n int, sections ...string) {
	for _, section := range sections {
		for i := range n {
			f.remove(sis.Registrations, fmt.Sprintf("r%s-%02d", section, i))
		}
	}
}

func TestASectionThatLosesHalfItsPeopleIsHeldAlone(t *testing.T) {
	t.Parallel()
	t.Run("row 34: half of one section is dropped, and single ones elsewhere", func(t *testing.T) {
		lms, from := newLMS(), newSIS(term("fall", "2026-09-01", "2027-01-15"))
		for s := range 12 {
			section := fmt.Sprintf("s%02d", s)
			from.add(class(section, "C"+section, "fall"))
			for i := range 30 {
				key := fmt.Sprintf("%s-%02d", section, i)
				from.add(student(key), registration("r"+key, section, key))
			}
		}
		c := newCampus(t, from, lms)
		c.must(roster.Args{})
		for i := range 15 {
			from.remove(sis.Registrations, fmt.Sprintf("rs00-%02d", i))
		}
		from.remove(sis.Registrations, "rs01-00")
		from.add(student("new"), registration("rnew", "s00", "new"))

		c.must(roster.Args{})

		p := c.plan()
		if suspended(lms) != 1 || len(lms.places) != 361 {
			t.Errorf("%d suspended of %d; want the one of the other section, and the new one enrolled", suspended(lms), len(lms.places))
		}
		if len(p.Held) != 1 || p.Held[0].Section != "s00" || p.Held[0].Drops != 15 || p.Held[0].Of != 30 || p.State != sync.PlanHeld {
			t.Errorf("the plan is %s and holds %+v", p.State, p.Held)
		}
	})
}

func TestTheSameRunGoesOnWhenItIsApproved(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(100)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.drop(0, 20)
	c.must(roster.Args{})
	held := c.plan()

	o := c.approve()

	after := c.planOf(held.ID)
	if suspended(lms) != 20 || after.State != sync.PlanDone || after.Held[0].State != sync.HoldApproved {
		t.Errorf("%d suspended, the plan is %s, its hold %s", suspended(lms), after.State, after.Held[0].State)
	}
	if d := after.Held[0].Decisions; len(d) != 1 || d[0].By != "registrar" || d[0].Reason != "as the registrar said" {
		t.Errorf("decisions = %+v", d)
	}
	if got := c.messages(sis.Registrations, "p000"); got[0] != "applied" || o.progress[roster.RegistrationsProcess].Removed != 20 {
		t.Errorf("messages = %v, progress %+v", got, o.progress)
	}
	if _, err := c.decide(sync.Approve, "dean"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("deciding once more: %v; want a conflict", err)
	}
}

func TestWhatChangedWhileItWaitedIsLeftToTheNextPlan(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(100)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.drop(0, 20)
	c.must(roster.Args{})
	one := sync.Place{Person: "p000", Course: lms.courses[0].ID, Role: sis.Student}
	settleApplied(t, c, one, sync.Span{Start: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)})

	o := c.approve()

	if suspended(lms) != 19 || !slices.Contains(o.codes(), "STALE_VERSION") {
		t.Errorf("%d suspended, errors %v; want the changed one left out", suspended(lms), o.codes())
	}
	if got := c.states(c.plan().ID); got["failed STALE_VERSION"] != 1 || got["applied"] != 19 {
		t.Errorf("effects = %v", got)
	}
}

// settleApplied makes the ledger believe that a place was written otherwise.
func settleApplied(t *testing.T, c *campus, at sync.Place, span sync.Span) {
	t.Helper()
	err := c.ledger.SettleSIS(t.Context(), sync.Settlement{
		Sync: "main", Plan: "another", Effects: []sync.Effect{{Seq: 1, State: sync.EffectApplied}}, Applied: []sync.Enrolment{{Place: at, Span: span}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestALaterRunCarriesADecisionOverIfItHoldsTheSame(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(100)
	c := newCampus(t, from, lms, func(s *sync.Sync) { s.Approvals = 2 })
	c.must(roster.Args{})
	from.drop(0, 20)
	c.must(roster.Args{})
	first := c.plan()
	if _, err := c.decide(sync.Approve, "registrar"); err != nil {
		t.Fatal(err)
	}

	c.must(roster.Args{DryRun: true})
	c.must(roster.Args{})

	second := c.plan()
	if got := second.Held[0]; !slices.Equal(got.Approvals(), []string{"registrar"}) || got.Decisions[0].Carried != first.ID || suspended(lms) != 0 {
		t.Errorf("%d suspended; the new plan holds %+v; want the one approval of two", suspended(lms), got)
	}
	if c.planOf(first.ID).State != sync.PlanAborted {
		t.Errorf("the first plan is %s, want aborted", c.planOf(first.ID).State)
	}
	from.drop(20, 21) // not the same any more
	c.must(roster.Args{})
	if got := c.plan().Held[0]; len(got.Decisions) != 0 || got.Drops != 21 {
		t.Errorf("the third plan holds %+v; want it to ask anew", got)
	}
	for _, who := range []string{"registrar", "dean"} {
		if _, err := c.decide(sync.Approve, who); err != nil {
			t.Fatal(err)
		}
	}
	c.must(roster.Args{}) // before the job that goes on with the third plan
	if p := c.plan(); suspended(lms) != 21 || p.State != sync.PlanDone || p.Held[0].State != sync.HoldApproved {
		t.Errorf("%d suspended, the plan is %s; want what two people approved", suspended(lms), p.State)
	}
	from.add(registration("back", "s1", "p000"))
	from.drop(30, 50)
	c.must(roster.Args{})
	if p := c.plan(); p.State != sync.PlanHeld || len(p.Held[0].Decisions) != 0 {
		t.Errorf("the plan is %s and holds %+v; want used approvals to count no more", p.State, p.Held)
	}
}

func TestOldApprovalsExpire(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(100)
	c := newCampus(t, from, lms, func(s *sync.Sync) { s.Approvals = 2 })
	c.must(roster.Args{})
	from.drop(0, 20)
	c.must(roster.Args{})
	old := sync.Ruling{Sync: "main", Plan: c.plan().ID, Choice: sync.Approve, By: "dean", Reason: "long ago", At: time.Now().AddDate(0, 0, -8)}
	if _, err := c.ledger.DecideSIS(t.Context(), old); err != nil {
		t.Fatal(err)
	}

	o := c.must(roster.Args{})

	if len(c.plan().Held[0].Decisions) != 0 || !slices.Contains(o.codes(), "APPROVAL_EXPIRED") {
		t.Errorf("holds %+v, errors %v; want the old approval gone, and said so", c.plan().Held, o.codes())
	}
	_, err := c.rule(sync.Ruling{Plan: c.plan().ID, Choice: sync.Approve, By: "dean", Since: time.Now().Add(time.Hour)})
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Message(err), "APPROVAL_EXPIRED") {
		t.Errorf("deciding on an old plan: %v", err)
	}
}

func TestWhatAPersonRejectsIsNotAskedAgainUntilTheSISChangesIt(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(100)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.drop(0, 20)
	c.must(roster.Args{})
	rejected, err := c.decide(sync.Reject, "registrar")
	if err != nil || rejected.State != sync.PlanRejected || c.states(rejected.ID)["rejected BRAKE_DROPS"] != 20 {
		t.Fatalf("the plan is %s with %v, %v", rejected.State, c.states(rejected.ID), err)
	}

	c.must(roster.Args{})

	if p := c.plan(); suspended(lms) != 0 || p.Effects() != 0 || len(p.Held) != 0 {
		t.Errorf("%d suspended, the plan has %d effects and holds %+v; want it left alone", suspended(lms), p.Effects(), p.Held)
	}
	if got := c.messages(sis.Registrations, "p000"); got[0] != "held MANUAL_OVERRIDE" {
		t.Errorf("messages = %v", got)
	}
	from.add(registration("back", "s1", "p000")) // the SIS changes one of them
	c.must(roster.Args{})
	from.remove(sis.Registrations, "back")
	c.must(roster.Args{})
	if suspended(lms) != 1 {
		t.Errorf("%d suspended; want the one that the SIS dropped again", suspended(lms))
	}
	if n, err := c.ledger.ReleaseSIS(t.Context(), "main", rejected.ID, ""); n != 19 || err != nil {
		t.Errorf("%d released, %v; want the other 19", n, err)
	}
	c.must(roster.Args{AllowDrops: 19})
	if suspended(lms) != 20 {
		t.Errorf("%d suspended; want all after their release", suspended(lms))
	}
}

func TestUnusuallyManyNewNamesWait(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(60)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	for i := range 20 {
		from.edit(sis.Persons, fmt.Sprintf("p%03d", i), func(r *sis.Record) { r.Person.Family = "Shifted" })
	}

	o := c.must(roster.Args{})

	p := c.plan()
	if lms.users[0].Family == "Shifted" || p.State != sync.PlanHeld || p.Held[0].Changes != 20 || p.Held[0].Of != 60 {
		t.Errorf("the plan is %s and holds %+v; want the names held", p.State, p.Held)
	}
	if diff := cmp.Diff([]string{"BRAKE_CHANGES"}, o.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if got := c.messages(sis.Persons, "p000"); got[0] != "held BRAKE_CHANGES" {
		t.Errorf("messages = %v", got)
	}
	c.approve()
	if lms.users[0].Family != "Shifted" || c.messages(sis.Persons, "p000")[0] != "applied" {
		t.Errorf("user = %+v, messages %v; want the approved name", lms.users[0], c.messages(sis.Persons, "p000"))
	}
}
