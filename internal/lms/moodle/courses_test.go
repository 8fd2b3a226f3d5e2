package moodle_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func sections(n int) []sis.Course {
	courses := make([]sis.Course, n)
	for i := range courses {
		number := strconv.Itoa(i)
		courses[i] = sis.Course{
			Key: "S" + number, Shortname: "SHORT " + number, Fullname: "Section " + number,
			Start: time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC), End: time.Date(2026, 12, 19, 5, 0, 0, 0, time.UTC),
		}
	}
	return courses
}

func TestCreatesCoursesInTheFirstCategory(t *testing.T) {
	c := newCampus(t)
	courses := sections(84)
	written, err := c.CreateCourses(t.Context(), courses)
	wantCodes(t, written, err, map[int]string{})

	found, err := c.Target.Courses(t.Context(), sis.CourseByKey, []string{"S7", "s8", "nothing", ""})
	if err != nil {
		t.Fatal(err)
	}
	want := courses[7]
	want.ID, want.Category = written[7].ID, "1"
	if diff := cmp.Diff([]sis.Course{want}, found); diff != "" {
		t.Errorf("courses with key S7 (-want +got):\n%s", diff)
	}
}

func TestFindsCoursesByIDAlsoWhenSomeAreGone(t *testing.T) {
	c := newCampus(t)
	written, err := c.CreateCourses(t.Context(), sections(60))
	wantCodes(t, written, err, map[int]string{})
	ids := []string{"1", "abc", "99999"}
	for _, w := range written {
		ids = append(ids, w.ID)
	}
	found, err := c.Target.Courses(t.Context(), sis.CourseByID, ids)
	if err != nil || len(found) != 60 {
		t.Errorf("found %d courses (%v), want 60: neither the front page nor the others exist as courses", len(found), err)
	}
}

func TestCreatesNoCourseTwiceWhenAnswersGetLost(t *testing.T) {
	c := newCampus(t)
	// Busy seldom: four calls go on at once, and none is to meet it four times.
	c.SetFaults(moodlesim.Faults{CutEvery: 2, BusyEvery: 50})
	written, err := c.CreateCourses(t.Context(), sections(170))
	wantCodes(t, written, err, map[int]string{})
	again, err := c.CreateCourses(t.Context(), sections(170))
	wantCodes(t, again, err, map[int]string{})
	if diff := cmp.Diff(written, again); diff != "" {
		t.Errorf("the second time (-first +second):\n%s", diff)
	}
	if got := len(c.Site.Courses()); got != 170 {
		t.Errorf("%d courses, want 170", got)
	}
}

func TestFindsTheBadCoursesOfABatchAndHurtsNobodyElse(t *testing.T) {
	c := newCampus(t)
	c.AddCourse(moodlesim.Course{Shortname: "SHORT 5", Fullname: "By hand", Idnumber: "hand"})
	c.AddCourse(moodlesim.Course{Shortname: "other", Fullname: "By hand", Idnumber: "s6"})
	mine := c.AddCourse(moodlesim.Course{Shortname: "renamed", Fullname: "By hand", Idnumber: "S7"})
	courses := sections(50)
	courses[9].Shortname = courses[8].Shortname
	courses[10].Category = "99"
	courses[11].End = courses[11].Start.AddDate(-1, 0, 0)
	courses[12].Fullname = ""

	written, err := c.CreateCourses(t.Context(), courses)

	wantCodes(t, written, err, map[int]string{
		5: "SHORTNAME_TAKEN", 6: "KEY_TAKEN", 9: "SHORTNAME_TAKEN", 10: "CATEGORY_GONE", 11: "TGT_REFUSED", 12: "REQ_FIELD_MISSING",
	})
	if got := written[7].ID; got != strconv.Itoa(mine.ID) {
		t.Errorf("course with the key S7 = %s, want the one that was there, %d", got, mine.ID)
	}
	if got := len(c.Site.Courses()); got != 3+50-7 {
		t.Errorf("%d courses, want %d", got, 3+50-7)
	}
}

func TestReturnsAllCoursesThatShareAKey(t *testing.T) {
	c := newCampus(t)
	for _, name := range []string{"A", "B"} {
		c.AddCourse(moodlesim.Course{Shortname: name, Fullname: name, Idnumber: "S1"})
	}
	found, err := c.Target.Courses(t.Context(), sis.CourseByKey, []string{"S1"})
	names := []string{}
	for _, course := range found {
		names = append(names, course.Shortname)
	}
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"A", "B"}) {
		t.Errorf("found %v (%v), want A and B", names, err)
	}
}
