package university

import (
	"cmp"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// A Kind is what happens in an [Event].
type Kind string

// What happens at a university.
const (
	Register      Kind = "register"       // a person for a section
	Drop          Kind = "drop"           // a registration, in the first weeks
	Withdraw      Kind = "withdraw"       // a registration, later
	Return        Kind = "return"         // a dropped registration is made again
	Swap          Kind = "swap"           // a registration moves to another section
	Rename        Kind = "rename"         // a person has another name
	Remail        Kind = "remail"         // a person has another e-mail
	Merge         Kind = "merge"          // a person turns out to be another one
	Ready         Kind = "ready"          // the extract status of a section becomes R
	ChangeTeacher Kind = "change-teacher" // the first teacher of a section
	Cancel        Kind = "cancel"         // a section
	Rekey         Kind = "rekey"          // a section has another id
)

// An Event is one change of the university. Persons and sections are given by
// their numbers.
type Event struct {
	At      int // minutes since the first day of the first term began; may be negative
	Kind    Kind
	Person  int
	Slot    int // which of the person's registrations
	Section int
	To      int // the section, person or teacher that takes the place of the one before
	Begin   int // Register: the day that the registration begins on; 0: its term's first
}

const minutesADay = 24 * 60

// Day returns the day of the event; day 0 is the first of the first term.
func (e Event) Day() int {
	if e.At < 0 {
		return (e.At+1)/minutesADay - 1
	}
	return e.At / minutesADay
}

// Timeline returns all that happens in the year, in order. Events of one
// moment have a fixed order too.
func (u *University) Timeline() []Event {
	people := u.split(u.people(), func(who int) []Event {
		if u.isStudent(who) {
			return slices.Concat(u.studies(who), u.life(who))
		}
		return u.life(who)
	})
	all := slices.Concat(people, u.split(u.Size.Sections, u.history))
	all = slices.DeleteFunc(all, func(e Event) bool { return slices.Contains(u.Without, e.Kind) })
	slices.SortStableFunc(all, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	return all
}

// split makes the events of n rows in several goroutines, and returns them in
// the order of the rows.
func (u *University) split(n int, events func(int) []Event) []Event {
	workers := cmp.Or(u.Goroutines, runtime.GOMAXPROCS(0))
	parts := make([][]Event, workers)
	var g errgroup.Group
	for w := range workers {
		g.Go(func() error {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				parts[w] = append(parts[w], events(i)...)
			}
			return nil
		})
	}
	_ = g.Wait() // nothing of it can fail
	return slices.Concat(parts...)
}
