package anthologysim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// What there are messages about.
const (
	terms         = "Terms"
	persons       = "Persons"
	sections      = "CourseSectionSchedules"
	registrations = "StudentCourseRegistrations"
)

var subjects = []string{terms, persons, sections, registrations}

// Put puts a message about a record in its queue, and returns the message's
// id. A registration of a teacher becomes part of what is said about the
// section from then on, and a message about that.
func (s *Server) Put(r sis.Record) string {
	switch {
	case r.Term != nil:
		return s.Add(terms, gone(r, termFields(*r.Term)))
	case r.Person != nil:
		return s.Add(persons, gone(r, personFields(*r.Person)))
	case r.Section != nil:
		return s.Add(sections, gone(r, sectionFields(*r.Section)))
	case r.Registration.Role == sis.Teacher:
		return s.Add(sections, s.withTeacher(*r.Registration, r.Deleted))
	}
	return s.Add(registrations, registrationFields(*r.Registration, r.Deleted))
}

// Tell puts messages about what has changed since another campus; from an empty
// one, that is everything. What has ended comes first: who came back dropped
// before that.
func (s *Server) Tell(before, now university.Campus) {
	changes := university.Changes(before, now)
	for _, stream := range sis.Streams {
		if stream == sis.Terms && len(before.Terms) > 0 {
			continue // they do not change
		}
		ended, others := divide(changes.Records(stream))
		for _, r := range append(ended, others...) {
			s.Put(r)
		}
	}
}

func divide(records []sis.Record) (ended, others []sis.Record) {
	for _, r := range records {
		if r.Deleted {
			ended = append(ended, r)
		} else {
			others = append(others, r)
		}
	}
	return ended, others
}

// Add puts a message of any content in a queue: Terms, Persons,
// CourseSectionSchedules or StudentCourseRegistrations.
func (s *Server) Add(queue string, fields Fields) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	fields["MessageId"] = strconv.Itoa(s.last)
	switch queue {
	case sections: // there is one message about a section: how it is now
		s.queues[queue] = slices.DeleteFunc(s.queues[queue], func(m Fields) bool { return m["CourseSectionId"] == fields["CourseSectionId"] })
		s.sections[text(fields["CourseSectionId"])] = fields
	case registrations:
		s.registered[registration{text(fields["StudentId"]), text(fields["CourseSectionId"])}] = true
	}
	s.queues[queue] = append(s.queues[queue], fields)
	return strconv.Itoa(s.last)
}

// Waiting returns how many messages have not been acknowledged.
func (s *Server) Waiting() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, queue := range s.queues {
		n += len(queue)
	}
	return n
}

func gone(r sis.Record, fields Fields) Fields {
	if r.Deleted {
		fields["Action"] = "Delete"
	}
	return fields
}

func termFields(t sis.Term) Fields {
	return Fields{"TermId": t.Key, "TermDescription": t.Title, "StartDate": midnight(t.Start), "EndDate": lastDay(t.End)}
}

func personFields(p sis.Person) Fields {
	return Fields{
		"PersonId": p.Key, "UserName": p.Username, "Email": p.Email, "FirstName": p.Given, "LastName": p.Family,
		"Roles": p.Roles, "IsActive": p.Enabled,
	}
}

func sectionFields(s sis.Section) Fields {
	fields := Fields{
		"CourseSectionId": s.Key, "CourseSectionName": s.Title, "CourseDescription": s.Course, "CourseCode": s.Code,
		"CampusId": s.School, "LmsVendorId": s.Provider, "ExtractStatus": s.Extract, "TimeZone": s.Zone,
	}
	if len(s.Terms) > 0 {
		fields["TermId"] = s.Terms[0]
	}
	return fields
}

// withTeacher is what was said last of the section, with a teacher more or
// less.
func (s *Server) withTeacher(g sis.Registration, gone bool) Fields {
	s.mu.Lock()
	defer s.mu.Unlock()
	fields := Fields{"CourseSectionId": g.Section}
	maps.Copy(fields, s.sections[g.Section])
	isIt := func(person string) bool { return person == g.Person }
	here := slices.DeleteFunc(s.teachers[g.Section], isIt)
	removed := slices.DeleteFunc(s.removed(g.Section), isIt)
	if gone {
		removed = append(removed, g.Person)
	} else {
		here = append(here, g.Person)
	}
	s.teachers[g.Section], fields["RemovedInstructorIds"] = here, removed
	fields["PrimaryInstructorId"], fields["SecondaryInstructorIds"] = nil, slices.Clone(here[min(1, len(here)):])
	if len(here) > 0 {
		fields["PrimaryInstructorId"] = here[0]
	}
	return fields
}

// removed returns who is said to teach a section no more by a message that
// waits.
func (s *Server) removed(section string) []string {
	for _, m := range s.queues[sections] {
		if people, some := m["RemovedInstructorIds"].([]string); some && m["CourseSectionId"] == section {
			return slices.Clone(people)
		}
	}
	return nil
}

func registrationFields(g sis.Registration, dropped bool) Fields {
	status := "Current"
	if dropped {
		status = "Dropped"
	}
	return Fields{
		"DegreeCourseId": g.Key, "StudentId": g.Person, "CourseSectionId": g.Section, "CourseStatus": status,
		"StartDate": midnight(g.Begin), "EndDate": lastDay(g.End),
	}
}

// midnight writes a day as the SIS does; none is null.
func midnight(d sis.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.String() + "T00:00:00"
}

func lastDay(after sis.Date) any {
	if after.IsZero() {
		return nil
	}
	return after.In(time.UTC).AddDate(0, 0, -1).Format(time.DateOnly) + "T00:00:00"
}

// get returns the messages of a queue that come after one, or all.
func (s *Server) get(subject string, asked Fields) []Fields {
	after, _ := strconv.Atoi(text(asked["AfterMessageId"]))
	most, _ := strconv.Atoi(text(asked["MaxMessages"]))
	if s.options.Page > 0 && (most == 0 || most > s.options.Page) {
		most = s.options.Page
	}
	term, page := text(asked["TermId"]), []Fields{}
	for _, m := range s.queues[subject] {
		id, _ := strconv.Atoi(text(m["MessageId"]))
		if id <= after || (term != "" && m["TermId"] != nil && text(m["TermId"]) != term) {
			continue
		}
		if page = append(page, m); most > 0 && len(page) == most {
			break
		}
	}
	return page
}

// acknowledge takes messages out of a queue. One that is not there was
// acknowledged before, which is well.
func (s *Server) acknowledge(subject string, said []Fields) []Fields {
	waits := map[any]bool{}
	for _, m := range s.queues[subject] {
		waits[m["MessageId"]] = true
	}
	answers := make([]Fields, 0, len(said))
	for _, m := range said {
		id := text(m["MessageId"])
		if waits[id] {
			waits[id] = false
			s.told = append(s.told, Acknowledgement{
				Operation: "Acknowledge" + subject, MessageID: id, Refused: text(m["Status"]) == "ERROR", Code: text(m["Result"]),
			})
		}
		answers = append(answers, Fields{"MessageId": id, "Status": "OK", "Result": "", "InfoMessages": []string{}})
	}
	s.queues[subject] = slices.DeleteFunc(s.queues[subject], func(m Fields) bool { return !waits[m["MessageId"]] })
	return answers
}

// text returns a value of JSON as a person would write it.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func listOf(value any) []Fields {
	items, _ := value.([]any)
	all := make([]Fields, 0, len(items))
	for _, item := range items {
		fields, _ := item.(map[string]any)
		all = append(all, fields)
	}
	return all
}
