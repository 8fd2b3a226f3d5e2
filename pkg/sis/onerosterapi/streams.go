package onerosterapi

import (
	"errors"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/internal/meaning"
)

// A collection is a list of rows that a service may have.
type collection struct {
	path string
	in   envelope
}

// A way is the collections that make up a stream.
type way []collection

// streams says where each stream is found: in the first way that the service
// has.
var streams = map[sis.Stream][]way{
	sis.Terms: {
		{{"/academicSessions", envelope{"academicSessions"}}},
		{{"/terms", envelope{"terms", "academicSessions"}}},
	},
	sis.Persons: {
		{{"/users", envelope{"users"}}},
		{{"/students", envelope{"students", "users"}}, {"/teachers", envelope{"teachers", "users"}}},
	},
	sis.Sections:      {{{"/classes", envelope{"classes"}}}},
	sis.Registrations: {{{"/enrollments", envelope{"enrollments"}}}},
}

var courses = collection{"/courses", envelope{"courses"}}

// A sense says what a row means.
type sense func(object) meaning.Meaning

// senseOf returns what the rows of a stream mean. Those of sections need the
// titles of courses, which are read first.
func (p *pull) senseOf(stream sis.Stream) (sense, error) {
	means := func(m meaning.Meaning) sense { return func(object) meaning.Meaning { return m } }
	switch stream {
	case sis.Terms:
		return means(meaning.Term), nil
	case sis.Persons:
		return func(o object) meaning.Meaning { return meaning.Person(o.roles) }, nil
	case sis.Registrations:
		return means(meaning.Registration), nil
	}
	titles, err := p.courseTitles()
	return means(meaning.Section(titles)), err
}

// courseTitles returns the titles of courses by their ids, if the service has
// courses.
func (p *pull) courseTitles() (map[string]string, error) {
	titles := map[string]string{}
	beside := &pull{
		source: p.source, ctx: p.ctx, seen: newSightings(), waited: p.waited,
		means: func(object) meaning.Meaning { return course },
		emit: func(r sis.Record) error {
			if r.Section != nil {
				titles[r.Key] = r.Section.Title
			}
			return nil
		},
	}
	err := beside.hear(courses)
	if f, ok := errors.AsType[*failure](err); ok && f.isUnknown() {
		err = nil
	}
	p.waited = beside.waited
	return titles, err
}

// course is a section that has no more than a title.
func course(r *meaning.Row) sis.Record {
	return sis.Record{Section: &sis.Section{Title: r.Optional("title")}}
}
