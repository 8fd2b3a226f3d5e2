package roster_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// fakeSIS is a source whose records are what the test says.
type fakeSIS struct {
	snapshot int
	records  map[sis.Stream][]sis.Record
	partial  map[sis.Stream]bool // streams that are not complete
	down     error
	pulls    int
	asked    []string // the snapshots that were pulled
}

func (f *fakeSIS) Snapshot(context.Context) (string, error) {
	return fmt.Sprintf("snapshot-%d", f.snapshot), f.down
}

func (f *fakeSIS) Pull(_ context.Context, r sis.Request, emit func(sis.Record) error) (sis.Result, error) {
	f.pulls++
	f.asked = append(f.asked, r.Snapshot)
	if f.down != nil {
		return sis.Result{}, f.down
	}
	for _, one := range f.records[r.Stream] {
		if err := emit(one); err != nil {
			return sis.Result{}, err
		}
	}
	return sis.Result{Rows: len(f.records[r.Stream]), Complete: !f.partial[r.Stream]}, nil
}

// edit changes the records of a stream that have that key.
func (f *fakeSIS) edit(stream sis.Stream, key string, change func(*sis.Record)) {
	for i := range f.records[stream] {
		if f.records[stream][i].Key == key {
			change(&f.records[stream][i])
		}
	}
}

// remove takes the records of that key out of a stream.
func (f *fakeSIS) remove(stream sis.Stream, key string) {
	f.records[stream] = slices.DeleteFunc(slices.Clone(f.records[stream]), func(r sis.Record) bool { return r.Key == key })
}

func (f *fakeSIS) add(records ...sis.Record) {
	for _, r := range records {
		stream := sis.Terms
		switch {
		case r.Person != nil:
			stream = sis.Persons
		case r.Section != nil:
			stream = sis.Sections
		case r.Registration != nil:
			stream = sis.Registrations
		}
		r.Where = fmt.Sprintf("%s.csv:%d", stream, len(f.records[stream])+2)
		f.records[stream] = append(f.records[stream], r)
	}
}

func newSIS(records ...sis.Record) *fakeSIS {
	f := &fakeSIS{records: map[sis.Stream][]sis.Record{}, partial: map[sis.Stream]bool{}}
	f.add(records...)
	return f
}

func date(text string) sis.Date {
	if text == "" {
		return sis.Date{}
	}
	d, err := sis.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func term(key, start, end string) sis.Record {
	return sis.Record{Key: key, Term: &sis.Term{Key: key, Title: "Term " + key, Kind: "term", Start: date(start), End: date(end)}}
}

func someone(key string, roles ...sis.Role) sis.Record {
	return sis.Record{Key: key, Person: &sis.Person{
		Key: key, Username: key, Email: key + "@school.example", Given: "Given " + key, Family: "Family " + key, Roles: roles, Enabled: true,
	}}
}

func student(key string) sis.Record { return someone(key, sis.Student) }
func teacher(key string) sis.Record { return someone(key, sis.Teacher) }

func class(key, code string, terms ...string) sis.Record {
	return sis.Record{Key: key, Section: &sis.Section{Key: key, Title: "Class " + key, Code: code, Terms: terms}}
}

func registration(key, section, person string) sis.Record {
	return sis.Record{Key: key, Registration: &sis.Registration{Key: key, Section: section, Person: person, Role: sis.Student}}
}

func unreadable(stream sis.Stream, key, code string) (sis.Stream, sis.Record) {
	return stream, sis.Record{Key: key, Where: string(stream) + ".csv:99", Problem: &sis.Error{Code: code, Message: "The row cannot be read."}}
}

// fakeLMS is a target in memory, as strict as a real one.
type fakeLMS struct {
	next    int
	users   []sis.User
	courses []sis.Course
	places  map[string]sis.Enrolment // by course, user and role
	writes  int                      // calls that write
	rows    int                      // and what they wrote
	down    error                    // of every call
	refuse  map[string]*sis.Error    // by key of a user or course, or username
	before  func() error             // called before each call; its error is the call's
	after   func() error             // the same after it
}

func newLMS(courses ...sis.Course) *fakeLMS {
	f := &fakeLMS{places: map[string]sis.Enrolment{}, refuse: map[string]*sis.Error{}}
	for _, c := range courses {
		c.ID = f.id()
		f.courses = append(f.courses, c)
	}
	return f
}

func (f *fakeLMS) id() string { f.next++; return fmt.Sprint(f.next) }

func (f *fakeLMS) Check(context.Context) error { return f.down }

func (f *fakeLMS) call(do func()) error {
	if f.down != nil {
		return f.down
	}
	if f.before != nil {
		if err := f.before(); err != nil {
			return err
		}
	}
	do()
	if f.after != nil {
		return f.after()
	}
	return nil
}

func (f *fakeLMS) Users(_ context.Context, by sis.UserField, values []string) (found []sis.User, err error) {
	err = f.call(func() {
		for _, u := range f.users {
			value := map[sis.UserField]string{sis.UserByKey: u.Key, sis.UserByUsername: u.Username, sis.UserByEmail: u.Email}[by]
			if slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, value) }) {
				found = append(found, u)
			}
		}
	})
	return found, err
}

func (f *fakeLMS) Courses(_ context.Context, by sis.CourseField, values []string) (found []sis.Course, err error) {
	err = f.call(func() {
		for _, c := range f.courses {
			value := map[sis.CourseField]string{sis.CourseByKey: c.Key, sis.CourseByShortname: c.Shortname, sis.CourseByID: c.ID}[by]
			if slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, value) }) {
				found = append(found, c)
			}
		}
	})
	return found, err
}

func write[T any](f *fakeLMS, items []T, one func(T) sis.Written) (written []sis.Written, err error) {
	err = f.call(func() {
		f.writes++
		for _, item := range items {
			w := one(item)
			if w.Err == nil {
				f.rows++
			}
			written = append(written, w)
		}
	})
	if err != nil { // the answer is lost, whatever happened
		written = nil
		for range items {
			written = append(written, sis.Written{Err: err})
		}
	}
	return written, err
}

func refused(code string) sis.Written {
	return sis.Written{Err: &sis.Error{Code: code, Message: "The LMS refuses it."}}
}

func (f *fakeLMS) CreateUsers(_ context.Context, users []sis.User) ([]sis.Written, error) {
	return write(f, users, func(u sis.User) sis.Written {
		if said := f.refuse[u.Key]; said != nil {
			return sis.Written{Err: said}
		}
		for _, other := range f.users {
			switch {
			case other.Key == u.Key:
				return sis.Written{ID: other.ID}
			case other.Username == u.Username:
				return refused("USERNAME_TAKEN")
			case strings.EqualFold(other.Email, u.Email):
				return refused("EMAIL_DUPLICATE")
			}
		}
		u.ID = f.id()
		f.users = append(f.users, u)
		return sis.Written{ID: u.ID}
	})
}

func (f *fakeLMS) UpdateUsers(_ context.Context, users []sis.User) ([]sis.Written, error) {
	return write(f, users, func(u sis.User) sis.Written {
		for i := range f.users {
			if f.users[i].ID == u.ID {
				f.users[i] = u
				return sis.Written{ID: u.ID}
			}
		}
		return refused("USER_GONE")
	})
}

func (f *fakeLMS) CreateCourses(_ context.Context, courses []sis.Course) ([]sis.Written, error) {
	return write(f, courses, func(c sis.Course) sis.Written {
		if said := f.refuse[c.Key]; said != nil {
			return sis.Written{Err: said}
		}
		for _, other := range f.courses {
			switch {
			case other.Key == c.Key:
				return sis.Written{ID: other.ID}
			case strings.EqualFold(other.Shortname, c.Shortname):
				return refused("ID_CONFLICT")
			}
		}
		c.ID = f.id()
		f.courses = append(f.courses, c)
		return sis.Written{ID: c.ID}
	})
}

func (f *fakeLMS) Enrol(_ context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return write(f, enrolments, func(e sis.Enrolment) sis.Written {
		known := slices.ContainsFunc(f.users, func(u sis.User) bool { return u.ID == e.User })
		if !known || !slices.ContainsFunc(f.courses, func(c sis.Course) bool { return c.ID == e.Course }) {
			return refused("COURSE_GONE")
		}
		f.places[e.Course+"|"+e.User+"|"+string(e.Role)] = e
		for key, other := range f.places { // an account has one enrolment in a course, whatever its roles
			if other.Course == e.Course && other.User == e.User {
				other.Start, other.End, other.Suspended = e.Start, e.End, e.Suspended
				f.places[key] = other
			}
		}
		return sis.Written{}
	})
}

// roster returns who is in which course, in words: "A1 bob student 2026-09-01
// 2027-01-01 suspended".
func (f *fakeLMS) roster() []string {
	var lines []string
	for _, e := range slices.Collect(maps.Values(f.places)) {
		course := f.courses[slices.IndexFunc(f.courses, func(c sis.Course) bool { return c.ID == e.Course })]
		user := f.users[slices.IndexFunc(f.users, func(u sis.User) bool { return u.ID == e.User })]
		line := course.Shortname + " " + user.Username + " " + string(e.Role)
		if !e.Start.IsZero() {
			line += " " + e.Start.In(madrid).Format("2006-01-02T15")
		}
		if !e.End.IsZero() {
			line += " " + e.End.In(madrid).Format("2006-01-02T15")
		}
		if e.Suspended {
			line += " suspended"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func (f *fakeLMS) names() (names []string) {
	for _, u := range f.users {
		names = append(names, u.Username)
	}
	slices.Sort(names)
	return names
}
