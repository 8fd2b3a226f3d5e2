package university

import (
	"fmt"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A State is how things stand after some events. It is not safe for concurrent
// use.
type State struct {
	u        *University
	timeline []Event
	events   int // that have happened

	slots    []slot // by person and slot
	people   []personNow
	sections []sectionNow
}

// A slot is one of a student's registrations.
type slot struct {
	section    int
	held       bool // it is in force
	generation int  // how often it was made
	begin      int  // day; 0: the term's
}

type personNow struct {
	names, emails int // changes
	merged        bool
	into          int
}

type sectionNow struct {
	ready, cancelled bool
	keys             int // changes
	teacher          int // in place of the first; -1: no one
}

// After returns how things stand after the first n events of the timeline.
// Without any, the catalogue is out and nobody has registered.
func (u *University) After(timeline []Event, n int) *State {
	s := &State{
		u: u, timeline: timeline,
		slots: make([]slot, u.Size.Students*mostCourses), people: make([]personNow, u.people()), sections: make([]sectionNow, u.Size.Sections),
	}
	for j := range s.sections {
		s.sections[j].teacher = -1
	}
	s.Advance(n)
	return s
}

// Advance lets the next n events happen, or as many as are left.
func (s *State) Advance(n int) {
	for range min(n, len(s.timeline)-s.events) {
		s.happen(s.timeline[s.events])
		s.events++
	}
}

// AdvanceTo lets all events happen up to the end of a day.
func (s *State) AdvanceTo(day int) {
	for s.events < len(s.timeline) && s.timeline[s.events].Day() <= day {
		s.Advance(1)
	}
}

// Events returns how many events have happened.
func (s *State) Events() int { return s.events }

func (s *State) happen(e Event) {
	switch e.Kind {
	case Rename:
		s.people[e.Person].names++
	case Remail:
		s.people[e.Person].emails++
	case Merge:
		s.people[e.Person].merged, s.people[e.Person].into = true, e.To
	case Ready:
		s.sections[e.Section].ready = true
	case ChangeTeacher:
		s.sections[e.Section].teacher = e.To
	case Cancel:
		s.sections[e.Section].cancelled = true
	case Rekey:
		s.sections[e.Section].keys++
	default:
		s.slots[e.Person*mostCourses+e.Slot].happen(e)
	}
}

func (r *slot) happen(e Event) {
	switch e.Kind {
	case Register:
		*r = slot{section: e.Section, held: true, generation: 1, begin: e.Begin}
	case Return:
		r.held, r.generation = true, r.generation+1
	case Swap:
		r.section, r.generation = e.To, r.generation+1
	case Drop, Withdraw:
		r.held = false
	}
}

// A Campus is all that a student information system says at one moment.
type Campus struct {
	Terms         []sis.Term
	Persons       []sis.Person
	Sections      []sis.Section
	Registrations []sis.Registration
}

// Campus returns what the student information system says now. What has ended
// is not in it.
func (s *State) Campus() Campus {
	c := Campus{Terms: s.u.Terms()}
	for who := range s.people {
		if !s.people[who].merged {
			c.Persons = append(c.Persons, s.u.person(who, s.people[who].names, s.people[who].emails))
		}
	}
	keys := s.keysOfPeople(c.Persons)
	for j := range s.sections {
		if s.sections[j].cancelled {
			continue
		}
		section := s.section(j)
		c.Sections = append(c.Sections, section)
		c.Registrations = append(c.Registrations, s.teaching(j, section.Key, keys)...)
	}
	c.Registrations = append(c.Registrations, s.studying(c, keys)...)
	return c
}

// keysOfPeople returns everybody's key, and of those who turned out to be
// another one that one's.
func (s *State) keysOfPeople(persons []sis.Person) []string {
	keys := make([]string, len(s.people))
	for who := range keys {
		if !s.people[who].merged {
			keys[who], persons = persons[0].Key, persons[1:]
		}
	}
	for who := range keys {
		if s.people[who].merged {
			keys[who] = keys[s.people[who].into]
		}
	}
	return keys
}

func (s *State) section(j int) sis.Section {
	section := s.u.Section(j)
	if s.sections[j].keys > 0 {
		section.Key = fmt.Sprintf("%s-R%d", section.Key, s.sections[j].keys)
	}
	if s.sections[j].ready {
		section.Extract = sis.ExtractReady
	}
	return section
}

// teaching returns the registrations of a section's teachers.
func (s *State) teaching(j int, section string, keys []string) (all []sis.Registration) {
	teachers := s.u.teachers(j)
	if other := s.sections[j].teacher; other >= 0 {
		teachers[0] = other
	}
	for n, who := range teachers {
		if n == 0 || who != teachers[0] {
			all = append(all, sis.Registration{Key: fmt.Sprintf("T%d-%d", j, who), Section: section, Person: keys[who], Role: sis.Teacher})
		}
	}
	return all
}

// studying returns the registrations of students, in the order of the
// students; those who teach besides teach first. Somebody who is registered
// twice for a section, being two people in one, is so once.
func (s *State) studying(c Campus, keys []string) (all []sis.Registration) {
	sections := make([]string, len(s.sections))
	open := c.Sections
	for j := range sections {
		if !s.sections[j].cancelled {
			sections[j], open = open[0].Key, open[1:]
		}
	}
	twice := s.merged()
	add := func(r sis.Registration) {
		place := [3]string{r.Section, r.Person, string(r.Role)}
		if seen, ok := twice[r.Person]; r.Section == "" || ok && seen[place] {
			return
		} else if ok {
			seen[place] = true
		}
		all = append(all, r)
	}
	for who := range s.u.Size.Students {
		if j, ok := s.u.assists(who); ok {
			add(sis.Registration{Key: fmt.Sprintf("A%d", who), Section: sections[j], Person: keys[who], Role: sis.Teacher})
		}
		for n := range mostCourses {
			if r := s.slots[who*mostCourses+n]; r.held {
				add(s.registration(who, n, r, sections[r.section], keys[who]))
			}
		}
	}
	return all
}

func (s *State) registration(who, n int, r slot, section, person string) sis.Registration {
	one := sis.Registration{Key: fmt.Sprintf("R%d-%d-%d", who, n, r.generation), Section: section, Person: person, Role: sis.Student}
	if r.begin != 0 {
		one.Begin = s.u.Day(r.begin)
	}
	return one
}

// merged returns an empty set for everybody whom others turned out to be.
func (s *State) merged() map[string]map[[3]string]bool {
	all := map[string]map[[3]string]bool{}
	for who := range s.people {
		if s.people[who].merged {
			into := s.people[who].into
			all[s.u.person(into, 0, 0).Key] = map[[3]string]bool{}
		}
	}
	return all
}

// Courses returns which course of the platform each section belongs to, by
// their keys: the first of a cross-listed group gives its key to all of it,
// and keeps the key that it had in the beginning.
func (s *State) Courses() map[string]string {
	courses := make(map[string]string, len(s.sections))
	for j := range s.sections {
		courses[s.section(j).Key] = s.u.Section(s.u.leader(j)).Key
	}
	return courses
}
