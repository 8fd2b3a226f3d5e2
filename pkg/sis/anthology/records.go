package anthology

import (
	"cmp"
	"context"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

// isGone reports whether the message takes away what it is about.
func (r *reading) isGone() bool { return r.Word("Action", "Add", "Update", "Delete") == "Delete" }

func term(r *reading) sis.Record {
	t := &sis.Term{
		Key: r.Required("TermId"), Title: r.either("TermDescription", "TermCode"), Kind: "term",
		Start: r.RequiredDate("StartDate"), End: fields.After(r.RequiredDate("EndDate")),
	}
	r.Period(t.Start, t.End)
	return sis.Record{Key: t.Key, Deleted: r.isGone(), Term: t}
}

// either returns what the first of two fields says, or else the second, which
// must say something then.
func (r *reading) either(first, second string) string {
	if text := r.Optional(first); text != "" {
		return text
	}
	return r.Required(second)
}

func person(r *reading) sis.Record {
	p := &sis.Person{
		Key: r.Required("PersonId"), Username: r.Required("UserName"), Email: r.Email("Email"),
		Given: r.Required("FirstName"), Family: r.Required("LastName"), Roles: r.roles(), Enabled: r.Flag("IsActive"),
	}
	return sis.Record{Key: p.Key, Deleted: r.isGone(), Person: p}
}

// What the SIS calls people.
var roles = map[string]sis.Role{
	"student": sis.Student, "teacher": sis.Teacher, "instructor": sis.Teacher, "faculty": sis.Teacher,
	"assistant": sis.Assistant, "teachingassistant": sis.Assistant,
}

func (r *reading) roles() (all []sis.Role) {
	for _, name := range fields.List(r.Optional("Roles")) {
		role, ok := roles[strings.ToLower(name)]
		if !ok {
			r.Fail("BAD_ENUM", "Roles has a word that is none of Student, Teacher, Assistant.")
			return nil
		}
		all = append(all, role)
	}
	return all
}

func section(r *reading) sis.Record {
	s := &sis.Section{
		Key: r.Required("CourseSectionId"), Title: r.either("CourseSectionName", "CourseDescription"), Course: r.Optional("CourseDescription"),
		Code:   strings.Trim(r.Optional("CourseCode")+"-"+r.Optional("CourseSectionNumber"), "-"),
		School: r.Optional("CampusId"), Provider: r.Optional("LmsVendorId"), Extract: r.extract(), Zone: r.Optional("TimeZone"),
	}
	if term := r.Required("TermId"); term != "" {
		s.Terms = []string{term}
	}
	return sis.Record{Key: s.Key, Deleted: r.isGone(), Section: s}
}

// extract reads the extract status. X, excluded, is as good as N.
func (r *reading) extract() sis.Extract {
	status := r.Word("ExtractStatus", "N", "R", "S", "E", "X")
	if status == "X" {
		return sis.ExtractNone
	}
	return sis.Extract(status)
}

func registration(r *reading) sis.Record {
	g := &sis.Registration{
		Section: r.Required("CourseSectionId"), Person: r.Required("StudentId"), Role: sis.Student,
		Begin: r.Date("StartDate"), End: fields.After(r.Date("EndDate")),
	}
	g.Key = cmp.Or(r.Optional("DegreeCourseId"), keyOf(*g))
	r.Period(g.Begin, g.End)
	dropped, gone := r.isDropped(), r.isGone()
	return sis.Record{Key: g.Key, Deleted: dropped || gone, Registration: g}
}

// keyOf names a registration that the SIS has no id for.
func keyOf(g sis.Registration) string { return g.Section + "/" + g.Person + "/" + string(g.Role) }

// isDropped reports whether the student is in the course no more.
func (r *reading) isDropped() bool {
	status := r.Required("CourseStatus")
	active, ok := r.names.status[strings.ToLower(status)]
	if !ok && status != "" {
		r.Fail("BAD_ENUM", "CourseStatus is none that is known; add it to course_status as active or ended.")
	}
	return ok && !active
}

// registrations emits who is in which section: its teachers, of what is said
// about the sections, and the students.
func (p *pull) registrations(ctx context.Context, terms []string) error {
	if err := p.each(ctx, sis.Sections, terms, p.teachers); err != nil {
		return err
	}
	return p.each(ctx, sis.Registrations, terms, func(r *reading) error {
		if err := p.teachers(r); err != nil {
			return err
		}
		return p.send(r.record(registration))
	})
}

// teachers emits the teachers that a message names, once each.
func (p *pull) teachers(r *reading) error {
	key := r.Optional("CourseSectionId")
	if r.Problem != nil || key == "" || r.isGone() {
		return nil // said where the message is emitted
	}
	here := append([]string{r.Optional("PrimaryInstructorId")}, fields.List(r.Text("SecondaryInstructorIds"))...)
	for _, person := range here {
		if err := p.teacher(r, sis.Registration{Section: key, Person: person, Role: sis.Teacher}, false); err != nil {
			return err
		}
	}
	for _, person := range fields.List(r.Text("RemovedInstructorIds")) {
		if err := p.teacher(r, sis.Registration{Section: key, Person: person, Role: sis.Teacher}, true); err != nil {
			return err
		}
	}
	return nil
}

func (p *pull) teacher(r *reading, g sis.Registration, gone bool) error {
	if g.Person == "" || p.taught[g] {
		return nil
	}
	p.taught[g] = true
	g.Key = keyOf(g)
	return p.send(sis.Record{Key: g.Key, Where: r.where, Receipt: r.id + partOf + g.Person, Deleted: gone, Registration: &g})
}
