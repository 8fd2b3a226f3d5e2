package roster_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestComesBackLaterWhenTheLMSIsDownAndLosesNothing(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampus(t, small(), lms)
	plan := c.must(roster.Args{DryRun: true}).tasks
	if plan[len(plan)-1] != roster.MakePlan {
		t.Fatal(plan)
	}
	calls := 0
	lms.after = func() error { // the third write happens, and its answer is lost
		if lms.writes == 3 && calls == 0 {
			calls++
			return &sis.Error{Code: "TGT_UNAVAILABLE", Message: "The LMS does not answer.", Temporary: true}
		}
		return nil
	}

	got := c.run(roster.Args{})

	retry, ok := errors.AsType[*tasks.RetryError](got.err)
	if !ok || !strings.HasPrefix(retry.Error(), "The LMS could not be reached: The LMS does not answer. It will be tried again.") {
		t.Fatalf("error = %v; want a retry that says so", got.err)
	}
	if p := c.plan(); p.State != sync.PlanApplying {
		t.Errorf("plan is %s", p.State)
	}
	again := c.follow(roster.RegistrationsProcess, roster.Args{Sync: "main", Plan: c.plan().ID})
	if again.err != nil || len(lms.places) != 3 || len(lms.users) != 3 || len(lms.courses) != 2 {
		t.Errorf("%v; %d courses, %d accounts, roster %v", again.err, len(lms.courses), len(lms.users), lms.roster())
	}
	if p := again.progress[roster.RegistrationsProcess]; p.Created != 8 || p.Done != 8 {
		t.Errorf("progress = %+v; want all 8, those of the first attempt included", p)
	}
	lms.writes = 0
	c.must(roster.Args{})
	if lms.writes != 0 {
		t.Errorf("a further run made %d calls", lms.writes)
	}
}

func TestWhatTheLMSRefusesIsReportedAndTriedAgainByTheNextRun(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	lms.refuse["ann"] = &sis.Error{Code: "FIELD_LOCKED", Message: "The LMS does not take the family name."}
	lms.refuse["s2"] = &sis.Error{Code: "TOO_LONG", Message: "The LMS does not take the title."}
	c := newCampus(t, small(), lms)

	got := c.must(roster.Args{})

	if diff := cmp.Diff([]string{"FIELD_LOCKED", "REF_PERSON", "REF_PERSON", "TOO_LONG"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	for key, want := range map[string]string{"s1|ann": "waiting REF_PERSON", "s1|bob": "applied"} {
		if diff := cmp.Diff([]string{want}, c.messages(sis.Registrations, key)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff([]string{"held TOO_LONG"}, c.messages(sis.Sections, "s2")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	clear(lms.refuse)
	c.must(roster.Args{})
	if len(lms.places) != 3 {
		t.Errorf("roster = %v, want three", lms.roster())
	}
}

func TestAPlanThatWasReplacedIsNotApplied(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampus(t, small(), lms)
	lms.before = func() error { return map[bool]error{true: errCrash}[c.planned()] }
	if got := c.run(roster.Args{}); !errors.Is(got.err, errCrash) {
		t.Fatalf("error = %v", got.err)
	}
	old := c.plan().ID
	lms.before = nil
	c.must(roster.Args{})
	writes := lms.writes

	got := c.follow(roster.RegistrationsProcess, roster.Args{Sync: "main", Plan: old})

	if diff := cmp.Diff([]string{"STALE_VERSION"}, got.codes()); diff != "" || got.err != nil || lms.writes != writes {
		t.Errorf("error %v, record errors (-want +got):\n%s", got.err, diff)
	}
}

func TestStatusCountsWhatASyncHasDone(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	from.add(registration("r9", "s9", "ann"))
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.remove(sis.Registrations, "r3")
	c.must(roster.Args{})

	s, err := c.ledger.SyncStatus(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}

	if diff := cmp.Diff(map[sync.EffectOp]int64{sync.CreateCourse: 2, sync.CreateUser: 3, sync.Enrol: 3, sync.Suspend: 1}, s.Effects); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	type numbers struct {
		Terms         int64
		People        sync.People
		Sections      sync.Sections
		Registrations sync.Registrations
		Enrolments    sync.Enrolments
		Created       int64
	}
	want := numbers{
		1,
		sync.People{Known: 4, Linked: 3},
		sync.Sections{Known: 2, Linked: 2},
		sync.Registrations{Active: 3, Gone: 1, Waiting: 1},
		sync.Enrolments{Active: 2, Suspended: 1},
		2,
	}
	got := numbers{s.Terms, s.People, s.Sections, s.Registrations, s.Enrolments, s.Links[sync.Created]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
	if s.Codes["REF_SECTION"] != 1 || s.Messages[sync.Waiting] != 1 || s.Plan == nil || len(s.Pulls) != 4 {
		t.Errorf("status = %+v", s)
	}
}

func whatWasWrittenIsNotForgotten(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	c := newCampus(t, from, lms)
	lms.after = func() error { // the enrolments happen; nobody lives to say so
		if lms.writes == 3 {
			return errCrash
		}
		return nil
	}
	if got := c.run(roster.Args{}); !errors.Is(got.err, errCrash) || len(lms.places) != 3 {
		t.Fatalf("error = %v, roster = %v", got.err, lms.roster())
	}
	lms.after = nil
	c.crashed(t)
	from.remove(sis.Registrations, "r3") // and the run is given up

	c.must(roster.Args{})

	if want := "GEO ann student 2026-09-01T00 2027-01-15T00 suspended"; !contains(lms.roster(), want) {
		t.Errorf("roster = %v; want %s", lms.roster(), want)
	}
	lms.writes = 0
	c.must(roster.Args{})
	if lms.writes != 0 {
		t.Errorf("a further run made %d calls", lms.writes)
	}
}

// crashed checks that the newest plan is as a process leaves it that dies
// between a call and its answer: handed over, and not settled.
func (c *campus) crashed(t *testing.T) {
	t.Helper()
	effects, err := c.ledger.SISEffects(t.Context(), c.plan().ID, sync.EffectFilter{Op: sync.Enrol})
	if err != nil || len(effects) != 3 {
		t.Fatalf("effects = %v, %v", effects, err)
	}
	for i := range effects {
		if effects[i].State == sync.EffectApplied {
			t.Fatalf("effect %s is settled", effects[i].Key)
		}
	}
}

func (c *campus) planned() bool {
	_, err := c.ledger.SISPlan(c.t.Context(), c.sync.Name, "")
	return err == nil
}

func TestADryRunLeavesAPlanAloneThatIsAboutToBeApplied(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampus(t, small(), lms)
	lms.before = func() error { return map[bool]error{true: errCrash}[c.planned()] }
	c.run(roster.Args{})
	old := c.plan().ID
	lms.before = nil
	c.must(roster.Args{DryRun: true})

	got := c.follow(roster.RegistrationsProcess, roster.Args{Sync: "main", Plan: old})

	if got.err != nil || len(lms.places) != 3 {
		t.Errorf("error = %v, roster = %v", got.err, lms.roster())
	}
	dry := c.follow(roster.RegistrationsProcess, roster.Args{Sync: "main", Plan: c.plan().ID})
	if !tasks.IsPermanent(dry.err) || !strings.Contains(dry.err.Error(), "a dry run's") {
		t.Errorf("the dry run's plan: %v", dry.err)
	}
}
