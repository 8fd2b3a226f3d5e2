package moodle_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func roster(t *testing.T, c campus, course string) []sis.Enrolment {
	t.Helper()
	var places []sis.Enrolment
	if err := c.Roster(t.Context(), course, func(e sis.Enrolment) error { places = append(places, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return places
}

func number(id string) int { n, _ := strconv.Atoi(id); return n }

func TestTellsWhoIsInACourseWhoeverPutThemThere(t *testing.T) {
	c, users, courses := term(t, 4, 2)
	course := number(courses[0])
	c.AddEnrolment(moodlesim.Enrolment{Course: course, User: number(users[0]), Roles: []int{5, 4}})
	c.AddEnrolment(moodlesim.Enrolment{Course: course, User: number(users[1]), Roles: []int{5}, Status: moodlesim.Suspended})
	c.AddEnrolment(moodlesim.Enrolment{Course: course, User: number(users[2])})
	c.AddEnrolment(moodlesim.Enrolment{Course: number(courses[1]), User: number(users[3]), Roles: []int{3}})
	want := []sis.Enrolment{
		{Course: courses[0], User: users[0], Role: sis.Student},
		{Course: courses[0], User: users[0], Role: sis.Assistant},
		{Course: courses[0], User: users[1], Role: sis.Student, Suspended: true},
		{Course: courses[0], User: users[2]},
	}
	if diff := cmp.Diff(want, roster(t, c, courses[0])); diff != "" {
		t.Errorf("roster (-want +got):\n%s", diff)
	}
}

func TestReadsALargeCourseInPages(t *testing.T) {
	c, users, courses := term(t, 1201, 1)
	for _, user := range users {
		c.AddEnrolment(moodlesim.Enrolment{Course: number(courses[0]), User: number(user), Roles: []int{5}})
	}
	c.ResetCounts()
	places := roster(t, c, courses[0])
	if len(places) != 1201 || places[1200].User != users[1200] {
		t.Errorf("%d places, want 1201 to the last one", len(places))
	}
	if calls := c.Calls()["core_enrol_get_enrolled_users"]; calls > 6 {
		t.Errorf("%d calls, want 4 pages and one for the suspended", calls)
	}
}

func TestRow30TheRosterOfADeletedCourseIsCourseGone(t *testing.T) {
	c, _, courses := term(t, 0, 1)
	c.DeleteCourse(number(courses[0]))
	for _, course := range []string{courses[0], "abc"} {
		err := c.Roster(t.Context(), course, func(sis.Enrolment) error { return nil })
		if got := codes([]sis.Written{{Err: err}})[0]; got != "COURSE_GONE" {
			t.Errorf("course %s: error = %v, want COURSE_GONE", course, err)
		}
	}
}

func TestRow20TakingOneRoleLeavesTheOther(t *testing.T) {
	c, users, courses := term(t, 3, 1)
	start := time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC)
	student := sis.Enrolment{Course: courses[0], User: users[0], Role: sis.Student, Start: start}
	assistant := student
	assistant.Role = sis.Assistant
	written, err := c.Enrol(t.Context(), []sis.Enrolment{student, assistant})
	wantCodes(t, written, err, map[int]string{})

	elsewhere, stranger := student, student
	elsewhere.Course, stranger.User = "99999", users[1]
	written, err = c.RemoveRoles(t.Context(), []sis.Enrolment{student, elsewhere, stranger})

	wantCodes(t, written, err, map[int]string{1: "COURSE_GONE"})
	want := []moodlesim.Enrolment{{
		Course: number(courses[0]), User: number(users[0]), Roles: []int{moodlesim.RoleTeacher}, Status: moodlesim.Active, Start: start,
	}}
	if diff := cmp.Diff(want, c.Enrolments()); diff != "" {
		t.Errorf("enrolments (-want +got):\n%s", diff)
	}
}

func TestSuspendingAndReturningKeepsDatesAndOtherPeople(t *testing.T) {
	c, users, courses := term(t, 2, 1)
	start, end := time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC), time.Date(2026, 12, 19, 5, 0, 0, 0, time.UTC)
	c.AddEnrolment(moodlesim.Enrolment{Course: number(courses[0]), User: number(users[1]), Roles: []int{5}}) // by hand
	e := sis.Enrolment{Course: courses[0], User: users[0], Role: sis.Student, Start: start, End: end}
	for _, suspended := range []bool{false, true, false} {
		e.Suspended = suspended
		written, err := c.Enrol(t.Context(), []sis.Enrolment{e})
		wantCodes(t, written, err, map[int]string{})
		mine, hand := c.Enrolments()[0], c.Enrolments()[1]
		if !mine.Start.Equal(start) || !mine.End.Equal(end) || (mine.Status == moodlesim.Suspended) != suspended {
			t.Errorf("suspended %v: %+v, want the dates it had", suspended, mine)
		}
		if hand.Status != moodlesim.Active {
			t.Errorf("row 29: what was enrolled by hand became %+v", hand)
		}
	}
}

func TestUnenrollingIsSafeToRepeat(t *testing.T) {
	c, users, courses := term(t, 30, 1)
	all := everybody(users, courses)
	written, err := c.Enrol(t.Context(), all)
	wantCodes(t, written, err, map[int]string{})
	for range 2 {
		written, err = c.Unenrol(t.Context(), all[:20])
		wantCodes(t, written, err, map[int]string{})
	}
	if got := len(c.Enrolments()); got != 10 {
		t.Errorf("%d enrolments, want the other 10", got)
	}
}

func TestRow30AFullCourseTakesWhomItCan(t *testing.T) {
	c, users, courses := term(t, 40, 1)
	full := c.AddCourse(moodlesim.Course{Shortname: "full", Fullname: "Full", Places: 3})
	all := append(everybody(users, courses), everybody(users[:5], []string{strconv.Itoa(full.ID)})...)
	written, err := c.Enrol(t.Context(), all)
	wantCodes(t, written, err, map[int]string{43: "COURSE_FULL", 44: "COURSE_FULL"})
	if got := len(c.Enrolments()); got != 43 {
		t.Errorf("%d enrolments, want all 40 of the other course and 3", got)
	}
}

func TestRow30AHiddenCourseTakesPeopleAsAnyOther(t *testing.T) {
	c, users, _ := term(t, 2, 0)
	hidden := c.AddCourse(moodlesim.Course{Shortname: "hidden", Fullname: "Hidden", Hidden: true})
	written, err := c.Enrol(t.Context(), everybody(users, []string{strconv.Itoa(hidden.ID)}))
	wantCodes(t, written, err, map[int]string{})
}

func TestRow22AnEnrolmentThatHasEndedIsWrittenAsItIs(t *testing.T) {
	c, users, courses := term(t, 1, 1)
	ended := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	written, err := c.Enrol(t.Context(), []sis.Enrolment{{Course: courses[0], User: users[0], Role: sis.Student, End: ended}})
	wantCodes(t, written, err, map[int]string{})
	if got := c.Enrolments()[0]; !got.End.Equal(ended) || got.Status != moodlesim.Active {
		t.Errorf("enrolment = %+v, want its end in the past and no suspension that nobody asked for", got)
	}
}

func groupOf(course string, n int) sis.Group {
	return sis.Group{Course: course, Key: fmt.Sprint("S-", n), Name: fmt.Sprint("Section ", n)}
}

func TestMakesAGroupOnceAndLeavesThoseOfOthersAlone(t *testing.T) {
	c, _, courses := term(t, 0, 2)
	c.AddGroup(moodlesim.Group{Course: number(courses[0]), Name: "Section 1"}) // by hand
	groups := []sis.Group{groupOf(courses[0], 1), groupOf(courses[0], 2), groupOf(courses[1], 1), groupOf("99999", 1)}
	first, err := c.EnsureGroups(t.Context(), groups)
	wantCodes(t, first, err, map[int]string{3: "COURSE_GONE"})
	again, err := c.EnsureGroups(t.Context(), groups)
	wantCodes(t, again, err, map[int]string{3: "COURSE_GONE"})
	for i := range 3 {
		if first[i].ID == "" || first[i].ID != again[i].ID {
			t.Errorf("group %d has id %q, then %q", i, first[i].ID, again[i].ID)
		}
	}
	var names []string
	for _, g := range c.State().Groups {
		names = append(names, g.Name)
	}
	if diff := cmp.Diff([]string{"Section 1", "Section 1 (S-1)", "Section 2", "Section 1"}, names); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestGroupsSurviveLostAnswers(t *testing.T) {
	c, _, courses := term(t, 0, 1)
	var groups []sis.Group
	for n := range 120 {
		groups = append(groups, groupOf(courses[0], n))
	}
	c.SetFaults(moodlesim.Faults{CutEvery: 2})
	written, err := c.EnsureGroups(t.Context(), groups)
	wantCodes(t, written, err, map[int]string{})
	if got := len(c.State().Groups); got != 120 {
		t.Errorf("%d groups, want 120", got)
	}
}

func TestRow11AMoveBetweenSectionsOfOneCourseMovesTheGroup(t *testing.T) {
	c, users, courses := term(t, 3, 1)
	enrolled, err := c.Enrol(t.Context(), everybody(users[:2], courses))
	wantCodes(t, enrolled, err, map[int]string{})
	groups, err := c.EnsureGroups(t.Context(), []sis.Group{groupOf(courses[0], 1), groupOf(courses[0], 2)})
	wantCodes(t, groups, err, map[int]string{})
	from, to := groups[0].ID, groups[1].ID
	for range 2 {
		written, err := c.SetMembers(t.Context(), []sis.Membership{
			{Group: from, User: users[0], Gone: true},
			{Group: to, User: users[0]},
			{Group: from, User: users[1]},
			{Group: to, User: users[2]},
			{Group: "99999", User: users[0]},
			{Group: to, User: "99999"},
			{Group: "x", User: users[0], Gone: true},
		})
		wantCodes(t, written, err, map[int]string{3: "NOT_ENROLLED", 4: "GROUP_GONE", 5: "USER_GONE", 6: "GROUP_GONE"})
	}
	got := c.State().Groups
	if diff := cmp.Diff([][]int{{number(users[1])}, {number(users[0])}}, [][]int{got[0].Members, got[1].Members}); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestMakesCohortsAndFillsThem(t *testing.T) {
	c, users, _ := term(t, 3, 0)
	cohorts := []sis.Cohort{{Key: "CLS2030", Name: "Class of 2030"}, {Key: "CLS2031", Name: "Class of 2031"}}
	first, err := c.EnsureCohorts(t.Context(), cohorts[:1])
	wantCodes(t, first, err, map[int]string{})
	both, err := c.EnsureCohorts(t.Context(), cohorts)
	wantCodes(t, both, err, map[int]string{})
	if both[0].ID != first[0].ID || both[1].ID == "" {
		t.Fatalf("cohorts = %v, then %v", first, both)
	}
	for range 2 {
		written, err := c.SetCohortMembers(t.Context(), []sis.Membership{
			{Group: both[0].ID, User: users[0]},
			{Group: both[0].ID, User: users[1]},
			{Group: both[1].ID, User: users[2], Gone: true},
			{Group: "99", User: users[0]},
			{Group: both[0].ID, User: "99999"},
			{Group: "98", User: users[0], Gone: true},
		})
		wantCodes(t, written, err, map[int]string{3: "COHORT_GONE", 4: "USER_GONE", 5: "COHORT_GONE"})
	}
	if diff := cmp.Diff([]int{number(users[0]), number(users[1])}, c.State().Cohorts[0].Members); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}
