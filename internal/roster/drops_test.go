package roster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

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
		ID: "1", Code: "BRAKE_DROPS", State: sync.HoldWaits, Scope: sync.InTerm, Term: "fall", Drops: 11, Of: 100, Effects: 11, Needs: 1,
		Message: "11 of 100 registrations of Term fall would be dropped, which is unusual: nobody was. If it is right, approve it, or run the sync with allow_drops 11.",
	}}
	if diff := cmp.Diff(want, c.plan().Held, cmpopts.IgnoreFields(sync.Hold{}, "Digest")); diff != "" {
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

func whoIsInTwoSectionsStays(t *testing.T) {
	t.Parallel()
	lms := newLMS(sis.Course{Shortname: "JOINT"})
	c := joint(t, lms)
	from := c.sis
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
