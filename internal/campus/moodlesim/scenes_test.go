package moodlesim_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
)

// scenes are what the recorded Moodle held when a function was called, beside
// what it held at first.
var scenes = map[string]func(*moodlesim.Site){
	"core_cohort_add_cohort_members":                   withCohort,
	"core_cohort_get_cohort_members":                   withCohort,
	"core_cohort_search_cohorts":                       withCohort,
	"core_completion_get_activities_completion_status": orientation,
	"core_course_get_contents":                         orientation,
	"core_course_get_updates_since":                    orientation,
	"core_course_get_recent_courses":                   orientation,
	"core_user_get_course_user_profiles":               orientation,
	"core_course_update_courses":                       withPhysics,
	"core_group_add_group_members":                     withGroup,
	"core_group_get_course_groups":                     withGroup,
	"core_reportbuilder_list_reports":                  withReport,
	"core_reportbuilder_retrieve_report":               withReport,
	"core_role_assign_roles":                           withStudent422,
	"core_role_unassign_roles":                         withStudent422,
	"core_user_delete_users":                           withDisposable,
}

// moments are what was so for a single call.
var moments = map[string]func(*moodlesim.Site){
	"add_cohort_members_again":                     cohortWith(128),
	"get_cohort_members":                           cohortWith(128, 129),
	"create_cohorts_err_idnumber_taken":            withCohort,
	"create_categories_err_idnumber_taken":         withSpring,
	"create_categories_same_name_ok":               withSpring,
	"create_groups_err_name_taken":                 withGroup,
	"add_group_members_again_ok":                   groupWith(128),
	"delete_users_again_err":                       func(site *moodlesim.Site) { site.DeleteUser(245) },
	"send_instant_messages_again_not_deduplicated": messagesTo(128),
	"send_instant_messages_err_default_textformat": messagesTo(128, 128, 129, 129),
	"get_enrolled_users_lastcourseaccess":          visited,
	"enrol_1800_silently_truncated_to_1666": func(site *moodlesim.Site) {
		for n := range 1800 {
			u := numbered("mf", n)
			u.ID = 1468 + n
			site.AddUser(u)
		}
	},
	"update_courses_shortname_taken_warning": func(site *moodlesim.Site) {
		site.AddCourse(moodlesim.Course{ID: 8, Category: 5, Shortname: "PHYS320", Fullname: "Physics 320"})
	},
}

func withSpring(site *moodlesim.Site) {
	site.AddCategory(moodlesim.Category{ID: 5, Name: "Spring 2027", Idnumber: "2027SP"})
}

func withPhysics(site *moodlesim.Site) {
	withSpring(site)
	site.AddCourse(moodlesim.Course{ID: 6, Category: 5, Shortname: "PHYS301", Fullname: "Physics", Idnumber: "PHYS-301-2027SP-01"})
}

func withCohort(site *moodlesim.Site) {
	site.AddCohort(moodlesim.Cohort{Name: "Class of 2030", Idnumber: "CLS2030"})
}

// cohortWith adds members to the cohort, once it is there.
func cohortWith(members ...int) func(*moodlesim.Site) {
	return func(site *moodlesim.Site) { site.JoinCohort(1, members...) }
}

func withGroup(site *moodlesim.Site) {
	site.AddEnrolment(student(2, 128))
	site.AddGroup(moodlesim.Group{ID: 1, Course: 2, Name: "Section 01", Idnumber: "BIO-101-2026FA-01-S1"})
}

func groupWith(members ...int) func(*moodlesim.Site) {
	return func(site *moodlesim.Site) { site.JoinGroup(1, members...) }
}

func messagesTo(people ...int) func(*moodlesim.Site) {
	return func(site *moodlesim.Site) {
		for _, id := range people {
			site.AddMessage(id, "Hello from SIS")
		}
	}
}

func visited(site *moodlesim.Site) { site.Visit(5, 418, time.Unix(1795317580, 0)) }

// orientation is the course with a page, which one student has seen, and a
// forum.
func orientation(site *moodlesim.Site) {
	fiveHundred(site)
	site.AddEnrolment(student(5, 418))
	site.AddEnrolment(student(5, 420))
	visited(site)
	added := time.Unix(1795317580, 0)
	site.AddActivity(moodlesim.Activity{ID: 22, Course: 5, Topic: 1, Module: "page", Instance: 1, Name: "Welcome page", Tracked: true, Changed: added})
	site.AddActivity(moodlesim.Activity{ID: 23, Course: 5, Topic: 1, Module: "forum", Instance: 22, Name: "Orientation forum", Tracked: true, Changed: added})
	site.Complete(22, 418, time.Unix(1795317581, 0))
}

// withReport is a report over the 2,329 enrolments that there were by then.
func withReport(site *moodlesim.Site) {
	site.AddReport(moodlesim.Report{ID: 1, Name: "SIS last access"})
	for _, u := range site.Users() {
		switch u.ID {
		case 128:
			u.Idnumber = "SISS00002"
			site.AddUser(u)
		}
	}
	for _, id := range []int{129, 128, 130} {
		site.AddEnrolment(student(2, id))
	}
	for n := range 1163 {
		u := site.AddUser(numbered("m", n))
		site.AddEnrolment(student(3, u.ID))
		site.AddEnrolment(student(5, u.ID))
	}
}

func withStudent422(site *moodlesim.Site) {
	fiveHundred(site)
	site.AddEnrolment(student(2, 422))
}

// withDisposable are the accounts that were made to be deleted.
func withDisposable(site *moodlesim.Site) {
	for n, id := range []int{245, 246, 247, 363, 364} {
		u := numbered("d", n)
		u.ID = id
		site.AddUser(u)
	}
}

// numbered is an account like those that the recordings made by the dozen.
func numbered(prefix string, n int) moodlesim.User {
	name := fmt.Sprintf("%s%05d", prefix, n)
	return moodlesim.User{
		Username: name, Firstname: fmt.Sprint("First", n), Lastname: fmt.Sprint("Last", n),
		Email: name + "@example.invalid", Idnumber: "SIS" + strings.ToUpper(name),
	}
}
