// Package oracle says how a learning platform ought to look in the end.
//
// It is a second opinion on what the SIS tasks do, and shares no code with
// them: they go from messages to plans to effects, and remember what they
// wrote; the oracle looks at nothing but the end of the story, which is what
// the student information system says at last and which section belongs to
// which course. [Desire] is the end state, and [Desired.Judge] what is wrong
// with one that was found.
//
// Some things depend on how the story went, and the oracle leaves them open:
// whoever dropped a class is not in force in its course, but may be there
// suspended; an account that nobody needs any more may be there; who was in a
// section that was cancelled may still be in its course; and who is registered
// in a section that is for another platform, or not ready, may keep a seat in a
// course that it shares with one that is.
package oracle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Truth is what is so in the end.
type Truth struct {
	Terms         []sis.Term
	Persons       []sis.Person
	Sections      []sis.Section
	Registrations []sis.Registration

	Courses     map[string]string // by section, those included that ended: the key of its course
	Selected    []string          // keys of the terms that are synced; none: all
	Provider    string            // sections for others are left out; empty: it does not matter
	Zone        *time.Location    // of sections that have none of their own
	Orientation string            // key of the course for all students; empty: none
}

// A Seat is a person's place in a course. There is one, whatever their roles.
type Seat struct{ Person, Course string }

// A Stay is what somebody is in a course, and for how long.
type Stay struct {
	Roles      []sis.Role // sorted
	Start, End time.Time  // zero: no limit
}

// Desired is how a platform ought to look.
type Desired struct {
	Accounts map[string]sis.User // that must be there, by key
	Seats    map[Seat]Stay       // that must be in force, and no others
	Loose    map[string]bool     // courses where others may be in force too, and have other roles
	Kept     map[Seat][]sis.Role // roles that people may still have because of sections that are not for the platform
}

// Found is what a platform holds.
type Found struct {
	Accounts []sis.User
	Seats    map[Seat]Stay // in force
}

// Desire returns how a platform ought to look in the end.
func Desire(t Truth) Desired {
	d := Desired{Accounts: map[string]sis.User{}, Seats: map[Seat]Stay{}, Loose: map[string]bool{}, Kept: map[Seat][]sis.Role{}}
	terms, sections, persons := byKey(t.Terms, termKey), byKey(t.Sections, sectionKey), byKey(t.Persons, personKey)
	shared := map[string]bool{} // with a section that is for the platform
	for key, course := range t.Courses {
		section, there := sections[key]
		if !there {
			d.Loose[course] = true
		}
		shared[course] = shared[course] || (there && t.ready(section) && t.selected(section, terms))
	}
	for _, p := range t.Persons {
		if slices.Contains(p.Roles, sis.Teacher) {
			d.account(p)
		}
	}
	for _, r := range t.Registrations {
		section, known := sections[r.Section]
		person, exists := persons[r.Person]
		course := t.Courses[r.Section]
		if !known || !exists || course == "" || !t.selected(section, terms) || !slices.Contains(synced, r.Role) {
			continue
		}
		if at := (Seat{person.Key, course}); !t.ready(section) {
			if shared[course] {
				d.Kept[at] = append(d.Kept[at], r.Role)
			}
			continue
		}
		d.account(person)
		start, end := t.span(r, section, terms)
		d.sit(Seat{person.Key, course}, r.Role, start, end)
		if t.Orientation != "" && r.Role == sis.Student {
			d.sit(Seat{person.Key, t.Orientation}, sis.Student, time.Time{}, time.Time{})
		}
	}
	return d
}

var synced = []sis.Role{sis.Student, sis.Teacher, sis.Assistant}

func termKey(t sis.Term) string       { return t.Key }
func personKey(p sis.Person) string   { return p.Key }
func sectionKey(s sis.Section) string { return s.Key }

func byKey[T any](all []T, key func(T) string) map[string]T {
	m := make(map[string]T, len(all))
	for _, one := range all {
		m[key(one)] = one
	}
	return m
}

// ready reports whether a section is for the platform, and is to be there yet.
func (t Truth) ready(s sis.Section) bool {
	ours := t.Provider == "" || s.Provider == "" || s.Provider == t.Provider
	return ours && s.Extract != sis.ExtractNone && s.Extract != sis.ExtractError
}

// selected reports whether a section is of a term that is synced.
func (t Truth) selected(s sis.Section, terms map[string]sis.Term) bool {
	return slices.ContainsFunc(s.Terms, func(key string) bool {
		_, there := terms[key]
		return there && (len(t.Selected) == 0 || slices.Contains(t.Selected, key))
	})
}

// span returns when a registration holds: what it does not say, the terms of
// its section do.
func (t Truth) span(r sis.Registration, s sis.Section, terms map[string]sis.Term) (start, end time.Time) {
	zone := t.Zone
	if own, err := time.LoadLocation(s.Zone); s.Zone != "" && err == nil {
		zone = own
	}
	first, last := r.Begin, r.End
	for _, key := range s.Terms {
		term := terms[key]
		if r.Begin.IsZero() && !term.Start.IsZero() && (first.IsZero() || term.Start.Before(first)) {
			first = term.Start
		}
		if r.End.IsZero() && last.Before(term.End) {
			last = term.End
		}
	}
	return midnight(first, zone), midnight(last, zone)
}

func midnight(d sis.Date, zone *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.In(zone)
}

func (d Desired) account(p sis.Person) {
	d.Accounts[p.Key] = sis.User{Key: p.Key, Username: p.Username, Email: p.Email, Given: p.Given, Family: p.Family}
}

// sit makes a seat hold for one more role and stretch of time.
func (d Desired) sit(at Seat, role sis.Role, start, end time.Time) {
	s, taken := d.Seats[at]
	if !slices.Contains(s.Roles, role) {
		s.Roles = append(slices.Clone(s.Roles), role)
		slices.Sort(s.Roles)
	}
	if !taken || start.Before(s.Start) {
		s.Start = start // no limit is before all others
	}
	if !taken || end.IsZero() || (!s.End.IsZero() && end.After(s.End)) {
		s.End = end
	}
	d.Seats[at] = s
}

// Judge returns what is wrong with what was found, one sentence each and in
// order.
func (d Desired) Judge(f Found) (wrong []string) {
	wrong = append(d.judgeAccounts(f), d.judgeSeats(f)...)
	slices.Sort(wrong)
	return wrong
}

func (d Desired) judgeAccounts(f Found) (wrong []string) {
	has := map[string][]sis.User{}
	for _, u := range f.Accounts {
		u.ID = ""
		has[u.Key] = append(has[u.Key], u)
	}
	for key, want := range d.Accounts {
		switch got := has[key]; {
		case len(got) == 0:
			wrong = append(wrong, fmt.Sprintf("person %s has no account", key))
		case len(got) > 1:
			wrong = append(wrong, fmt.Sprintf("person %s has %d accounts", key, len(got)))
		case got[0] != want:
			wrong = append(wrong, fmt.Sprintf("the account of person %s is %+v, and ought to be %+v", key, got[0], want))
		}
	}
	return wrong
}

func (d Desired) judgeSeats(f Found) (wrong []string) {
	for at, want := range d.Seats {
		got, there := f.Seats[at]
		switch {
		case !there:
			wrong = append(wrong, fmt.Sprintf("person %s is not in force in course %s", at.Person, at.Course))
		case !d.rolesFit(at, got.Roles, want.Roles):
			wrong = append(wrong, fmt.Sprintf("person %s is %v in course %s, and ought to be %v", at.Person, got.Roles, at.Course, want.Roles))
		case !got.Start.Equal(want.Start) || !got.End.Equal(want.End):
			wrong = append(wrong, fmt.Sprintf("person %s is in course %s from %s to %s, and ought to be from %s to %s", at.Person, at.Course,
				day(got.Start), day(got.End), day(want.Start), day(want.End)))
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(f.Seats), func(a, b Seat) int {
		return cmp.Or(cmp.Compare(a.Course, b.Course), cmp.Compare(a.Person, b.Person))
	}) {
		if _, wanted := d.Seats[at]; !wanted && !d.rolesFit(at, f.Seats[at].Roles, nil) {
			wrong = append(wrong, fmt.Sprintf("person %s is in force in course %s, and ought not to be", at.Person, at.Course))
		}
	}
	return wrong
}

// rolesFit reports whether all roles that are wanted at a seat are there, and no
// others but those that are left open.
func (d Desired) rolesFit(at Seat, got, want []sis.Role) bool {
	lacking := slices.ContainsFunc(want, func(r sis.Role) bool { return !slices.Contains(got, r) })
	tooMuch := slices.ContainsFunc(got, func(r sis.Role) bool { return !slices.Contains(want, r) && !slices.Contains(d.Kept[at], r) })
	return !lacking && (!tooMuch || d.Loose[at.Course])
}

func day(t time.Time) string {
	if t.IsZero() {
		return "ever"
	}
	return t.Format(time.RFC3339)
}
