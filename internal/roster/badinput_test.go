package roster_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestBadInput(t *testing.T) {
	t.Parallel()
	t.Run("row 1: a teacher without an e-mail waits, the section has a course, and others go on", aTeacherWithoutEmail)
	t.Run("row 2: two teachers with one e-mail are both held, and none of the two is made", twoTeachersWithOneEmail)
	t.Run("row 2: who has an account keeps it working when another gets the same e-mail", aLinkedPersonKeepsWorking)
	t.Run("row 4: half a file stops the chain, and what was known stays", halfAFile)
	t.Run("row 5: a few bad rows are listed with their lines, and the others are applied", aFewBadRows)
	t.Run("row 5: too many bad rows hold all", tooManyBadRows)
	t.Run("row 11: who moves between two sections of one course never leaves it", whoMovesWithinACourse)
	t.Run("row 12: who is dropped from one of two cross-listed sections stays", whoIsInTwoSectionsStays)
	t.Run("row 14: a registration waits for its person and its section, and goes on when they come", aRegistrationWaits)
	t.Run("row 14: one that has waited for a month is dead, and goes on all the same", whatWaitsForAMonth)
	t.Run("row 18: another name and e-mail change the account, and neither its link nor its username", onlyWhatTheSISChangesIsChanged)
	t.Run("row 19: an e-mail that somebody new has is not taken away, once a person has said that it is somebody else", aRecycledEmail)
	t.Run("row 19: an e-mail that somebody else has now is not taken away", anExchangedEmail)
	t.Run("row 20: a student who teaches in the same course has both roles, and each ends by itself", twoRolesInACourse)
	t.Run("row 22: an active registration that has ended is over in the course too, and is reported once", anEndInThePast)
	t.Run("row 27: an id that is used twice is held, and what was applied stays", anIDUsedTwice)
	t.Run("row 31: what was written and not answered is not forgotten, and not written twice", whatWasWrittenIsNotForgotten)
	t.Run("row 38: a missing orientation course costs nobody their others, and its effects have failed", aMissingOrientationCourse)
}

// taught is the small campus, with tom as the teacher of s1.
func taught() *fakeSIS {
	from := small()
	from.add(sis.Record{Key: "t1", Registration: &sis.Registration{Key: "t1", Section: "s1", Person: "tom", Role: sis.Teacher}})
	return from
}

func aTeacherWithoutEmail(t *testing.T) {
	t.Parallel()
	from, lms := taught(), newLMS()
	email("tom", "")(from)
	c := newCampus(t, from, lms)

	got := c.must(roster.Args{})

	if diff := cmp.Diff([]string{"EMAIL_INVALID"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"waiting EMAIL_INVALID"}, c.messages(sis.Registrations, "s1|tom|teacher")); diff != "" {
		t.Errorf("the teacher's role (-want +got):\n%s", diff)
	}
	if len(lms.courses) != 2 || len(lms.places) != 3 {
		t.Errorf("%d courses, roster = %v; want both courses and all students", len(lms.courses), lms.roster())
	}
}

func twoTeachersWithOneEmail(t *testing.T) {
	t.Parallel()
	from, lms := taught(), newLMS()
	twin := teacher("tim")
	twin.Person.Email = "TOM@School.example"
	from.add(twin)
	c := newCampus(t, from, lms)

	c.must(roster.Args{})

	for _, who := range []string{"tom", "tim"} {
		if diff := cmp.Diff([]string{"held EMAIL_DUPLICATE"}, c.messages(sis.Persons, who)); diff != "" {
			t.Errorf("messages about %s (-want +got):\n%s", who, diff)
		}
	}
	if diff := cmp.Diff([]string{"ann", "bob"}, lms.names()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

// aged is a store whose messages came a month earlier than they did.
type aged struct{ roster.Store }

func (s aged) EachSISOpenMessage(ctx context.Context, name string, stream sis.Stream, take func(sync.Message)) error {
	return s.Store.EachSISOpenMessage(ctx, name, stream, func(m sync.Message) {
		m.Received = m.Received.Add(-31 * 24 * time.Hour)
		take(m)
	})
}

func whatWaitsForAMonth(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	from.add(registration("r8", "s1", "late"))
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	c.store = aged{c.store}
	c.must(roster.Args{})
	if diff := cmp.Diff([]string{"dead REF_PERSON"}, c.messages(sis.Registrations, "late")); diff != "" {
		t.Fatalf("messages (-want +got):\n%s", diff)
	}

	from.add(student("late"))
	c.must(roster.Args{})

	if diff := cmp.Diff([]string{"applied"}, c.messages(sis.Registrations, "late")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func aRecycledEmail(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.remove(sis.Persons, "ann")
	from.remove(sis.Registrations, "r1")
	from.remove(sis.Registrations, "r3")
	heir := student("eve")
	heir.Person.Email = "Ann@School.example"
	from.add(heir, registration("r8", "s1", "eve"))

	c.must(roster.Args{})
	if diff := cmp.Diff([]string{"held REKEY_SUSPECTED"}, c.messages(sis.Persons, "eve")); diff != "" {
		t.Errorf("it could be the same person (-want +got):\n%s", diff)
	}

	got := c.follow(roster.Rekey, roster.RekeyArgs{Sync: "main", Stream: sis.Persons, Refuse: true})

	c.keepsEmail(t, lms, got, "eve", "ann")
	if diff := cmp.Diff([]string{"ann", "bob", "tom"}, lms.names()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func anExchangedEmail(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.remove(sis.Persons, "ann")
	from.edit(sis.Persons, "bob", func(r *sis.Record) {
		p := *r.Person
		p.Email = "ann@school.example"
		r.Person = &p
	})

	c.keepsEmail(t, lms, c.must(roster.Args{}), "bob", "ann")
}

// keepsEmail checks that an e-mail that one person claims stays another's, and
// that both hear of it.
func (c *campus) keepsEmail(t *testing.T, lms *fakeLMS, got outcome, claims, keeps string) {
	t.Helper()
	var said []string
	for _, e := range got.errors {
		if e.Code == "ID_CONFLICT" {
			said = append(said, e.Key)
		}
	}
	slices.Sort(said)
	if diff := cmp.Diff([]string{keeps, claims}, said); diff != "" {
		t.Errorf("ID_CONFLICT is said of (-want +got):\n%s", diff)
	}
	for who, want := range map[string]bool{keeps: true, claims: false} {
		at := slices.IndexFunc(lms.users, func(u sis.User) bool { return u.Key == who })
		if has := at >= 0 && lms.users[at].Email == keeps+"@school.example"; has != want {
			t.Errorf("%s has the e-mail: %v, want %v", who, has, want)
		}
	}
	if words := c.messages(sis.Persons, claims); words[0] != "held ID_CONFLICT" {
		t.Errorf("messages about %s = %v", claims, words)
	}
}

// joint is the small campus, with both sections in one course.
func joint(t *testing.T, lms *fakeLMS) *campus {
	t.Helper()
	c := newCampus(t, small(), lms, noCourses)
	c.must(roster.Args{})
	for _, section := range []string{"s1", "s2"} {
		if o := c.follow(roster.LinkSection, roster.LinkArgs{Sync: "main", Section: section, Course: "JOINT"}); o.err != nil {
			t.Fatal(o.err)
		}
	}
	return c
}

func whoMovesWithinACourse(t *testing.T) {
	t.Parallel()
	lms := newLMS(sis.Course{Shortname: "JOINT"})
	c := joint(t, lms)
	before := lms.roster()
	c.sis.remove(sis.Registrations, "r2") // bob, of s1
	c.sis.add(registration("r8", "s2", "bob"))

	c.must(roster.Args{})

	if diff := cmp.Diff(before, lms.roster()); diff != "" {
		t.Errorf("roster (-before +after):\n%s", diff)
	}
	if n := c.plan().Counts[sync.Suspend]; n != 0 {
		t.Errorf("%d drops were planned", n)
	}
	for _, section := range []string{"s1", "s2"} {
		if got := c.messages(sis.Registrations, section+"|bob"); got[0] != "applied" {
			t.Errorf("messages about %s = %v", section, got)
		}
	}
}

func twoRolesInACourse(t *testing.T) {
	t.Parallel()
	from, lms := small(), reference.New()
	both := sis.Record{Key: "t1", Registration: &sis.Registration{Key: "t1", Section: "s1", Person: "ann", Role: sis.Teacher}}
	from.add(both)
	c := newCampus(t, from, lms)
	is := func(when string, want ...sis.Role) {
		t.Helper()
		c.must(roster.Args{})
		if roles, suspended := seatOf(lms, "ALG", "ann"); !slices.Equal(roles, want) || suspended {
			t.Errorf("%s ann is %v (suspended: %v), want %v", when, roles, suspended, want)
		}
	}
	is("in the beginning", sis.Student, sis.Teacher)
	from.remove(sis.Registrations, "t1")
	is("who teaches no more", sis.Student)
	from.add(both)
	from.remove(sis.Registrations, "r1")
	is("who studies no more", sis.Teacher)
}

func anEndInThePast(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	from.edit(sis.Registrations, "r3", func(r *sis.Record) { r.Registration.End = date("2026-09-10") })
	c := newCampus(t, from, lms)

	got := c.must(roster.Args{})

	if len(got.errors) != 1 || got.errors[0].Code != "DATE_RANGE" || got.errors[0].Key != "registrations.csv:4" {
		t.Errorf("record errors = %+v; want the line that says two things", got.errors)
	}
	if want := "GEO ann student 2026-09-01T00 2026-09-10T00"; !contains(lms.roster(), want) {
		t.Errorf("roster = %v; want %s", lms.roster(), want)
	}
	if again := c.must(roster.Args{}); len(again.errors) != 0 {
		t.Errorf("it is reported again: %+v", again.errors)
	}
}
