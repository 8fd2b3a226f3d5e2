package moodlesim

import (
	"cmp"
	"slices"
	"time"
)

// A Report is a report on the participants of all courses, as an
// administrator has put it together.
type Report struct {
	ID   int
	Name string
}

// AddReport stores a report.
func (s *Site) AddReport(r Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports = append(s.reports, r)
}

func (s *Site) listReports(*array) (any, error) {
	found := []object{}
	for _, r := range s.reports {
		found = append(found, s.describeReport(r))
	}
	return object{{"reports", found}, {"warnings", []object{}}}, nil
}

func (s *Site) describeReport(r Report) object {
	admin := s.users[adminID]
	const image = theme + "core/" + themeRevision + "/u/"
	return object{
		{"name", r.Name},
		{"source", `core_course\reportbuilder\datasource\participants`},
		{"type", 0},
		{"uniquerows", false},
		{"conditiondata", nil},
		{"settingsdata", nil},
		{"contextid", 1},
		{"component", ""},
		{"area", ""},
		{"itemid", 0},
		{"usercreated", adminID},
		{"id", r.ID},
		{"timecreated", 0},
		{"timemodified", 0},
		{"usermodified", adminID},
		{"sourcename", "Course participants"},
		{"tags", []object{}},
		{"modifiedby", object{
			{"id", adminID},
			{"email", admin.Email},
			{"idnumber", ""},
			{"phone1", ""},
			{"phone2", ""},
			{"department", ""},
			{"institution", ""},
			{"fullname", admin.fullname()},
			{"identity", admin.Email},
			{"profileurl", "http://moodle.example/user/profile.php?id=2"},
			{"profileimageurl", image + "f1"},
			{"profileimageurlsmall", image + "f2"},
		}},
	}
}

var reportHeaders = []string{"Course ID number", "ID number", "Username", "Last access to course", "Completed", "Status", "Last access"}

func (s *Site) retrieveReport(args *array) (any, error) {
	at := slices.IndexFunc(s.reports, func(r Report) bool { return r.ID == args.number("reportid") })
	if at < 0 {
		return nil, noRecord("reportbuilder_report")
	}
	size := cmp.Or(args.number("perpage"), 10)
	from := min(args.number("page")*size, len(s.enrolments))
	rows := []object{}
	for _, e := range s.enrolmentsByAge()[from:min(from+size, len(s.enrolments))] {
		rows = append(rows, object{{"columns", s.reportRow(e)}})
	}
	return object{
		{"details", s.describeReport(s.reports[at])},
		{"data", object{{"headers", reportHeaders}, {"rows", rows}, {"totalrowcount", len(s.enrolments)}}},
		{"warnings", []object{}},
	}, nil
}

// enrolmentsByAge returns the enrolments in the order in which they were made.
func (s *Site) enrolmentsByAge() []*Enrolment {
	return sorted(s.enrolments, func(a, b *Enrolment) int {
		return s.ranks[place{a.Course, a.User}] - s.ranks[place{b.Course, b.User}]
	})
}

func (s *Site) reportRow(e *Enrolment) []string {
	status, seen := "Active", "Never"
	if e.Status == Suspended {
		status = "Suspended"
	}
	if at := s.visits[place{e.Course, e.User}]; !at.IsZero() {
		seen = inWords(at)
	}
	u := s.users[e.User]
	return []string{s.courses[e.Course].Idnumber, u.Idnumber, u.Username, seen, "", status, inWords(s.stays[e.User].last)}
}

func inWords(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("Monday, 2 January 2006, 3:04 PM")
}
