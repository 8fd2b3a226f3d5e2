package roster_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func halfAFile(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	before := lms.roster()
	from.down = &sis.Error{Code: "SRC_SCHEMA", Message: "enrollments.csv ends in the middle of a row."}

	got := c.run(roster.Args{})

	if !tasks.IsPermanent(got.err) || !strings.Contains(got.err.Error(), "in the middle of a row") {
		t.Errorf("error = %v; want a permanent one that says what is wrong", got.err)
	}
	if len(got.tasks) != 1 {
		t.Errorf("the chain went on: %v", got.tasks)
	}
	from.down = nil
	lms.writes = 0
	c.must(roster.Args{})
	if diff := cmp.Diff(before, lms.roster()); diff != "" || lms.writes != 0 {
		t.Errorf("%d writes; roster (-before +after):\n%s", lms.writes, diff)
	}
}

func TestComesBackLaterWhenTheSISIsDown(t *testing.T) {
	t.Parallel()
	from := small()
	from.down = &sis.Error{Code: "SRC_UNAVAILABLE", Message: "The SIS does not answer.", Temporary: true}
	c := newCampus(t, from, newLMS())

	got := c.run(roster.Args{})

	if _, ok := errors.AsType[*tasks.RetryError](got.err); !ok || !strings.HasPrefix(got.err.Error(), "The SIS could not be read: The SIS does not answer. It will be tried again.") {
		t.Errorf("error = %v; want a retry that says so", got.err)
	}
}

func aFewBadRows(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(100)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	for i := range 5 { // of people who are enrolled: not known to be gone
		key := fmt.Sprintf("rp%03d", i)
		from.remove(sis.Registrations, key)
		stream, bad := unreadable(sis.Registrations, key, "BAD_DATE")
		from.records[stream] = append(from.records[stream], bad)
	}
	from.add(student("new"), registration("rnew", "s1", "new"))

	got := c.must(roster.Args{})

	if len(lms.places) != 101 || suspended(lms) != 0 {
		t.Errorf("%d enrolments, %d suspended; want 101 and 0", len(lms.places), suspended(lms))
	}
	if len(got.errors) != 5 || got.errors[0].Key != "registrations.csv:99" || got.errors[0].Code != "BAD_DATE" {
		t.Errorf("record errors = %+v; want five with their lines", got.errors)
	}
	if diff := cmp.Diff([]string{"rejected BAD_DATE"}, c.messages(sis.Registrations, "rp000")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func tooManyBadRows(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(50)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	before := lms.roster()
	for i := range 11 {
		_, bad := unreadable(sis.Registrations, fmt.Sprint("x", i), "BAD_DATE")
		from.records[sis.Registrations] = append(from.records[sis.Registrations], bad)
	}
	from.remove(sis.Registrations, "rp001")
	from.add(student("new"), registration("rnew", "s1", "new"))

	got := c.must(roster.Args{})

	if len(got.errors) != 12 || got.errors[0].Code != "BAD_DATE" || got.errors[11].Code != "BRAKE_ERRORS" {
		t.Errorf("record errors = %+v; want the bad rows, and that they are too many", got.errors)
	}
	if diff := cmp.Diff(before, lms.roster()); diff != "" {
		t.Errorf("roster (-before +after):\n%s", diff)
	}
	p := c.plan()
	if p.State != sync.PlanHeld || len(p.Held) != 1 || p.Held[0].Code != "BRAKE_ERRORS" || p.Held[0].Effects != 2 ||
		!strings.HasPrefix(p.Held[0].Message, "11 of 61 rows of registrations cannot be read") {
		t.Errorf("plan %s holds %+v; want all of it, and the numbers", p.State, p.Held)
	}
	if got := c.messages(sis.Registrations, "s1|new"); got[0] != "held BRAKE_ERRORS" {
		t.Errorf("messages = %v", got)
	}

	if _, err := c.rule(sync.Ruling{Plan: p.ID, Choice: sync.Approve, By: "registrar"}); err != nil {
		t.Fatal(err)
	}
	c.resume(p)
	if len(lms.places) != 51 || suspended(lms) != 0 {
		t.Errorf("%d places, %d suspended; want the new one, and nobody dropped", len(lms.places), suspended(lms))
	}
	from.records[sis.Registrations] = from.records[sis.Registrations][:0:0]
	for i := range 50 {
		if i != 1 {
			from.add(registration(fmt.Sprintf("rp%03d", i), "s1", fmt.Sprintf("p%03d", i)))
		}
	}
	from.add(registration("rnew", "s1", "new"))
	if c.must(roster.Args{}); suspended(lms) != 1 || len(c.plan().Held) != 0 {
		t.Errorf("%d suspended, held %+v; want the one drop, once the file is in order", suspended(lms), c.plan().Held)
	}
}

func TestRejectingAFileWithTooManyBadRowsRejectsNobodyInIt(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(50)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.add(student("new"), registration("rnew", "s1", "new"))
	good := len(from.records[sis.Registrations])
	for i := range 11 {
		_, bad := unreadable(sis.Registrations, fmt.Sprint("x", i), "BAD_DATE")
		from.records[sis.Registrations] = append(from.records[sis.Registrations], bad)
	}
	c.must(roster.Args{})
	if _, err := c.rule(sync.Ruling{Plan: c.plan().ID, Choice: sync.Reject, By: "registrar", Reason: "a broken file"}); err != nil {
		t.Fatal(err)
	}
	if c.must(roster.Args{}); c.plan().State != sync.PlanHeld || len(lms.places) != 50 {
		t.Errorf("plan %s, %d places; want the same file to be asked about again", c.plan().State, len(lms.places))
	}

	from.records[sis.Registrations] = from.records[sis.Registrations][:good]
	c.must(roster.Args{})

	if p := c.plan(); p.State != sync.PlanDone || len(lms.places) != 51 {
		t.Errorf("plan %s holds %+v, %d places; want the new one in, once the file is in order", p.State, p.Held, len(lms.places))
	}
}

func TestAPullThatIsDoubtedHoldsNoPlanThatHasNothingToWrite(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*fakeSIS){
		"too many bad rows": func(from *fakeSIS) {
			for i := range 30 {
				stream, bad := unreadable(sis.Persons, fmt.Sprint("x", i), "BAD_ENUM")
				from.records[stream] = append(from.records[stream], bad)
			}
		},
		"nobody was sent":     func(from *fakeSIS) { from.records[sis.Persons] = nil },
		"no section was sent": func(from *fakeSIS) { from.records[sis.Sections] = nil },
	} {
		from := crowd(20)
		c := newCampus(t, from, newLMS())
		c.must(roster.Args{})
		spoil(from)
		c.must(roster.Args{})
		if p := c.plan(); p.State != sync.PlanDone || len(p.Held) != 1 || len(p.Waits()) != 0 {
			t.Errorf("%s: plan %s holds %+v; want it done, and said why nothing is gone", name, p.State, p.Held)
		}
	}
}

func TestRolesThatAreNotSyncedAreNoReasonToDoubtAFile(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(20)
	for i := range 15 {
		_, aide := unreadable(sis.Registrations, fmt.Sprint("aide", i), "ROLE_UNMAPPED")
		from.records[sis.Registrations] = append(from.records[sis.Registrations], aide)
	}
	c := newCampus(t, from, lms)

	c.must(roster.Args{})

	if len(lms.places) != 20 {
		t.Errorf("%d enrolments, want 20", len(lms.places))
	}
	if diff := cmp.Diff([]string{"rejected ROLE_UNMAPPED"}, c.messages(sis.Registrations, "aide7")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestABadRowThatIsMendedIsNoLongerRejected(t *testing.T) {
	t.Parallel()
	from := small()
	_, bad := unreadable(sis.Registrations, "r4", "BAD_DATE")
	from.records[sis.Registrations] = append(from.records[sis.Registrations], bad)
	c := newCampus(t, from, newLMS())
	c.must(roster.Args{})
	c.must(roster.Args{})
	if diff := cmp.Diff([]string{"rejected BAD_DATE"}, c.messages(sis.Registrations, "r4")); diff != "" {
		t.Errorf("the same bad row makes one message (-want +got):\n%s", diff)
	}
	from.remove(sis.Registrations, "r4")
	from.add(registration("r4", "s2", "bob"))

	c.must(roster.Args{})

	if diff := cmp.Diff([]string{"superseded BAD_DATE"}, c.messages(sis.Registrations, "r4")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// A date that is none is the source's to refuse.
func TestDatesThatContradictTheTermAreHeldAndNeverGuessed(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	from.edit(sis.Registrations, "r3", func(r *sis.Record) { r.Registration.Begin = date("2027-03-01") })
	c := newCampus(t, from, lms)

	got := c.must(roster.Args{})

	if diff := cmp.Diff([]string{"DATE_RANGE"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"held DATE_RANGE"}, c.messages(sis.Registrations, "s2|ann")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if len(lms.places) != 2 {
		t.Errorf("roster = %v, want the two others", lms.roster())
	}
}

func TestNamesArriveAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	from.edit(sis.Persons, "ann", func(r *sis.Record) { r.Person.Given, r.Person.Family = "Ann 🎓", "O'Brien" })
	from.edit(sis.Persons, "bob", func(r *sis.Record) { r.Person.Given, r.Person.Family = "بوب", "İstanbul; =cmd()" })
	c := newCampus(t, from, lms)

	c.must(roster.Args{})
	lms.writes = 0
	c.must(roster.Args{})

	var names []string
	for _, u := range lms.users {
		names = append(names, u.Given+" "+u.Family)
	}
	for _, want := range []string{"Ann 🎓 O'Brien", "بوب İstanbul; =cmd()"} {
		if !contains(names, want) {
			t.Errorf("names = %q; want %q", names, want)
		}
	}
	if lms.writes != 0 {
		t.Errorf("a second run made %d calls", lms.writes)
	}
}

func anIDUsedTwice(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	before, names := lms.roster(), len(lms.users)
	from.add(registration("r1", "s2", "bob")) // r1 is ann's in s1
	twin := student("ann")
	twin.Person.Given = "Other"
	from.add(twin)

	got := c.must(roster.Args{})

	if diff := cmp.Diff(before, lms.roster()); diff != "" || len(lms.users) != names {
		t.Errorf("%d accounts, roster (-before +after):\n%s", len(lms.users), diff)
	}
	if diff := cmp.Diff([]string{"DUP_KEY", "DUP_KEY", "DUP_KEY", "DUP_KEY"}, got.codes()); diff != "" {
		t.Errorf("record errors: both rows of both (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"held DUP_KEY"}, c.messages(sis.Registrations, "r1")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if lms.users[0].Given == "Other" {
		t.Error("one of the two was taken")
	}
}

func TestTheSameRowTwiceIsTakenOnce(t *testing.T) {
	t.Parallel()
	from := small()
	from.add(registration("r1", "s1", "ann"))
	lms := newLMS()
	c := newCampus(t, from, lms)

	got := c.must(roster.Args{})

	if len(got.errors) != 0 || len(lms.places) != 3 {
		t.Errorf("errors = %v, roster = %v", got.errors, lms.roster())
	}
}

func TestAnIdThatCannotBeKeptAsItIsIsRefused(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	for i, key := range []string{"nul\x00", strings.Repeat("x", 300), "latin\xe9"} {
		from.add(registration(fmt.Sprint("bad", i), "s1", key))
	}
	c := newCampus(t, from, lms)

	got := c.must(roster.Args{})

	if diff := cmp.Diff([]string{"ENCODING", "ENCODING", "TOO_LONG"}, got.codes()); diff != "" || len(lms.places) != 3 {
		t.Errorf("%d enrolments, record errors (-want +got):\n%s", len(lms.places), diff)
	}
}

func TestLeadingZerosAndCaseTellIdsApart(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	for i, key := range []string{"007", "7", "1E5", "1e5"} {
		from.add(class(key, fmt.Sprint("CODE", i), "fall"), registration("r"+key, key, "bob"))
	}
	c := newCampus(t, from, lms)

	c.must(roster.Args{})

	if len(lms.courses) != 6 || len(lms.places) != 7 {
		t.Errorf("%d courses, roster %v", len(lms.courses), lms.roster())
	}
}
