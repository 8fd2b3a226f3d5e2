// Package meaning says what the records of OneRoster mean, whether they come
// as rows of a CSV file or as JSON: fields have the names of the CSV columns.
//
// A record whose status is tobedeleted need not say more than its id.
package meaning

import (
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

// What a record may say about itself; blank is active.
const (
	active   = "active"
	inactive = "inactive" // before OneRoster 1.1
	deleted  = "tobedeleted"
)

// A Row is a record of OneRoster while it is being understood.
type Row struct {
	*fields.Record
	status string
}

// A Meaning makes a record of what a row says.
type Meaning func(*Row) sis.Record

// Of understands one record. What comes of it has a key, if the record has
// one, and no place.
func (m Meaning) Of(read *fields.Record) sis.Record {
	r := &Row{Record: read}
	key := r.Required("sourcedId")
	keyProblem := r.Problem
	r.status = Status(read)
	got := m(r)
	if got.Deleted && keyProblem == nil && r.Problem != nil && fields.Forgives(r.Problem) {
		r.Problem = nil
	}
	if r.Problem != nil {
		return sis.Record{Key: Key(read), Problem: r.Problem}
	}
	got.Key, got.Warning = key, r.Warning()
	return got
}

// Key returns the id of a record that may be unreadable otherwise: "" if it
// has none that can be.
func Key(r *fields.Record) string {
	key := r.Text("sourcedId")
	if len(key) > 255 || !fields.IsText(key) {
		return ""
	}
	return strings.TrimSpace(key)
}

// Status returns what a record says about itself.
func Status(r *fields.Record) string { return r.Word("status", active, deleted, inactive) }

// IsTombstone reports whether a record says by itself that it ended.
func IsTombstone(r *fields.Record) bool { return Status(r) == deleted }

func (r *Row) isTombstone() bool { return r.status == deleted }

func (r *Row) warnInactive() {
	if r.status == inactive {
		r.Warn("Its status is inactive, which is taken for active.")
	}
}

// Term is what an academic session means.
func Term(r *Row) sis.Record {
	t := &sis.Term{
		Key:    r.Optional("sourcedId"),
		Title:  r.Required("title"),
		Kind:   r.Word("type", "term", "semester", "schoolYear", "gradingPeriod"),
		Start:  r.RequiredDate("startDate"),
		End:    r.RequiredDate("endDate"),
		Parent: r.Optional("parentSourcedId"),
	}
	r.Required("type")
	r.Period(t.Start, t.End)
	r.warnInactive()
	return sis.Record{Deleted: r.isTombstone(), Term: t}
}

// Section is what a class means, given the titles of courses by their ids.
func Section(titles map[string]string) Meaning {
	return func(r *Row) sis.Record {
		s := &sis.Section{
			Key:    r.Optional("sourcedId"),
			Title:  r.Required("title"),
			Code:   r.Optional("classCode"),
			Course: titles[r.Optional("courseSourcedId")],
			Terms:  r.RequiredList("termSourcedIds"),
			School: r.Optional("schoolSourcedId"),
		}
		r.warnClassType()
		r.warnInactive()
		return sis.Record{Deleted: r.isTombstone(), Section: s}
	}
}

// warnClassType only warns: no roster depends on it.
func (r *Row) warnClassType() {
	kind := r.Optional("classType")
	if kind != "" && kind != "scheduled" && kind != "homeroom" && !strings.HasPrefix(kind, "ext:") {
		r.Warn("classType is neither scheduled nor homeroom, which does not matter here.")
	}
}

// Registration is what an enrolment means.
func Registration(r *Row) sis.Record {
	reg := &sis.Registration{
		Key:     r.Optional("sourcedId"),
		Section: r.Required("classSourcedId"),
		Person:  r.Required("userSourcedId"),
		Role:    r.syncedRole(),
		Begin:   r.Date("beginDate"),
		End:     r.Date("endDate"),
	}
	r.Period(reg.Begin, reg.End)
	if r.status == inactive {
		r.Warn("Its status is inactive, which is taken for ended.")
	}
	return sis.Record{Deleted: r.isTombstone() || r.status == inactive, Registration: reg}
}
