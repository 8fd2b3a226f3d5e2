package roster_test

import (
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func as(role sis.Role) func(*sis.Record) {
	return func(r *sis.Record) { r.Registration.Role = role }
}

// seatOf returns the roles that a person has in a course, and whether they are
// suspended there.
func seatOf(lms *reference.Target, course, person string) (roles []sis.Role, suspended bool) {
	for _, p := range lms.State().Places {
		if p.Course == course && p.User == person {
			return p.Roles, p.Suspended
		}
	}
	return nil, false
}

func TestWhoseRoleChangesLosesTheOldOne(t *testing.T) {
	t.Parallel()
	lms, from := reference.New(), small()
	c := newCampusAt(t, ledgerFor(t), from, lms)
	c.must(roster.Args{})
	for _, role := range []sis.Role{sis.Teacher, sis.Student, sis.Assistant} {
		from.edit(sis.Registrations, "r3", as(role))
		got := c.must(roster.Args{})

		roles, suspended := seatOf(lms, "GEO", "ann")
		if !slices.Equal(roles, []sis.Role{role}) || suspended || got.progress[roster.RegistrationsProcess].Removed != 1 {
			t.Errorf("ann is %v (suspended: %v), %+v; want %s alone", roles, suspended, got.progress[roster.RegistrationsProcess], role)
		}
		if c.must(roster.Args{}); c.plan().Effects() != 0 {
			t.Errorf("the next plan has %v, want nothing", c.plan().Counts)
		}
	}
	if diff := cmp.Diff([]string{"applied", "applied", "applied", "applied"}, c.messages(sis.Registrations, "s2|ann|student")); diff != "" {
		t.Errorf("messages about the student (-want +got):\n%s", diff)
	}
}

func TestRow20ARoleThatAnotherSectionOfTheCourseWantsStays(t *testing.T) {
	t.Parallel()
	p, from := referencePlatform(t), classes()
	lms := p.target.(*reference.Target)
	assistant := registration("r9", "s2", "ann")
	assistant.Registration.Role = sis.Assistant
	from.add(assistant)
	c := sharing(t, p, from)

	from.edit(sis.Registrations, "r1", func(r *sis.Record) { r.Registration.Section = "s2" })
	c.must(roster.Args{})
	if roles, _ := seatOf(lms, "BOTH", "ann"); !slices.Equal(roles, []sis.Role{sis.Assistant, sis.Student}) {
		t.Errorf("ann, who is a student of the other section now, is %v", roles)
	}
	from.remove(sis.Registrations, "r1")
	c.must(roster.Args{})
	if roles, suspended := seatOf(lms, "BOTH", "ann"); !slices.Equal(roles, []sis.Role{sis.Assistant}) || suspended {
		t.Errorf("ann, who is an assistant alone now, is %v (suspended: %v)", roles, suspended)
	}
}

func TestARoleThatWasSuspendedDoesNotComeBackWithAnother(t *testing.T) {
	t.Parallel()
	lms, from := reference.New(), small()
	c := newCampusAt(t, ledgerFor(t), from, lms)
	c.must(roster.Args{})
	from.remove(sis.Registrations, "r3")
	c.must(roster.Args{})
	teaches := registration("r9", "s2", "ann")
	teaches.Registration.Role = sis.Teacher
	from.add(teaches)
	c.must(roster.Args{})

	if roles, suspended := seatOf(lms, "GEO", "ann"); !slices.Equal(roles, []sis.Role{sis.Teacher}) || suspended {
		t.Errorf("ann is %v (suspended: %v), want a teacher alone", roles, suspended)
	}
}

func TestARoleThatPeopleGaveInTheLMSStays(t *testing.T) {
	t.Parallel()
	lms, from := reference.New(), small()
	c := newCampusAt(t, ledgerFor(t), from, lms)
	c.must(roster.Args{})
	courses, _ := lms.Courses(t.Context(), sis.CourseByShortname, []string{"GEO"})
	users, _ := lms.Users(t.Context(), sis.UserByKey, []string{"ann"})
	lms.AddPlace(sis.Enrolment{Course: courses[0].ID, User: users[0].ID, Role: sis.Assistant})
	from.edit(sis.Registrations, "r3", as(sis.Teacher))
	c.must(roster.Args{})

	if roles, _ := seatOf(lms, "GEO", "ann"); !slices.Equal(roles, []sis.Role{sis.Assistant, sis.Teacher}) {
		t.Errorf("ann is %v; want the role that was given by hand, and the new one", roles)
	}
}

func TestARoleThatWasTakenAwayComesBackWithAnUndo(t *testing.T) {
	t.Parallel()
	lms, from := reference.New(), small()
	c := newCampusAt(t, ledgerFor(t), from, lms)
	c.must(roster.Args{})
	from.edit(sis.Registrations, "r3", as(sis.Teacher))
	c.must(roster.Args{})

	c.letThrough(c.undo(c.plan().ID))
	c.must(roster.Args{}) // which leaves it at that

	if roles, suspended := seatOf(lms, "GEO", "ann"); !slices.Equal(roles, []sis.Role{sis.Student}) || suspended {
		t.Errorf("ann is %v (suspended: %v), want a student again", roles, suspended)
	}
}

func TestManyRolesThatEndAtOnceAreHeld(t *testing.T) {
	t.Parallel()
	lms, from := reference.New(), crowd(60)
	c := newCampusAt(t, ledgerFor(t), from, lms)
	c.must(roster.Args{})
	for i := range from.records[sis.Registrations] {
		r := *from.records[sis.Registrations][i].Registration
		r.Role = sis.Assistant
		from.records[sis.Registrations][i].Registration = &r
	}
	c.must(roster.Args{})

	if p := c.plan(); p.State != sync.PlanHeld || p.Counts[sync.RemoveRole] != 60 || len(p.Waits()) != 1 || p.Waits()[0].Code != "BRAKE_DROPS" {
		t.Errorf("plan %s %v, %+v; want 60 roles held", p.State, p.Counts, p.Held)
	}
	if roles, _ := seatOf(lms, "ALG", "p000"); !slices.Equal(roles, []sis.Role{sis.Assistant, sis.Student}) {
		t.Errorf("somebody is %v before anybody approved", roles)
	}
}

func TestMoodleTakesTheOldRoleAway(t *testing.T) {
	t.Parallel()
	sim := moodlesim.New(moodlesim.Options{})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	from := small()
	c := newCampus(t, from, moodle.New(moodle.Config{URL: server.URL, Token: "demo", Roles: map[sis.Role]int{sis.Student: 5, sis.Teacher: 3, sis.Assistant: 4}}))
	c.must(roster.Args{})
	from.edit(sis.Registrations, "r3", as(sis.Teacher))
	c.must(roster.Args{})

	teachers := 0
	for _, e := range sim.State().Enrolments {
		if slices.Contains(e.Roles, 3) {
			teachers++
			if !slices.Equal(e.Roles, []int{3}) {
				t.Errorf("the teacher has the roles %v", e.Roles)
			}
		}
	}
	if teachers != 1 {
		t.Errorf("%d teachers, want ann", teachers)
	}
}
