package moodle_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// term is a campus with that many users and courses, and their ids.
func term(t *testing.T, users, courses int) (c campus, userIDs, courseIDs []string) {
	t.Helper()
	c = newCampus(t)
	for i := range users {
		u := person(i)
		made := c.AddUser(moodlesim.User{Username: "u" + strconv.Itoa(i), Email: u.Email, Idnumber: u.Key, Firstname: "A", Lastname: "B"})
		userIDs = append(userIDs, strconv.Itoa(made.ID))
	}
	for i := range courses {
		name := "C" + strconv.Itoa(i)
		courseIDs = append(courseIDs, strconv.Itoa(c.AddCourse(moodlesim.Course{Shortname: name, Fullname: name, Idnumber: name}).ID))
	}
	return c, userIDs, courseIDs
}

// everybody is each user's place in each course.
func everybody(users, courses []string) []sis.Enrolment {
	var all []sis.Enrolment
	for _, course := range courses {
		for _, user := range users {
			all = append(all, sis.Enrolment{Course: course, User: user, Role: sis.Student})
		}
	}
	return all
}

func TestMakes1800Enrolments(t *testing.T) {
	c, users, courses := term(t, 300, 6)
	written, err := c.Enrol(t.Context(), everybody(users, courses))
	wantCodes(t, written, err, map[int]string{})
	calls := 0
	for _, count := range c.Calls() {
		calls += count
	}
	if got := len(c.Enrolments()); got != 1800 || float64(calls) > 0.05*1800 {
		t.Errorf("%d enrolments in %d calls, want 1800 in 90 at most", got, calls)
	}
}

func TestEnrolmentsSurviveLostAnswers(t *testing.T) {
	c, users, courses := term(t, 100, 3)
	c.SetFaults(moodlesim.Faults{CutEvery: 3, BusyEvery: 4, CollideEvery: 5})
	written, err := c.Enrol(t.Context(), everybody(users, courses))
	wantCodes(t, written, err, map[int]string{})
	if got := len(c.Enrolments()); got != 300 {
		t.Errorf("%d enrolments, want 300", got)
	}
}

func TestMakesAnEnrolmentWhatItSays(t *testing.T) {
	c, users, courses := term(t, 1, 1)
	course, _ := strconv.Atoi(courses[0])
	user, _ := strconv.Atoi(users[0])
	start, end := time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC), time.Date(2026, 12, 19, 5, 0, 0, 0, time.UTC)
	base := sis.Enrolment{Course: courses[0], User: users[0], Role: sis.Student}
	dated, suspended, teaching := base, base, base
	dated.Start, dated.End = start, end
	suspended.Start, suspended.Suspended = start, true
	teaching.Role = sis.Teacher
	for _, step := range []struct {
		name string
		set  sis.Enrolment
		want moodlesim.Enrolment
	}{
		{"dates", dated, moodlesim.Enrolment{Roles: []int{5}, Status: moodlesim.Active, Start: start, End: end}},
		{"suspended", suspended, moodlesim.Enrolment{Roles: []int{5}, Status: moodlesim.Suspended, Start: start}},
		{"active and without dates", base, moodlesim.Enrolment{Roles: []int{5}, Status: moodlesim.Active}},
		{"a second role", teaching, moodlesim.Enrolment{Roles: []int{5, 3}, Status: moodlesim.Active}},
	} {
		written, err := c.Enrol(t.Context(), []sis.Enrolment{step.set})
		wantCodes(t, written, err, map[int]string{})
		step.want.Course, step.want.User = course, user
		if diff := cmp.Diff([]moodlesim.Enrolment{step.want}, c.Enrolments()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

func TestFindsTheBadEnrolmentsOfABatchAndHurtsNobodyElse(t *testing.T) {
	c, users, courses := term(t, 98, 2)
	all := everybody(users, courses[:1])
	all[3].User = "99999"
	all[40].User = "zz"
	all[41].Course = "99999"
	all[42].Course = "abc"
	closed := c.AddCourse(moodlesim.Course{Shortname: "closed", Fullname: "Closed", NoManual: true})
	all[43].Course = strconv.Itoa(closed.ID)
	all[44].Role = "librarian"
	gone, _ := strconv.Atoi(users[60])
	c.DeleteUser(gone)

	written, err := c.Enrol(t.Context(), all)

	wantCodes(t, written, err, map[int]string{
		3: "USER_GONE", 40: "USER_GONE", 41: "COURSE_GONE", 42: "COURSE_GONE", 43: "COURSE_CLOSED", 44: "CONFIG_INVALID", 60: "USER_GONE",
	})
	if got := len(c.Enrolments()); got != 91 {
		t.Errorf("%d enrolments, want 91", got)
	}
}

func TestADeletedCourseCostsFewCalls(t *testing.T) {
	c, users, courses := term(t, 500, 2)
	gone, _ := strconv.Atoi(courses[0])
	c.DeleteCourse(gone)
	written, err := c.Enrol(t.Context(), everybody(users, courses))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(codes(written)); got != 500 || len(c.Enrolments()) != 500 {
		t.Errorf("%d refused and %d made, want 500 each", got, len(c.Enrolments()))
	}
	if calls := c.WriteCalls()["enrol_manual_enrol_users"]; calls > 25 {
		t.Errorf("%d calls that enrol, want 20 and a few", calls)
	}
}

func TestARefusedRoleCostsFewCalls(t *testing.T) {
	site := moodlesim.New(moodlesim.Options{Token: secret})
	m := target(t, site, moodle.Config{Token: secret, Roles: map[sis.Role]int{sis.Student: 5, sis.Teacher: 1}})
	course := strconv.Itoa(site.AddCourse(moodlesim.Course{Shortname: "C", Fullname: "C"}).ID)
	var all []sis.Enrolment
	for i := range 50 {
		user := strconv.Itoa(site.AddUser(moodlesim.User{Username: "u" + strconv.Itoa(i), Email: "u@example.edu"}).ID)
		all = append(all, sis.Enrolment{Course: course, User: user, Role: []sis.Role{sis.Student, sis.Teacher}[i%2]})
	}
	written, err := m.Enrol(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range written {
		if (w.Err != nil) != (i%2 == 1) {
			t.Errorf("enrolment %d as %s: error = %v", i, all[i].Role, w.Err)
		}
	}
	if calls := site.WriteCalls()["enrol_manual_enrol_users"]; calls != 2 {
		t.Errorf("%d calls, want the refused one and one for the rest", calls)
	}
}
