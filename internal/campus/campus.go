// Package campus is the demo: a small university that does not exist, and the
// student information system that would be its own.
//
// [Generate] invents the university: the term that is running and the one
// after it, sections, teachers, students, and their registrations. The same
// seed on the same day gives the same one, byte for byte. It has numbered
// versions, each a few rows away from the one before: somebody changes a
// class, marries, arrives late. [SIS] publishes one version after the other
// into a folder, as a registrar's nightly export would.
//
// Not all of it is in order, so that a demo has something to show:
//
//   - a registration is there some time before the person whom it is for
//   - a registration begins on 31 February
//   - a teacher has no e-mail address
//
// The Moodle that all this goes to is in the folder below.
package campus

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// OrientationCourse is the id number of the course that the demo enrols
// first-time students in.
const OrientationCourse = "ORIENT"

// Options say which university is invented.
type Options struct {
	Seed     uint64
	Students int // 0: 60
	Today    sis.Date
}

// Generate returns a version of a university. The first version is 0.
func Generate(o Options, version int) oneroster.Bundle {
	if o.Students == 0 {
		o.Students = 60
	}
	u := found(o)
	for v := 1; v <= version; v++ {
		u.change(v)
	}
	return u.Bundle
}

// university is a university while it is invented.
type university struct {
	oneroster.Bundle
	seed        uint64
	enrolments  int // ids given out
	latecomers  int // who have arrived
	students    int
	unavailable map[place]bool // was taken once; not again, so that nobody goes back and forth
}

type place struct{ section, person string }

// A subject is taught in every term.
type subject struct{ code, title string }

var subjects = []subject{
	{"BIO-101", "Introduction to Biology"},
	{"CHEM-201", "Organic Chemistry"},
	{"HIST-110", "Europe since 1789"},
	{"MATH-150", "Calculus I"},
}

// found invents version 0.
func found(o Options) *university {
	u := &university{seed: o.Seed, unavailable: map[place]bool{}}
	u.School = "Harbourside University (invented)"
	current := termOf(o.Today)
	u.Terms = []sis.Term{current, termOf(current.End)}
	u.addPeople(o)
	for _, term := range u.Terms {
		u.addSections(term)
	}
	u.register()
	u.addFaults()
	return u
}

// termOf returns the term of that day. Terms are of four months, one after
// the other, so that one is always running.
func termOf(day sis.Date) sis.Term {
	names := [...]struct{ word, code string }{{"Spring", "SP"}, {"Summer", "SU"}, {"Fall", "FA"}}
	third := int(day.Month-1) / 4
	start := time.Date(day.Year, time.Month(4*third+1), 1, 0, 0, 0, 0, time.UTC)
	return sis.Term{
		Key:   fmt.Sprintf("%d%s", day.Year, names[third].code),
		Title: fmt.Sprintf("%s %d", names[third].word, day.Year),
		Kind:  "term",
		Start: dateOf(start),
		End:   dateOf(start.AddDate(0, 4, 0)),
	}
}

func dateOf(t time.Time) sis.Date { return sis.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()} }

func (u *university) addPeople(o Options) {
	for i, t := range teachers {
		t.Key, t.Username = fmt.Sprintf("T-%02d", i+1), fmt.Sprintf("t%02d", i+1)
		t.Roles, t.Enabled = []sis.Role{sis.Teacher}, true
		u.Persons = append(u.Persons, t)
	}
	for _, name := range names(o.Seed, o.Students) {
		u.addStudent(name)
	}
}

func (u *university) addStudent(name [2]string) {
	u.students++
	number := 1000 + u.students
	u.Persons = append(u.Persons, student(fmt.Sprintf("S-%d", number), number, name))
}

func student(key string, number int, name [2]string) sis.Person {
	return sis.Person{
		Key:      key,
		Username: fmt.Sprintf("s%d", number),
		Email:    fmt.Sprintf("s%d@students.example.edu", number),
		Given:    name[0],
		Family:   name[1],
		Roles:    []sis.Role{sis.Student},
		Enabled:  true,
	}
}

// addSections adds a section of each subject, with its teacher.
func (u *university) addSections(term sis.Term) {
	for _, s := range subjects {
		section := sis.Section{
			Key:    s.code + "-01-" + term.Key,
			Title:  s.title + ", " + term.Title,
			Code:   s.code + "-01",
			Course: s.title,
			Terms:  []string{term.Key},
		}
		teacher := teachersOf(u.Persons)[len(u.Sections)%len(teachers)]
		u.Sections = append(u.Sections, section)
		u.enrol(section.Key, teacher.Key, sis.Teacher)
	}
}

func teachersOf(persons []sis.Person) []sis.Person { return persons[:len(teachers)] }

// register puts every student into two sections of each term.
func (u *university) register() {
	dice := rand.New(rand.NewPCG(u.seed, 1))
	for _, p := range u.Persons[len(teachers):] {
		for term := range u.Terms {
			picks := dice.Perm(len(subjects))
			for _, pick := range picks[:2] {
				u.enrol(u.Sections[term*len(subjects)+pick].Key, p.Key, sis.Student)
			}
		}
	}
}

func (u *university) enrol(section, person string, role sis.Role) {
	u.enrolments++
	u.unavailable[place{section, person}] = true
	u.Registrations = append(u.Registrations, sis.Registration{
		Key: fmt.Sprintf("E-%04d", u.enrolments), Section: section, Person: person, Role: role,
	})
}

// impossible stands for a begin that the vocabulary cannot say; [Write] makes
// it one.
var impossible = sis.Date{Year: 1999, Month: time.February, Day: 28}

// addFaults adds what is not in order: a latecomer's registration, and one
// that begins on an impossible day.
func (u *university) addFaults() {
	next := u.Sections[len(subjects)+1].Key
	u.enrol(u.Sections[0].Key, latecomer(0), sis.Student)
	u.enrol(next, latecomer(0), sis.Student)

	for _, p := range u.Persons[len(teachers):] {
		if !u.unavailable[place{next, p.Key}] {
			u.enrol(next, p.Key, sis.Student)
			u.Registrations[len(u.Registrations)-1].Begin = impossible
			return
		}
	}
}

func latecomer(n int) string { return fmt.Sprintf("S-%d", 9000+n) }
