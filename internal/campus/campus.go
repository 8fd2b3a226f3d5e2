// Package campus is the demo: a small university that does not exist, and the
// student information system that would be its own.
//
// The university is one of package university, of a size of its own: a term
// that is running and the one after it, ninety students, nine teachers,
// seventeen sections. It has numbered versions, each a few events of its year
// after the one before. [SIS] publishes one version after the other into a
// folder, as a registrar's nightly export would.
//
// Not all of it is in order, so that a demo has something to show:
//
//   - a registration begins on an impossible day
//   - a teacher has no e-mail address
//   - registrations are there some time before the person whom they are for
//   - from version 1 on the students of one section are missing, which is more
//     than a sync lets through by itself
//   - one section has no twin, so that its code could name courses of the LMS:
//     [Unlinked]
//
// The Moodle that all this goes to is in the folder below.
package campus

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// OrientationCourse is the id number of the course that the demo enrols
// first-time students in.
const OrientationCourse = "ORIENT"

// Options say which university is invented.
type Options struct {
	Seed  uint64
	Today sis.Date
}

var size = university.Size{Name: "demo", Students: 90, Teachers: 9, Sections: 17}

const (
	begins       = 14 // day of the first term that version 0 shows
	eventsEach   = 3  // from one version to the next
	latecomers   = 3  // students who are unknown at first
	arrivesEvery = 3  // versions between two of them

	emptied  = 2  // the section whose students are missing
	twinless = 16 // the section that alone teaches its course
)

// Export returns what the student information system exports in a version of
// a university. The first version is 0.
func Export(o Options, version int) *university.Dump {
	u := found(o)
	state := u.After(u.Timeline(), 0)
	state.AdvanceTo(begins)
	state.Advance(version * eventsEach)
	d, late := state.Export(dirt(u)...), late(u, version)
	d.Persons = slices.DeleteFunc(d.Persons, func(p sis.Person) bool { return slices.Contains(late, p.Key) })
	if version > 0 {
		gone := u.Section(emptied).Key
		d.Registrations = slices.DeleteFunc(d.Registrations, func(r sis.Registration) bool { return r.Section == gone && r.Role == sis.Student })
	}
	return d
}

// Write writes a version of a university as a OneRoster bundle.
func Write(w io.Writer, o Options, version int) error {
	format, err := university.FormatOf("oneroster-1.1")
	if err != nil {
		return err
	}
	return format.Write(w, Export(o, version))
}

// Unlinked returns the section that a person is to link, if there are two
// courses that its code could mean.
func Unlinked(o Options) sis.Section { return found(o).Section(twinless) }

// found founds the university. Nothing happens in it that would be one more
// question to the people who look at the demo.
func found(o Options) *university.University {
	return university.New(university.Options{
		Seed: o.Seed, Size: size, Calendar: calendar(o.Today), Silent: true, Eventful: 10,
		Without: []university.Kind{university.Merge, university.Rekey, university.Cancel},
	})
}

// dirt is what is wrong with every version.
func dirt(u *university.University) []university.Dirt {
	return []university.Dirt{
		wrong("bad-date", "R0-0-1"),
		wrong("bad-email", u.Person(size.Students).Key), // the first teacher
	}
}

func wrong(trouble, key string) university.Dirt {
	t, err := university.TroubleOf(trouble)
	if err != nil {
		panic(err) // it is in the list
	}
	return university.Dirt{Trouble: t, Rate: 1, Only: []string{key}}
}

// late are the keys of the students who have not arrived yet.
func late(u *university.University, version int) (keys []string) {
	for n := version / arrivesEvery; n < latecomers; n++ {
		keys = append(keys, u.Person(size.Students-latecomers+n).Key)
	}
	return keys
}

// calendar is two terms: the one that is running, for two weeks at least, and
// the one after it.
func calendar(today sis.Date) []sis.Term {
	current := startOfTerm(today.In(time.UTC).AddDate(0, 0, -begins))
	return []sis.Term{term(current), term(current.AddDate(0, termMonths, 0))}
}

// Terms begin every four months, and go on for two weeks while the next one
// has begun, so that one is always well under way.
const termMonths = 4

func startOfTerm(day time.Time) time.Time {
	month := (int(day.Month())-1)/termMonths*termMonths + 1
	return time.Date(day.Year(), time.Month(month), 1, 0, 0, 0, 0, time.UTC)
}

func term(start time.Time) sis.Term {
	names := [...]struct{ word, code string }{{"Spring", "SP"}, {"Summer", "SU"}, {"Fall", "FA"}}
	name := names[int(start.Month())/termMonths]
	return sis.Term{
		Key:   fmt.Sprintf("%d%s", start.Year(), name.code),
		Title: fmt.Sprintf("%s %d", name.word, start.Year()),
		Kind:  "term",
		Start: dateOf(start),
		End:   dateOf(start.AddDate(0, termMonths, begins)),
	}
}

func dateOf(t time.Time) sis.Date { return sis.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()} }
