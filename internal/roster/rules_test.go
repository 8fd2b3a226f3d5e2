package roster_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func noCourses(s *sync.Sync) { s.CreateCourses = false }

func TestADropSuspendsAndAReturnLiftsIt(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})

	from.remove(sis.Registrations, "r3")
	got := c.must(roster.Args{})

	const line = "GEO ann student 2026-09-01T00 2027-01-15T00"
	if !contains(lms.roster(), line+" suspended") || got.progress[roster.RegistrationsProcess].Removed != 1 {
		t.Errorf("roster = %v; want ann suspended in GEO", lms.roster())
	}
	if p := got.progress[roster.RegistrationsPull]; p.Removed != 1 {
		t.Errorf("pull says %+v, want one removed", p)
	}

	from.add(registration("r9", "s2", "ann")) // another id of the provider's
	c.must(roster.Args{})

	if !contains(lms.roster(), line) {
		t.Errorf("roster = %v; want ann back in GEO", lms.roster())
	}
	if diff := cmp.Diff([]string{"applied", "applied", "applied"}, c.messages(sis.Registrations, "s2|ann")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestARecordMarkedAsDeletedIsADrop(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.edit(sis.Registrations, "r3", func(r *sis.Record) { r.Deleted = true })
	from.partial[sis.Registrations] = true

	c.must(roster.Args{})

	if !contains(lms.roster(), "GEO ann student 2026-09-01T00 2027-01-15T00 suspended") {
		t.Errorf("roster = %v; want ann suspended in GEO", lms.roster())
	}
}

func TestATombstoneNeedsNoMoreThanItsId(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	for _, stream := range sis.Streams {
		from.partial[stream] = true
	}
	from.edit(sis.Registrations, "r3", func(r *sis.Record) {
		r.Deleted, r.Registration = true, &sis.Registration{Key: "r3"}
	})
	from.edit(sis.Terms, "fall", func(r *sis.Record) { r.Deleted, r.Term = true, &sis.Term{Key: "fall"} })

	got := c.must(roster.Args{})
	c.must(roster.Args{}) // the tombstones may come again

	want := []string{
		"ALG ann student 2026-09-01T00 2027-01-15T00", "ALG bob student 2026-09-01T00 2027-01-15T00",
		"GEO ann student 2026-09-01T00 2027-01-15T00 suspended",
	}
	if diff := cmp.Diff(want, lms.roster()); diff != "" || len(got.errors) > 0 {
		t.Errorf("errors %v, roster (-want +got):\n%s", got.errors, diff)
	}
	if diff := cmp.Diff([]string{"applied", "applied"}, c.messages(sis.Registrations, "s2|ann")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestADropOfSomethingNeverSeenIsRecordedAndIgnored(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	gone := registration("r9", "s2", "bob")
	gone.Deleted = true
	from.add(gone)
	c := newCampus(t, from, lms)

	c.must(roster.Args{})

	if diff := cmp.Diff([]string{"ignored"}, c.messages(sis.Registrations, "s2|bob")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestAnIncompleteSnapshotDropsNobody(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	before := lms.roster()
	from.remove(sis.Registrations, "r3")
	from.partial[sis.Registrations] = true

	c.must(roster.Args{})

	if diff := cmp.Diff(before, lms.roster()); diff != "" {
		t.Errorf("roster (-before +after):\n%s", diff)
	}
}

func TestAnEmptyRegistrationsFileDropsNobody(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	before := lms.roster()
	from.records[sis.Registrations] = nil

	got := c.must(roster.Args{})

	if diff := cmp.Diff(before, lms.roster()); diff != "" {
		t.Errorf("roster (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"SNAPSHOT_INCOMPLETE"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if p := c.plan(); len(p.Held) != 1 || p.Held[0].Code != "SNAPSHOT_INCOMPLETE" {
		t.Errorf("the plan holds %+v; want it to say why", p.Held)
	}
}

func TestHalfAFileStopsTheChainAndKeepsWhatWasKnown(t *testing.T) {
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

// crowd is a class of n students.
func crowd(n int) *fakeSIS {
	from := newSIS(term("fall", "2026-09-01", "2027-01-15"), class("s1", "ALG", "fall"))
	for i := range n {
		key := fmt.Sprintf("p%03d", i)
		from.add(student(key), registration("r"+key, "s1", key))
	}
	return from
}

func suspended(lms *fakeLMS) (n int) {
	for _, line := range lms.roster() {
		if strings.HasSuffix(line, "suspended") {
			n++
		}
	}
	return n
}

func TestAFewBadRowsCostNobodyElseAnything(t *testing.T) {
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

func TestTooManyBadRowsStopTheChainAndLeaveNoTrace(t *testing.T) {
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

	got := c.run(roster.Args{})

	if !tasks.IsPermanent(got.err) || !strings.Contains(got.err.Error(), "BRAKE_ERRORS: 11 of 60 rows") {
		t.Errorf("error = %v; want a permanent one with the numbers", got.err)
	}
	if last := got.tasks[len(got.tasks)-1]; last != roster.RegistrationsPull {
		t.Errorf("the chain stopped at %s", last)
	}
	if len(got.errors) != 11 || got.errors[0].Code != "BAD_DATE" {
		t.Errorf("record errors = %+v; want the bad rows", got.errors)
	}
	if diff := cmp.Diff(before, lms.roster()); diff != "" {
		t.Errorf("roster (-before +after):\n%s", diff)
	}
	if got := c.messages(sis.Registrations, "x0"); got != nil {
		t.Errorf("messages = %v; want none", got)
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

func TestUnusuallyManyDropsAreHeldUntilAPersonAllowsThem(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(100)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	for i := range 11 {
		from.remove(sis.Registrations, fmt.Sprintf("rp%03d", i))
	}
	from.add(student("new"), registration("rnew", "s1", "new"))

	got := c.must(roster.Args{})

	if suspended(lms) != 0 || len(lms.places) != 101 {
		t.Errorf("%d suspended of %d; want the drops held and the new one enrolled", suspended(lms), len(lms.places))
	}
	want := []sync.Hold{{
		Code: "BRAKE_DROPS", Term: "fall", Drops: 11, Of: 100,
		Message: "11 of 100 registrations of Term fall would be dropped, which is unusual: nobody was. If it is right, run the sync with allow_drops 11.",
	}}
	if diff := cmp.Diff(want, c.plan().Held); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"BRAKE_DROPS"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"held BRAKE_DROPS", "applied"}, c.messages(sis.Registrations, "p000")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	c.must(roster.Args{AllowDrops: 10})
	if suspended(lms) != 0 {
		t.Errorf("10 were allowed, and %d of 11 dropped", suspended(lms))
	}
	c.must(roster.Args{AllowDrops: 11})
	if suspended(lms) != 11 {
		t.Errorf("11 were allowed, and %d dropped", suspended(lms))
	}
}

func TestEachHeldDropNamesItsOwnTerm(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	from := newSIS(term("fall", "2026-09-01", "2027-01-15"), term("spring", "2027-02-01", "2027-06-30"),
		class("s1", "ALG", "fall"), class("s2", "ALG", "spring"))
	for i := range 20 { // the terms take turns
		key := fmt.Sprintf("p%03d", i)
		from.add(student(key), registration("f"+key, "s1", key), registration("s"+key, "s2", key))
	}
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	for i := range 15 {
		from.remove(sis.Registrations, fmt.Sprintf("fp%03d", i))
		from.remove(sis.Registrations, fmt.Sprintf("sp%03d", i))
	}

	c.must(roster.Args{})

	for i := range 15 {
		for section, want := range map[string]string{"s1": "of Term fall", "s2": "of Term spring"} {
			if got := c.reason(sis.Registrations, fmt.Sprintf("%s|p%03d", section, i)); !strings.Contains(got, want) {
				t.Fatalf("the drop of %d in %s is held because %q; want %q in it", i, section, got, want)
			}
		}
	}
}

func TestTenDropsOfAFewAreNotUnusual(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), crowd(20)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	for i := range 10 {
		from.remove(sis.Registrations, fmt.Sprintf("rp%03d", i))
	}

	c.must(roster.Args{})

	if suspended(lms) != 10 {
		t.Errorf("%d suspended, want 10", suspended(lms))
	}
}

func TestWhoIsRegisteredThroughTwoSectionsStaysUntilTheLastDrop(t *testing.T) {
	t.Parallel()
	from := small()
	lms := newLMS(sis.Course{Shortname: "JOINT"})
	c := newCampus(t, from, lms, noCourses)
	c.must(roster.Args{})
	for _, section := range []string{"s1", "s2"} {
		if o := c.follow(roster.LinkSection, roster.LinkArgs{Sync: "main", Section: section, Course: "JOINT"}); o.err != nil {
			t.Fatal(o.err)
		}
	}
	from.edit(sis.Registrations, "r1", func(r *sis.Record) { r.Registration.End = date("2026-10-01") })
	from.edit(sis.Registrations, "r3", func(r *sis.Record) { r.Registration.Begin = date("2026-09-20") })
	c.must(roster.Args{})
	if want := "JOINT ann student 2026-09-01T00 2027-01-15T00"; !contains(lms.roster(), want) {
		t.Errorf("roster = %v; want the union of both: %s", lms.roster(), want)
	}

	from.remove(sis.Registrations, "r1")
	c.must(roster.Args{})

	if want := "JOINT ann student 2026-09-20T00 2027-01-15T00"; !contains(lms.roster(), want) {
		t.Errorf("roster = %v; want %s", lms.roster(), want)
	}
	if got := c.messages(sis.Registrations, "s1|ann"); got[0] != "applied" {
		t.Errorf("messages = %v", got)
	}

	from.remove(sis.Registrations, "r3")
	c.must(roster.Args{})

	if want := "JOINT ann student 2026-09-20T00 2027-01-15T00 suspended"; !contains(lms.roster(), want) {
		t.Errorf("roster = %v; want %s", lms.roster(), want)
	}
}

func TestACancelledSectionKeepsItsStudents(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.remove(sis.Sections, "s2")
	from.remove(sis.Registrations, "r3")

	c.must(roster.Args{})

	if suspended(lms) != 0 {
		t.Errorf("roster = %v; want nobody suspended", lms.roster())
	}
	if got := c.reason(sis.Registrations, "s2|ann"); !strings.Contains(got, "with its section") {
		t.Errorf("reason = %q; want one that says that nothing was done", got)
	}
}

func TestADropFromASectionWithoutACourseDoesNotClaimThatNobodyWasEnrolled(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	if o := c.follow(roster.UnlinkSection, roster.UnlinkArgs{Sync: "main", Section: "s2"}); o.err != nil {
		t.Fatal(o.err)
	}
	from.remove(sis.Registrations, "r3")

	c.must(roster.Args{})

	if got := c.reason(sis.Registrations, "s2|ann"); !strings.Contains(got, "not linked to a course") {
		t.Errorf("reason = %q; want it to say that the section has no course", got)
	}
}

func TestWhoChangesRolesIsNotLockedOutOfTheCourse(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	const line, span = "GEO ann teacher", " 2026-09-01T00 2027-01-15T00"

	from.edit(sis.Registrations, "r3", func(r *sis.Record) { r.Registration.Role = sis.Teacher })
	c.must(roster.Args{})

	if !contains(lms.roster(), line+span) {
		t.Errorf("roster = %v; want ann active in GEO", lms.roster())
	}
	if got := c.messages(sis.Registrations, "s2|ann|student"); got[0] != "applied" {
		t.Errorf("messages about the old role = %v", got)
	}

	from.edit(sis.Registrations, "r3", func(r *sis.Record) { r.Registration.Role = sis.Student })
	c.must(roster.Args{})
	if !contains(lms.roster(), "GEO ann student"+span) {
		t.Errorf("roster = %v; want ann active in GEO again", lms.roster())
	}

	from.remove(sis.Registrations, "r3")
	c.must(roster.Args{})
	if !contains(lms.roster(), "GEO ann student"+span+" suspended") {
		t.Errorf("roster = %v; want ann suspended in GEO", lms.roster())
	}
}

func TestAnAccountThatGoesOverToAnotherPersonStaysInItsCourses(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})

	from.remove(sis.Persons, "ann")
	from.remove(sis.Registrations, "r1")
	from.remove(sis.Registrations, "r3")
	from.add(student("ann2"), registration("r8", "s1", "ann2"), registration("r9", "s2", "ann2"))
	for i := range lms.users {
		if lms.users[i].Key == "ann" {
			lms.users[i].Key = "ann2" // by an administrator, as the SIS has merged two people
		}
	}
	c.must(roster.Args{})

	if suspended(lms) != 0 {
		t.Errorf("roster = %v; want nobody suspended", lms.roster())
	}
}

func TestTwoRolesInACourseHaveOneSpan(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	second := registration("r8", "s2", "ann")
	second.Registration.Role = sis.Teacher
	from.add(second)
	from.edit(sis.Registrations, "r3", func(r *sis.Record) { r.Registration.End = date("2027-03-01") })
	c := newCampus(t, from, lms)

	c.must(roster.Args{})

	for _, role := range []string{"student", "teacher"} {
		if line := "GEO ann " + role + " 2026-09-01T00 2027-03-01T00"; !contains(lms.roster(), line) {
			t.Errorf("roster = %v; want %s", lms.roster(), line)
		}
	}
}

func contains(lines []string, line string) bool { return slices.Contains(lines, line) }

func TestARegistrationWaitsForItsPersonAndSection(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	from.add(registration("r8", "s1", "late"), registration("r9", "s9", "ann"))
	c := newCampus(t, from, lms)

	got := c.must(roster.Args{})

	if diff := cmp.Diff([]string{"REF_PERSON", "REF_SECTION"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"waiting REF_PERSON"}, c.messages(sis.Registrations, "late")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	from.add(student("late"), class("s9", "HIS", "fall"))
	c.must(roster.Args{})
	for _, want := range []string{"ALG late student 2026-09-01T00 2027-01-15T00", "HIS ann student 2026-09-01T00 2027-01-15T00"} {
		if !contains(lms.roster(), want) {
			t.Errorf("roster = %v; want %s", lms.roster(), want)
		}
	}
	if diff := cmp.Diff([]string{"applied"}, c.messages(sis.Registrations, "late")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestOnlySelectedTermsAreSynced(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	from.add(term("spring", "2027-02-01", "2027-06-30"), class("s3", "PHY", "spring"), class("s4", "ART", "summer"),
		registration("r4", "s3", "bob"), registration("r5", "s4", "bob"))
	c := newCampus(t, from, lms, func(s *sync.Sync) { s.Terms = []string{"fall"} })

	c.must(roster.Args{})

	if len(lms.courses) != 2 {
		t.Errorf("courses = %v, want two", lms.courses)
	}
	for section, want := range map[string]string{"s3": "waiting TERM_NOT_SELECTED", "s4": "waiting REF_TERM"} {
		if diff := cmp.Diff([]string{want}, c.messages(sis.Registrations, section)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
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

func TestAnIdUsedTwiceIsHeldAndChangesNothing(t *testing.T) {
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

func TestASelectedTermThatDoesNotExistIsReported(t *testing.T) {
	t.Parallel()
	c := newCampus(t, small(), newLMS(), func(s *sync.Sync) { s.Terms = []string{"fall", "fal"} })

	got := c.must(roster.Args{})

	if len(got.errors) != 1 || got.errors[0].Key != "fal" || got.errors[0].Code != "REF_TERM" {
		t.Errorf("record errors = %+v", got.errors)
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
