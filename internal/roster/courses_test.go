package roster_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func shortnames(lms *fakeLMS) (names []string) {
	for _, c := range lms.courses {
		names = append(names, c.Shortname)
	}
	slices.Sort(names)
	return names
}

func TestCoursesGetNamesThatNoOtherHas(t *testing.T) {
	t.Parallel()
	from := newSIS(
		term("fall", "2026-09-01", "2027-01-15"), term("spring", "2027-02-01", "2027-06-30"),
		class("s1", "ALG", "fall"), class("s2", "alg", "spring"), // told apart by the term
		class("section-a", "GEO", "fall"), class("section-b", "GEO", "fall"), // by the key
		class("s5", "", "fall"),    // has a title only
		class("s6", "ART", "fall"), // unique here, but not in the LMS
	)
	lms := newLMS(sis.Course{Shortname: "art", Key: "other"})
	c := newCampus(t, from, lms)

	got := c.must(roster.Args{})

	want := []string{
		"ALG (Term fall)", "ART (Term fall)", "Class s5", "GEO (Term fall) · section-a", "GEO (Term fall) · section-b",
		"alg (Term spring)", "art",
	}
	if diff := cmp.Diff(want, shortnames(lms)); diff != "" || len(got.errors) != 0 {
		t.Errorf("errors %v, short names (-want +got):\n%s", got.errors, diff)
	}
	for _, course := range lms.courses {
		if course.Key == "s1" && (course.Fullname != "Class s1" || !course.Start.Equal(date("2026-09-01").In(madrid)) || !course.End.Equal(date("2027-01-15").In(madrid))) {
			t.Errorf("course = %+v", course)
		}
	}
}

func TestSectionsAreLinkedToTheOneCourseThatIsMeant(t *testing.T) {
	t.Parallel()
	from := newSIS(
		term("fall", "2026-09-01", "2027-01-15"), student("ann"),
		class("s1", "ALG", "fall"),                             // by its key
		class("s2", "GEO", "fall"),                             // by its code, as short name
		class("s3", "PHY", "fall"),                             // by its code, as id number
		class("s4", "ART", "fall"), class("s5", "ART", "fall"), // the code is not unique
		class("s6", "HIS", "fall"), // two courses could be meant
		class("s7", "BIO", "fall"), // no course at all
		registration("r7", "s7", "ann"),
	)
	lms := newLMS(
		sis.Course{Key: "s1", Shortname: "Algebra"}, sis.Course{Shortname: "GEO"}, sis.Course{Key: "PHY", Shortname: "Physics"},
		sis.Course{Shortname: "ART"}, sis.Course{Shortname: "HIS"}, sis.Course{Key: "HIS", Shortname: "History"},
	)
	c := newCampus(t, from, lms, noCourses)

	got := c.must(roster.Args{})

	links := map[string]string{}
	sections, err := c.ledger.SISSections(t.Context(), sync.SectionFilter{Sync: "main", State: sync.SectionLinked})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections {
		links[s.Key] = s.Link.Shortname + " " + string(s.Link.How)
	}
	if diff := cmp.Diff(map[string]string{"s1": "Algebra auto", "s2": "GEO auto", "s3": "Physics auto"}, links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ID_AMBIGUOUS"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"waiting SECTION_UNLINKED"}, c.messages(sis.Registrations, "s7|ann")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if len(lms.users) != 0 {
		t.Errorf("accounts %v before the first registration in a linked section", lms.names())
	}
}

func TestACourseThatWasMadeForAnotherSectionIsNotMeantByAClassCode(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})

	from.remove(sis.Sections, "s1") // the class of last year, whose course is called ALG
	from.add(term("next", "2027-09-01", "2028-01-15"), class("s9", "ALG", "next"), registration("r9", "s9", "bob"))
	c.must(roster.Args{})

	if diff := cmp.Diff([]string{"ALG", "ALG (Term next)", "GEO"}, shortnames(lms)); diff != "" {
		t.Errorf("short names (-want +got):\n%s", diff)
	}
}

func TestNoNewCourseIsMadeBesideSeveralThatCouldBeMeant(t *testing.T) {
	t.Parallel()
	lms := newLMS(sis.Course{Shortname: "ALG"}, sis.Course{Key: "ALG", Shortname: "Algebra"})
	c := newCampus(t, small(), lms)

	got := c.must(roster.Args{})

	if diff := cmp.Diff([]string{"ALG", "Algebra", "GEO"}, shortnames(lms)); diff != "" {
		t.Errorf("short names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ID_AMBIGUOUS"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"waiting ID_AMBIGUOUS"}, c.messages(sis.Registrations, "s1|ann")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestASectionIsLinkedByHandByWhateverNamesTheCourse(t *testing.T) {
	t.Parallel()
	for name, course := range map[string]string{"id number": "algebra-2026", "short name": "Algebra", "id": "1"} {
		t.Run(name, func(t *testing.T) {
			lms := newLMS(sis.Course{Key: "algebra-2026", Shortname: "Algebra"})
			c := newCampus(t, small(), lms, noCourses)
			c.must(roster.Args{})

			if o := c.follow(roster.LinkSection, roster.LinkArgs{Sync: "main", Section: "s1", Course: course}); o.err != nil {
				t.Fatal(o.err)
			}
			c.must(roster.Args{})

			if len(lms.places) != 2 {
				t.Errorf("roster = %v, want ann and bob", lms.roster())
			}
		})
	}
}

func TestAnUnlinkedSectionIsNotLinkedAgainByItself(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	before := lms.roster()

	if o := c.follow(roster.UnlinkSection, roster.UnlinkArgs{Sync: "main", Section: "s1", Reason: "taught elsewhere"}); o.err != nil {
		t.Fatal(o.err)
	}
	from.remove(sis.Registrations, "r1")
	from.add(student("new"), registration("r9", "s1", "new"))
	c.must(roster.Args{})

	if diff := cmp.Diff(before, lms.roster()); diff != "" {
		t.Errorf("roster (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"waiting SECTION_UNLINKED"}, c.messages(sis.Registrations, "new")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestRefusesToLinkWhatIsNotThere(t *testing.T) {
	t.Parallel()
	lms := newLMS(sis.Course{Shortname: "ALG"}, sis.Course{Shortname: "X", Key: "twice"}, sis.Course{Shortname: "Y", Key: "twice"})
	c := newCampus(t, small(), lms, noCourses)
	c.must(roster.Args{})
	for name, tt := range map[string]struct {
		args roster.LinkArgs
		says string
	}{
		"an unknown sync":    {roster.LinkArgs{Sync: "other", Section: "s1", Course: "ALG"}, `There is no sync "other"`},
		"an unknown section": {roster.LinkArgs{Sync: "main", Section: "s99", Course: "ALG"}, `no section "s99"`},
		"an unknown course":  {roster.LinkArgs{Sync: "main", Section: "s1", Course: "NONE"}, `"NONE"`},
		"two courses":        {roster.LinkArgs{Sync: "main", Section: "s1", Course: "twice"}, "2 courses"},
		"no course":          {roster.LinkArgs{Sync: "main", Section: "s1"}, "argument course must not be empty"},
	} {
		t.Run(name, func(t *testing.T) {
			o := c.follow(roster.LinkSection, tt.args)
			if !tasks.IsPermanent(o.err) || !strings.Contains(o.err.Error(), tt.says) {
				t.Errorf("error = %v, want a permanent one with %q", o.err, tt.says)
			}
		})
	}
}

func TestFirstTimeStudentsAreOrientedOnce(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS(sis.Course{Shortname: "ORIENT"})
	from.add(sis.Record{Key: "r5", Registration: &sis.Registration{Key: "r5", Section: "s1", Person: "tom", Role: sis.Teacher}})
	c := newCampus(t, from, lms, func(s *sync.Sync) { s.OrientationCourse = "ORIENT" })
	c.must(roster.Args{})
	oriented := func() (n int) {
		for _, line := range lms.roster() {
			if strings.HasPrefix(line, "ORIENT ") {
				n++
			}
		}
		return n
	}
	if oriented() != 2 || !contains(lms.roster(), "ORIENT ann student") {
		t.Errorf("roster = %v, want ann and bob in ORIENT, without dates", lms.roster())
	}
	clear(lms.places) // by a person, in the LMS
	from.add(registration("r9", "s2", "bob"), student("new"), registration("r10", "s2", "new"))

	c.must(roster.Args{})

	if oriented() != 1 || !contains(lms.roster(), "ORIENT new student") {
		t.Errorf("roster = %v, want only new in ORIENT", lms.roster())
	}
}

func aMissingOrientationCourse(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampus(t, small(), lms, func(s *sync.Sync) { s.OrientationCourse = "ORIENT" })

	got := c.must(roster.Args{})

	if len(lms.places) != 3 {
		t.Errorf("roster = %v, want three enrolments", lms.roster())
	}
	if codes := slices.Compact(got.codes()); !cmp.Equal([]string{"COURSE_GONE"}, codes) {
		t.Errorf("record errors = %v", got.errors)
	}
	failed, err := c.ledger.SISEffects(t.Context(), c.plan().ID, sync.EffectFilter{Op: sync.Orient, State: sync.EffectFailed})
	if err != nil || len(failed) != 2 {
		t.Errorf("failed effects = %v, %v; want two", failed, err)
	}

	lms.courses = append(lms.courses, sis.Course{ID: lms.id(), Shortname: "ORIENT"})
	c.must(roster.Args{})

	if !contains(lms.roster(), "ORIENT ann student") || !contains(lms.roster(), "ORIENT bob student") {
		t.Errorf("roster = %v, want what is owed", lms.roster())
	}
}
