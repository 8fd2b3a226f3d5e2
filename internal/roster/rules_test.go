package roster_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func noCourses(s *sync.Sync) { s.CreateCourses = false }

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

func aRegistrationWaits(t *testing.T) {
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

func TestASelectedTermThatDoesNotExistIsReported(t *testing.T) {
	t.Parallel()
	c := newCampus(t, small(), newLMS(), func(s *sync.Sync) { s.Terms = []string{"fall", "fal"} })

	got := c.must(roster.Args{})

	if len(got.errors) != 1 || got.errors[0].Key != "fal" || got.errors[0].Code != "REF_TERM" {
		t.Errorf("record errors = %+v", got.errors)
	}
}
