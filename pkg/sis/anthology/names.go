package anthology

import (
	"maps"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Operations are the operations of the SIS that an inbox and a register use. Each is found
// at a path of its own name, unless [Config.Paths] says otherwise.
var Operations = []string{
	"GetTerms", "AcknowledgeTerms",
	"GetPersons", "AcknowledgePersons",
	"GetCourseSectionSchedules", "AcknowledgeCourseSectionSchedules",
	"GetStudentCourseRegistrations", "AcknowledgeStudentCourseRegistrations",
	postAttendance,
}

const postAttendance = "PostAttendance"

// operations are the names of a stream's get and acknowledge.
var operations = map[sis.Stream]struct{ get, acknowledge string }{
	sis.Terms:         {"GetTerms", "AcknowledgeTerms"},
	sis.Persons:       {"GetPersons", "AcknowledgePersons"},
	sis.Sections:      {"GetCourseSectionSchedules", "AcknowledgeCourseSectionSchedules"},
	sis.Registrations: {"GetStudentCourseRegistrations", "AcknowledgeStudentCourseRegistrations"},
}

// Fields are the names of the fields that are read and written, of the
// envelope first. [Config.Fields] says what the SIS calls them.
var Fields = []string{
	"Messages", "MessageId", "Status", "Result", "InfoMessages", "Action", "Version",
	"MaxMessages", "AfterMessageId", "TermId", "LmsFlag",
	"TermCode", "TermDescription", "StartDate", "EndDate",
	"PersonId", "UserName", "Email", "FirstName", "LastName", "Roles", "IsActive",
	"CourseSectionId", "CourseCode", "CourseSectionNumber", "CourseSectionName", "CourseDescription", "CampusId", "LmsVendorId", "ExtractStatus",
	"TimeZone", "PrimaryInstructorId", "SecondaryInstructorIds", "RemovedInstructorIds",
	"StudentId", "DegreeCourseId", "CourseStatus",
	"Attendances", "AttendanceDate", "MinutesAttended", "UpdateExistingAttendance",
}

// Whether somebody with a CourseStatus is in the course, by the status in lower
// case. [Config.CourseStatus] adds to it.
var courseStatus = map[string]bool{
	"current": true, "c": true, "future": true, "f": true, "scheduled": true, "s": true, "registered": true, "r": true,
	"active": true, "a": true, "complete": true, "completed": true, "p": true,
	"dropped": false, "drop": false, "d": false, "withdrawn": false, "withdrawal": false, "w": false, "unregistered": false,
	"cancelled": false, "canceled": false, "x": false, "leave": false, "l": false,
}

// names are what the SIS calls operations, fields and statuses.
type names struct {
	paths  map[string]string
	fields map[string]string
	status map[string]bool
}

func namesOf(c Config) (names, error) {
	n := names{paths: plain(Operations), fields: plain(Fields), status: maps.Clone(courseStatus)}
	if err := rename(n.paths, c.Paths, "operation"); err != nil {
		return n, err
	}
	if err := rename(n.fields, c.Fields, "field"); err != nil {
		return n, err
	}
	for status, means := range c.CourseStatus {
		if means != "active" && means != "ended" {
			return n, invalid("The course status %q means %q: it must be active or ended.", status, means)
		}
		n.status[strings.ToLower(status)] = means == "active"
	}
	return n, nil
}

func plain(all []string) map[string]string {
	same := make(map[string]string, len(all))
	for _, name := range all {
		same[name] = name
	}
	return same
}

func rename(all, theirs map[string]string, what string) error {
	for ours, name := range theirs {
		if _, ok := all[ours]; !ok || name == "" {
			return invalid("There is no %s %q to be called %q; there are %s.", what, ours, name,
				strings.Join(slices.Sorted(maps.Keys(all)), ", "))
		}
		all[ours] = name
	}
	return nil
}

// invalid says what is wrong with the settings.
func invalid(format string, args ...any) *sis.Error {
	return problem("CONFIG_INVALID", format, args...)
}
