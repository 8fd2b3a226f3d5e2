package moodlesim_test

import (
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
)

// prepare makes the state that a transcript presupposes.
func prepare(site *moodlesim.Site, tr transcript) {
	seed(site)
	switch tr.Case {
	case "create_users_err_username_exists", "create_users_err_email_exists", "create_users_duplicate_idnumber_accepted",
		"dbg_create_users_err_username_exists", "dbg_create_users_err_email_exists":
		first(site, 128)
	case "create_users_50_one_duplicate_email", "create_users_50_one_existing_username",
		"dbg_create_users_50_one_duplicate_email", "dbg_create_users_50_one_existing_username":
		first(site, 128, 129)
	case "retry_after_client_timeout":
		for n := range 60 {
			site.AddUser(numbered("ct", n))
		}
	case "create_courses_err_shortname_taken", "create_courses_err_idnumber_taken", "create_courses_batch_one_bad_atomic":
		site.AddCourse(moodlesim.Course{ID: 6, Shortname: "PHYS301", Idnumber: "PHYS-301-2027SP-01", Category: 5})
	case "get_users_by_field_deleted", "update_users_deleted_warning":
		site.AddUser(moodlesim.User{
			ID: 245, Username: "d00000@example.invalid.1795316688", Firstname: "First0", Lastname: "Last0",
			Email: "24ec3d02a74b16b040f8acded49242d6", Deleted: true,
		})
	case "get_users_by_field_unicode":
		site.AddUser(moodlesim.User{
			ID: 249, Username: "s00916", Firstname: "Zoë", Lastname: "O'Brien & Sön 漢字 😀", Email: "s00916@example.invalid", Idnumber: "SISS00916",
		})
	}
	switch {
	case tr.Function == "core_course_create_courses":
		site.AddCategory(moodlesim.Category{ID: 5, Name: "Spring 2027", Idnumber: "2027SP"})
	case strings.HasPrefix(tr.Function, "core_enrol_"):
		first(site, 128, 129, 130)
		tour(site)
	case strings.Contains(tr.Function, "_create_"):
	case strings.Contains(tr.Case, "perf_"), strings.Contains(tr.Case, "enc_"):
		fiveHundred(site)
	default:
		first(site, 128, 129, 130, 131, 132, 133)
	}
	switch tr.Case {
	case "get_users_by_field_idnumber_case", "update_users_duplicate_email_other_case", "update_users_weak_password":
		fiveHundred(site)
	case "get_enrolled_users_lastcourseaccess", "perf_get_enrolled_users_500", "perf_get_enrolled_users_500_idonly":
		fiveHundred(site)
		for id := range 500 {
			site.AddEnrolment(student(5, 417+id))
		}
	case "update_users_batch_weak_password_exception_but_partly_done":
		for _, id := range []int{3706, 3707, 3708} {
			site.AddUser(moodlesim.User{ID: id, Username: "y" + strconv.Itoa(id), Firstname: "A", Lastname: "B", Email: strconv.Itoa(id) + "@example.invalid"})
		}
	case "get_users_lastname_wildcard":
		rename(site)
		for id, n := range map[int]string{246: "1", 247: "2", 248: "0"} {
			site.AddUser(moodlesim.User{
				ID: id, Username: "d0000" + n, Firstname: "First" + n, Lastname: "Last" + n, Email: "d0000" + n + "@example.invalid", Idnumber: "SISD0000" + n,
			})
		}
	}
	if scene := scenes[tr.Function]; scene != nil {
		scene(site)
	}
	if moment := moments[tr.Case]; moment != nil {
		moment(site)
	}
}

// seed is what the recorded Moodle held at first.
func seed(site *moodlesim.Site) {
	site.AddCategory(moodlesim.Category{ID: 2, Name: "Fall 2026", Idnumber: "2026FA"})
	site.AddCategory(moodlesim.Category{ID: 3, Name: "Biology", Idnumber: "2026FA-BIO", Parent: 2})
	site.AddCategory(moodlesim.Category{ID: 4, Name: "Chemistry", Idnumber: "2026FA-CHEM", Parent: 2})
	for _, c := range []moodlesim.Course{
		{ID: 2, Category: 3, Shortname: "BIO101-01 26FA", Idnumber: "BIO-101-2026FA-01", Fullname: "Biology 101 section 01 (Fall 2026)"},
		{ID: 3, Category: 3, Shortname: "BIO101-02 26FA", Idnumber: "BIO-101-2026FA-02", Fullname: "Biology 101 section 02 (Fall 2026)"},
		{ID: 4, Category: 4, Shortname: "CHEM201-01 26FA", Idnumber: "CHEM-201-2026FA-01", Fullname: "Chemistry 201 (Fall 2026)"},
		{ID: 5, Category: 2, Shortname: "ORIENT 26FA", Idnumber: "ORIENT-2026FA", Fullname: "Orientation Fall 2026"},
	} {
		c.Start, c.End = time.Unix(1788130800, 0), time.Unix(1797638400, 0)
		site.AddCourse(c)
	}
}

// first adds those of the first accounts that the recorded Moodle had.
func first(site *moodlesim.Site, ids ...int) {
	for _, id := range ids {
		n := map[int]string{128: "1", 129: "2", 130: "3", 131: "4", 132: "902", 133: "915"}[id]
		name := "s00000"[:6-len(n)] + n
		u := moodlesim.User{
			ID: id, Username: name, Firstname: "First" + n, Lastname: "Last" + n, Email: name + "@example.invalid", Idnumber: "SIS" + strings.ToUpper(name),
		}
		switch id {
		case 129:
			u.Department, u.Institution, u.City, u.Country, u.Timezone = "Biology", "Demo U", "Boston", "US", "America/New_York"
		case 131:
			u.Auth = "oauth2"
		case 132:
			u.Idnumber = "SISS00001"
		}
		site.AddUser(u)
	}
}

// rename is what some updates did later to the second of them.
func rename(site *moodlesim.Site) {
	for _, u := range site.Users() {
		if u.ID == 129 {
			u.Firstname = "OkB"
			site.AddUser(u)
		}
	}
}

// tour is the state of the enrolments when the recorded Moodle was asked for
// them: three students, in two courses each.
func tour(site *moodlesim.Site) {
	for _, u := range site.Users() {
		switch u.ID {
		case 128:
			u.Idnumber = "SISS00002"
		case 129:
			u.Firstname = "OkB"
		}
		site.AddUser(u)
		site.AddEnrolment(student(2, u.ID))
		site.AddEnrolment(student(5, u.ID))
	}
}

func student(course, user int) moodlesim.Enrolment {
	return moodlesim.Enrolment{Course: course, User: user, Roles: []int{moodlesim.RoleStudent}}
}

func fiveHundred(site *moodlesim.Site) {
	for n := range 500 {
		name := "t" + strconv.Itoa(100000 + n)[1:]
		site.AddUser(moodlesim.User{
			ID: 417 + n, Username: name, Firstname: "First" + strconv.Itoa(n), Lastname: "Last" + strconv.Itoa(n),
			Email: name + "@example.invalid", Idnumber: "SIS" + strings.ToUpper(name), City: "City500",
		})
	}
}
