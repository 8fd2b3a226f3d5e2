package sqlsource

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

// A reading is a row while it is being understood.
type reading struct {
	fields.Record
	where string
	has   func(column string) bool
}

func (p *pull) reading(values []any) *reading {
	r := &reading{where: p.where(), has: p.columns.has}
	r.Text = func(column string) string {
		if i, ok := p.columns[column]; ok {
			return textOf(values[i])
		}
		return ""
	}
	if i, ok := p.columns[updatedAt]; ok && !p.high.see(values[i]) {
		r.Fail("BAD_DATE", "updated_at is not a time; write it as 2026-09-01 10:00:00, in UTC.")
	}
	return r
}

// textOf writes a value as a person would: NULL is nothing, and midnight no
// time of day.
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case []byte:
		return withoutMidnight(string(v))
	case string:
		return withoutMidnight(v)
	case time.Time:
		return withoutMidnight(v.Format("2006-01-02T15:04:05"))
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// withoutMidnight returns the day of a timestamp at 00:00, and any other in the
// form that has a T before its time.
func withoutMidnight(text string) string {
	at, err := time.Parse("2006-01-02 15:04:05", strings.Replace(text, "T", " ", 1))
	switch {
	case err != nil:
		return text
	case at.Equal(at.Truncate(24 * time.Hour)):
		return at.Format(time.DateOnly)
	}
	return at.Format("2006-01-02T15:04:05")
}

// A meaning makes a record of what a row says.
type meaning func(*reading) sis.Record

var meanings = map[sis.Stream]meaning{
	sis.Terms: term, sis.Persons: person, sis.Sections: section, sis.Registrations: registration,
}

func (r *reading) record(means meaning) sis.Record {
	got := means(r)
	got.Deleted = r.optionalFlag("deleted", false)
	got.Version = r.version()
	if got.Deleted && got.Key != "" && r.Problem != nil && fields.Forgives(r.Problem) {
		r.Problem = nil
	}
	if r.Problem != nil {
		return sis.Record{Key: got.Key, Where: r.where, Problem: r.Problem}
	}
	got.Where, got.Warning = r.where, r.Warning()
	return got
}

// optionalFlag reads a flag, which is otherwise where it says nothing.
func (r *reading) optionalFlag(column string, otherwise bool) bool {
	switch r.Optional(column) {
	case "":
		return otherwise
	case "1", "0":
		return r.Text(column) == "1" // how databases without a boolean write one
	}
	return r.Flag(column)
}

// version returns how often the row has changed, if the query says.
func (r *reading) version() int64 {
	text := r.Optional("version")
	if text == "" {
		return 0
	}
	version, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		r.Warn("version is not a whole number and does not count.")
		return 0
	}
	return version
}

func term(r *reading) sis.Record {
	t := &sis.Term{
		Key: r.Required("id"), Title: r.Required("title"),
		Kind:  cmp.Or(r.Word("kind", "term", "semester", "schoolYear", "gradingPeriod"), "term"),
		Start: r.RequiredDate("start_date"), End: fields.After(r.RequiredDate("end_date")), Parent: r.Optional("parent_id"),
	}
	r.Period(t.Start, t.End)
	return sis.Record{Key: t.Key, Term: t}
}

func person(r *reading) sis.Record {
	p := &sis.Person{
		Key: r.Required("id"), Username: r.Required("username"), Email: r.Email("email"),
		Given: r.Required("given_name"), Family: r.Required("family_name"),
		Roles: r.roles(), Enabled: r.optionalFlag("enabled", true),
	}
	return sis.Record{Key: p.Key, Person: p}
}

func (r *reading) roles() (all []sis.Role) {
	for _, word := range fields.List(r.Optional("roles")) {
		all = append(all, r.role("roles", word))
	}
	return all
}

// role returns the role that a word in a column means.
func (r *reading) role(column, word string) sis.Role {
	role := sis.Role(strings.ToLower(word))
	switch role {
	case sis.Student, sis.Teacher, sis.Assistant, "":
		return role
	}
	r.Fail("BAD_ENUM", "%s has a word that is none of student, teacher, assistant.", column)
	return ""
}

func section(r *reading) sis.Record {
	s := &sis.Section{
		Key: r.Required("id"), Title: r.Required("title"), Code: r.Optional("code"), Course: r.Optional("course"),
		Terms: r.RequiredList("term_ids"), School: r.Optional("school"), Provider: r.Optional("provider"),
		Extract: sis.Extract(r.Word("extract", "N", "R", "S", "E")), Zone: r.Optional("time_zone"),
	}
	return sis.Record{Key: s.Key, Section: s}
}

func registration(r *reading) sis.Record {
	g := &sis.Registration{
		Section: r.Required("section_id"), Person: r.Required("person_id"), Role: r.role("role", r.Required("role")),
		Begin: r.Date("begin_date"), End: fields.After(r.Date("end_date")),
	}
	g.Key = cmp.Or(r.Optional("id"), g.Section+"/"+g.Person+"/"+string(g.Role))
	r.Period(g.Begin, g.End)
	return sis.Record{Key: g.Key, Registration: g}
}
