package roster_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// audited brings the small campus into a platform, lets people meddle with
// who is in algebra, and audits it.
func audited(t *testing.T, repair string, meddle func(lms *reference.Target, course, ann, bob string)) (*campus, *reference.Target, outcome) {
	lms := reference.New()
	c := newCampus(t, small(), lms)
	c.must(roster.Args{})
	course := courseID(t, lms, "s1")
	ids := map[string]string{}
	users, err := lms.Users(t.Context(), sis.UserByKey, []string{"ann", "bob"})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		ids[u.Key] = u.ID
	}
	meddle(lms, course, ids["ann"], ids["bob"])
	o := c.follow(roster.AuditDrift, roster.DriftArgs{Sync: "main", Repair: repair})
	if o.err != nil {
		t.Fatal(o.err)
	}
	return c, lms, o
}

func inCourse(lms *reference.Target, course string) (users []string) {
	for _, p := range lms.State().Places {
		if p.Course == course && !p.Suspended {
			users = append(users, p.User)
		}
	}
	return users
}

func TestBadInputFromTheLMS(t *testing.T) {
	t.Parallel()
	unenrol := func(lms *reference.Target, course, ann, bob string) {
		lms.RemovePlace(course, ann)
		lms.AddPlace(sis.Enrolment{Course: course, User: bob, Role: sis.Teacher}) // a second role, by hand
	}
	t.Run("row 29: who was unenrolled by hand is reported and stays out", func(t *testing.T) {
		c, lms, o := audited(t, "", unenrol)
		if diff := cmp.Diff([]string{"MANUAL_OVERRIDE"}, o.codes()); diff != "" {
			t.Errorf("record errors (-want +got):\n%s", diff)
		}
		c.must(roster.Args{})
		if got := inCourse(lms, "ALG"); !slices.Equal(got, []string{"bob"}) {
			t.Errorf("in algebra are %v", got)
		}
	})
	t.Run("row 29: or is enrolled again, where the repair says so, and manual roles stay", func(t *testing.T) {
		c, lms, o := audited(t, roster.Readd, unenrol)
		if !slices.Contains(o.tasks, roster.MakePlan) || c.plan().Counts[sync.Enrol] != 1 {
			t.Errorf("tasks %v, plan %+v; want a plan that enrols one", o.tasks, c.plan().Counts)
		}
		if got := inCourse(lms, "ALG"); !slices.Equal(got, []string{"ann", "bob"}) {
			t.Errorf("in algebra are %v", got)
		}
		for _, p := range lms.State().Places {
			if p.Course == "ALG" && p.User == "bob" && len(p.Roles) != 2 {
				t.Errorf("bob is %v; want the role that was given by hand too", p.Roles)
			}
		}
	})
	t.Run("row 29: who was suspended by hand is reported", func(t *testing.T) {
		_, _, o := audited(t, roster.Respect, func(lms *reference.Target, course, ann, _ string) {
			lms.AddPlace(sis.Enrolment{Course: course, User: ann, Role: sis.Student, Suspended: true})
		})
		if len(o.errors) != 1 || !strings.Contains(o.errors[0].Message, "suspended") {
			t.Errorf("record errors = %+v", o.errors)
		}
	})
	t.Run("row 30: a section whose course is gone waits, and the others go on", func(t *testing.T) {
		lms := newLMS()
		from := small()
		c := newCampus(t, from, lms)
		c.must(roster.Args{})
		gone := slices.IndexFunc(lms.courses, func(course sis.Course) bool { return course.Key == "s1" })
		for key, place := range lms.places {
			if place.Course == lms.courses[gone].ID {
				delete(lms.places, key)
			}
		}
		lms.courses = slices.Delete(lms.courses, gone, gone+1)
		from.add(student("cid"), registration("r7", "s1", "cid"), registration("r8", "s2", "cid"))

		first := c.must(roster.Args{})
		c.must(roster.Args{})

		if !slices.Contains(first.codes(), "COURSE_GONE") || len(lms.courses) != 1 {
			t.Errorf("record errors %v, %d courses; want COURSE_GONE, and no course made anew", first.codes(), len(lms.courses))
		}
		if diff := cmp.Diff([]string{"waiting COURSE_GONE"}, c.messages(sis.Registrations, "s1|cid")); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"applied"}, c.messages(sis.Registrations, "s2|cid")); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

func TestReconcilingAsksForEverything(t *testing.T) {
	t.Parallel()
	c := newCampus(t, small(), newLMS(), func(s *sync.Sync) { s.Reconcile = "30 3 * * 0" })
	o := c.follow(roster.Reconcile, roster.ReconcileArgs{Sync: "main"})
	if want := append([]string{roster.Reconcile}, roster.Chain...); o.err != nil || !slices.Equal(o.tasks, want) {
		t.Errorf("%v, tasks %v; want %v", o.err, o.tasks, want)
	}
}

func TestReplayingPlansAnewOnlyWhereThereIsSomethingOpen(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	lms.refuse["ann"] = &sis.Error{Code: "FIELD_LOCKED", Message: "The LMS does not take the family name."}
	c := newCampus(t, small(), lms)
	c.must(roster.Args{})
	clear(lms.refuse)

	if o := c.follow(roster.Replay, roster.ReplayArgs{Sync: "main", Code: "EMAIL_INVALID"}); o.err != nil || len(o.tasks) != 1 {
		t.Errorf("%v, tasks %v; want nothing planned for a code that no message has", o.err, o.tasks)
	}
	o := c.follow(roster.Replay, roster.ReplayArgs{Sync: "main", State: sync.Held, Code: "FIELD_LOCKED"})
	if o.err != nil || o.progress[roster.Replay].Done != 1 || len(lms.places) != 3 {
		t.Errorf("%v, progress %+v, %d places; want ann's account and her enrolments", o.err, o.progress[roster.Replay], len(lms.places))
	}
}

func TestPurgingKeepsWhatIsOpenAndTheNewestPlan(t *testing.T) {
	t.Parallel()
	from := small()
	from.add(registration("r9", "s9", "ann")) // of a section that never comes
	c := newCampus(t, from, newLMS())
	c.must(roster.Args{})
	c.must(roster.Args{})

	first, err := c.ledger.PurgeSIS(t.Context(), "main", time.Now().Add(-time.Hour))
	if err != nil || first != (sync.Purged{}) {
		t.Errorf("%+v, %v; want nothing purged that is younger", first, err)
	}
	gone, err := c.ledger.PurgeSIS(t.Context(), "main", time.Now().Add(time.Hour))
	if err != nil || gone.Plans != 1 || gone.Effects != 8 || gone.Messages == 0 {
		t.Errorf("%+v, %v; want the first plan with its 8 effects, and messages", gone, err)
	}
	if diff := cmp.Diff([]string{"waiting REF_SECTION"}, c.messages(sis.Registrations, "s9|ann")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if o := c.must(roster.Args{}); c.plan().Effects() != 0 {
		t.Errorf("a further run plans %d effects, tasks %v", c.plan().Effects(), o.tasks)
	}
}
