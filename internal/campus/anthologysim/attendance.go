package anthologysim

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Attendance is what the SIS holds of a student, a section and a day.
type Attendance struct {
	StudentID, CourseSectionID string
	Day                        sis.Date
	MinutesAttended            int
	MinutesAbsent              int
	Comment                    string
	Updates                    int // how often it was replaced
}

type place struct {
	student, section string
	day              sis.Date
}

// Attendance returns all that was posted and accepted, by student, section and
// day.
func (s *Server) Attendance() []Attendance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.attendance), func(a, b Attendance) int {
		return strings.Compare(a.key(), b.key())
	})
}

func (a Attendance) key() string {
	return a.StudentID + "\x00" + a.CourseSectionID + "\x00" + a.Day.String()
}

func (s *Server) postAll(posts []Fields) []Fields {
	answers := make([]Fields, len(posts))
	for i, post := range posts {
		answers[i] = Fields{"Status": "OK", "Result": "", "InfoMessages": []string{}}
		if code, why := s.post(post); code != "" {
			answers[i] = Fields{"Status": "ERROR", "Result": code, "InfoMessages": []string{why}}
		}
	}
	return answers
}

// post takes one post of attendance, or says why not.
func (s *Server) post(post Fields) (code, why string) {
	a := Attendance{
		StudentID: text(post["StudentId"]), CourseSectionID: text(post["CourseSectionId"]), Comment: text(post["Comment"]),
	}
	day, _, _ := strings.Cut(text(post["AttendanceDate"]), "T")
	var err error
	if a.Day, err = sis.ParseDate(day); err != nil {
		return "INVALID_DATE", "AttendanceDate is not a date."
	}
	var attended, absent bool
	a.MinutesAttended, attended = minutes(post["MinutesAttended"])
	a.MinutesAbsent, absent = minutes(post["MinutesAbsent"])
	if !attended || !absent {
		return "INVALID_MINUTES", "MinutesAttended and MinutesAbsent must be 0 or more."
	}
	if !s.isRegistered(a.StudentID, a.CourseSectionID) {
		return "NOT_REGISTERED", "The student is not registered in the section."
	}
	return s.keep(a, post["UpdateExistingAttendance"] == true)
}

func (s *Server) keep(a Attendance, update bool) (code, why string) {
	at := place{a.StudentID, a.CourseSectionID, a.Day}
	before, exists := s.attendance[at]
	if exists && !update {
		return "ATTENDANCE_EXISTS", "Attendance of that day exists; say UpdateExistingAttendance."
	}
	if exists {
		a.Updates = before.Updates + 1
	}
	s.attendance[at] = a
	return "", ""
}

// minutes reads a number of minutes; none are 0.
func minutes(value any) (int, bool) {
	if value == nil {
		return 0, true
	}
	n, err := strconv.Atoi(text(value))
	return n, err == nil && n >= 0
}

// isRegistered reports whether the student has ever been put in the section,
// whether that was acknowledged or not.
func (s *Server) isRegistered(student, section string) bool {
	return s.registered[registration{student, section}]
}

type registration struct{ student, section string }
