package roster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// small is a campus of one term, two classes, a teacher and two students.
func small() *fakeSIS {
	return newSIS(
		term("fall", "2026-09-01", "2027-01-15"),
		teacher("tom"), student("ann"), student("bob"), student("idle"),
		class("s1", "ALG", "fall"), class("s2", "GEO", "fall"),
		registration("r1", "s1", "ann"), registration("r2", "s1", "bob"), registration("r3", "s2", "ann"),
	)
}

func TestBringsARosterIntoAnEmptyLMS(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampus(t, small(), lms)

	got := c.must(roster.Args{})

	if diff := cmp.Diff(roster.Chain, got.tasks); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	want := []string{
		"ALG ann student 2026-09-01T00 2027-01-15T00",
		"ALG bob student 2026-09-01T00 2027-01-15T00",
		"GEO ann student 2026-09-01T00 2027-01-15T00",
	}
	if diff := cmp.Diff(want, lms.roster()); diff != "" {
		t.Errorf("roster (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ann", "bob", "tom"}, lms.names()); diff != "" {
		t.Errorf("accounts: teachers, and students with a registration (-want +got):\n%s", diff)
	}
	if p := got.progress[roster.RegistrationsProcess]; p.Created != 8 || p.Done != 8 || p.Total != 8 {
		t.Errorf("progress = %+v, want 8 of 8 created", p)
	}
	if diff := cmp.Diff([]string(nil), got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
}

func TestASecondRunWritesNothing(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampus(t, small(), lms)
	c.must(roster.Args{})
	lms.writes = 0

	c.must(roster.Args{})

	if lms.writes != 0 {
		t.Errorf("%d calls wrote something", lms.writes)
	}
	if p := c.plan(); p.Effects() != 0 || p.State != sync.PlanDone {
		t.Errorf("plan = %+v, want an empty one that is done", p)
	}
	if diff := cmp.Diff([]string{"applied"}, c.messages(sis.Registrations, "s1|ann")); diff != "" {
		t.Errorf("an unchanged record makes no message (-want +got):\n%s", diff)
	}
}

func TestADryRunEndsWithAPlanThatCanBeRead(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampus(t, small(), lms)

	got := c.must(roster.Args{DryRun: true})

	if last := got.tasks[len(got.tasks)-1]; last != roster.MakePlan {
		t.Errorf("the last task was %s", last)
	}
	if lms.writes != 0 {
		t.Errorf("%d calls wrote something", lms.writes)
	}
	want := map[sync.EffectOp]int64{sync.CreateCourse: 2, sync.CreateUser: 3, sync.Enrol: 3}
	p := c.plan()
	if diff := cmp.Diff(want, p.Counts); diff != "" || p.State != sync.PlanDraft {
		t.Errorf("plan is %s with counts (-want +got):\n%s", p.State, diff)
	}
}

func TestPostgreSQLKeepsWhatASyncKnowsAsWell(t *testing.T) {
	t.Parallel()
	from, lms := crowd(60), newLMS(sis.Course{Shortname: "ORIENT"})
	c := newCampusAt(t, ledgertest.Postgres(t), from, lms, func(s *sync.Sync) { s.OrientationCourse = "ORIENT" })
	c.must(roster.Args{})
	for _, key := range []string{"rp000", "rp059"} {
		from.remove(sis.Registrations, key)
	}
	from.edit(sis.Persons, "p001", func(r *sis.Record) {
		r.Person = &sis.Person{Key: "p001", Username: "p001", Email: "new@school.example", Given: "G", Family: "F"}
	})
	lms.rows = 0

	c.must(roster.Args{})

	if lms.rows != 3 || suspended(lms) != 2 || len(lms.places) != 120 {
		t.Errorf("%d rows written, %d suspended of %d; want 3, 2 and 120", lms.rows, suspended(lms), len(lms.places))
	}
	lms.writes = 0
	c.must(roster.Args{})
	if lms.writes != 0 {
		t.Errorf("a further run made %d calls", lms.writes)
	}
}

func TestRefusesAJobOfAnotherClientThanTheSyncs(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampus(t, small(), lms)
	c.must(roster.Args{})
	before := lms.roster()
	c.client = "other" // whose locks are not those of the sync
	link := roster.LinkArgs{Sync: "main", Section: "s1", Course: "ALG"}

	for task, args := range map[string]any{
		roster.TermsPull: roster.Args{Sync: "main"}, roster.RegistrationsProcess: roster.Args{Sync: "main"},
		roster.LinkSection: link, roster.UnlinkSection: roster.UnlinkArgs{Sync: "main", Section: "s1"},
	} {
		o := c.follow(task, args)
		if !tasks.IsPermanent(o.err) || !strings.Contains(o.err.Error(), "belongs to client default, and this job to client other") || len(o.tasks) != 1 {
			t.Errorf("%s: %v; want it refused for good", task, o.err)
		}
	}

	if diff := cmp.Diff(before, lms.roster()); diff != "" {
		t.Errorf("roster (-before +after):\n%s", diff)
	}
}

func TestAStepThatIsTriedAgainLaterDoesNotBringBackAnOlderState(t *testing.T) {
	t.Parallel()
	from := small()
	c := newCampus(t, from, newLMS())
	c.must(roster.Args{})
	c.must(roster.Args{})
	asked := from.asked

	o := c.follow(roster.RegistrationsPull, roster.Args{Sync: "main", Run: "main-job-000001", Snapshot: "snapshot-1"})

	if o.err != nil || len(from.asked) != len(asked)+1 || from.asked[len(asked)] != "snapshot-2" {
		t.Errorf("%v, read %v; want the newest state that the sync knows, snapshot-2", o.err, from.asked[len(asked):])
	}
}
