package sistest

import (
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Campus is what a system holds.
type Campus struct {
	Terms         []sis.Term
	Persons       []sis.Person
	Sections      []sis.Section
	Registrations []sis.Registration
}

// Latecomer arrives while persons are read, for [RowInserted]. The key sorts
// before all others.
var Latecomer = sis.Person{
	Key: "0-latecomer", Username: "lara", Email: "lara@campus.example", Given: "Lara", Family: "Late",
	Roles: []sis.Role{sis.Student}, Enabled: true,
}

// NewCampus returns a campus of three terms, four sections, teachers and so
// many students, each in two sections. Nothing in it is odd but the names.
func NewCampus(students int) Campus {
	c := Campus{Terms: []sis.Term{
		{Key: "y26", Title: "2026/27", Kind: "schoolYear", Start: first(2026, 9), End: first(2027, 7)},
		{Key: "t26a", Title: "Autumn 2026", Kind: "term", Start: first(2026, 9), End: first(2027, 1), Parent: "y26"},
		{Key: "t27s", Title: "Spring 2027", Kind: "term", Start: first(2027, 1), End: first(2027, 7), Parent: "y26"},
	}}
	for i, subject := range []string{"Algebra", "Biology", "Chemistry", "Drama"} {
		c.addSection(i, subject)
	}
	for i := range students {
		c.addStudent(i)
	}
	return c
}

func (c *Campus) addSection(i int, subject string) {
	teacher := person(fmt.Sprintf("T-%02d", i), []string{"O'Brien", "Ünal", "de la Cruz", "Νίκου"}[i], sis.Teacher)
	section := sis.Section{
		Key: fmt.Sprintf("s%d", i), Title: subject + " A", Code: subject[:3] + "-A", Course: subject,
		Terms: []string{c.Terms[1+i%2].Key}, School: "north",
	}
	c.Persons = append(c.Persons, teacher)
	c.Sections = append(c.Sections, section)
	c.register(section.Key, teacher.Key, sis.Teacher)
}

func (c *Campus) addStudent(i int) {
	student := person(fmt.Sprintf("p%05d", i), fmt.Sprintf("Family-%d", i), sis.Student)
	c.Persons = append(c.Persons, student)
	for _, at := range []int{i, i + 1} {
		c.register(c.Sections[at%len(c.Sections)].Key, student.Key, sis.Student)
	}
}

func person(key, family string, role sis.Role) sis.Person {
	return sis.Person{
		Key: key, Username: "u-" + key, Email: key + "@campus.example", Given: "Given", Family: family,
		Roles: []sis.Role{role}, Enabled: true,
	}
}

func (c *Campus) register(section, person string, role sis.Role) {
	c.Registrations = append(c.Registrations, sis.Registration{
		Key: fmt.Sprintf("e%06d", len(c.Registrations)), Section: section, Person: person, Role: role,
		Begin: first(2026, 9), End: first(2027, 1),
	})
}

func first(year int, month time.Month) sis.Date { return sis.Date{Year: year, Month: month, Day: 1} }

// clone lets the copy's lists be changed.
func (c Campus) clone() Campus {
	return Campus{slices.Clone(c.Terms), slices.Clone(c.Persons), slices.Clone(c.Sections), slices.Clone(c.Registrations)}
}

// renamed is the campus with another family name for one person.
func (c Campus) renamed(i int, family string) Campus {
	c = c.clone()
	c.Persons[i].Family = family
	return c
}

// texts returns what the campus has of a stream, by key.
func (c Campus) texts(stream sis.Stream) map[string]string {
	switch stream {
	case sis.Terms:
		return texts(c.Terms, func(t sis.Term) string { return t.Key })
	case sis.Persons:
		return texts(c.Persons, func(p sis.Person) string { return p.Key })
	case sis.Sections:
		return texts(c.Sections, func(s sis.Section) string { return s.Key })
	}
	return texts(c.Registrations, placeOf)
}

// placeOf is a registration's identity: its key is only an alias.
func placeOf(r sis.Registration) string {
	return r.Section + " " + r.Person + " " + string(r.Role)
}
