package university

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Options say which university is invented.
type Options struct {
	Seed uint64
	Size Size
	// Calendar is the terms, of which the first begins on day 0; none: fall,
	// spring and summer from 1 September 2026.
	Calendar []sis.Term

	// Silent is a student information system that says of no section which
	// platform it is for, whether it is ready and in which time zone it is.
	Silent bool
	// Eventful is how many times as often as usual rare things happen: new names,
	// merges, new teachers, cancelled sections, new ids; 0: once.
	Eventful int
	// Without is events that do not happen.
	Without []Kind
	// Goroutines is how many make the timeline; 0: one for each processor. The
	// result does not depend on it.
	Goroutines int
}

// Ours is what sections that are meant for the platform call it, and Theirs
// and NoPlatform are what the others say.
const (
	Ours       = "moodle"
	Theirs     = "canvas"
	NoPlatform = "none"
)

// A University is one that does not exist. It is safe for concurrent use.
type University struct {
	Options
	starts  []int   // by term: its first day
	popular [][]int // by term: how popular its sections are, summed up
}

// New founds a university.
func New(o Options) *University {
	o.Eventful = cmp.Or(o.Eventful, 1)
	if len(o.Calendar) == 0 {
		o.Calendar = academicYear()
	}
	u := &University{Options: o, popular: make([][]int, len(o.Calendar))}
	for _, t := range o.Calendar {
		first := t.Start.In(time.UTC).Sub(u.Time(0))
		u.starts = append(u.starts, int(first.Hours())/24)
	}
	for j := range o.Size.Sections {
		t := u.termOf(j)
		u.popular[t] = append(u.popular[t], u.total(t)+u.popularity(j))
	}
	return u
}

func (u *University) total(term int) int {
	if n := len(u.popular[term]); n > 0 {
		return u.popular[term][n-1]
	}
	return 0
}

// popularity is how many seats a section would like to have. It is a whole
// number, so that it is the same on all machines.
func (u *University) popularity(section int) int {
	seats := medianSeats * math.Exp(spread*u.dice("popularity", section).NormFloat64())
	return min(max(int(seats), 2), mostSeats)
}

// Day returns the date of a day; day 0 is the first of the first term.
func (u *University) Day(n int) sis.Date {
	return dateOf(u.Time(n * minutesADay))
}

// Time returns the instant of an [Event.At].
func (u *University) Time(at int) time.Time {
	return u.Calendar[0].Start.In(time.UTC).Add(time.Duration(at) * time.Minute)
}

// Terms returns the terms.
func (u *University) Terms() []sis.Term { return slices.Clone(u.Calendar) }

// Sections take turns between the terms; within a term they are numbered.
func (u *University) termOf(section int) int   { return section % len(u.Calendar) }
func (u *University) numberOf(section int) int { return section / len(u.Calendar) }

func (u *University) sectionOf(term, number int) int { return number*len(u.Calendar) + term }

// courseOf returns the course of the catalogue that a section teaches: two
// sections of a term teach each.
func (u *University) courseOf(section int) int { return u.numberOf(section) / 2 }

// twin returns the other section of the term that teaches the same course.
func (u *University) twin(section int) (other int, ok bool) {
	other = u.sectionOf(u.termOf(section), u.numberOf(section)^1)
	return other, other < u.Size.Sections
}

// leader returns the section whose course a section shares: its own, unless
// it is cross-listed.
func (u *University) leader(section int) int {
	const block = 3
	term, number := u.termOf(section), u.numberOf(section)
	first := number / block * block
	dice := u.dice("crosslist", u.sectionOf(term, first))
	if size := 2 + dice.IntN(2); !chance(dice, crossListed*block/2.5) || number-first >= size {
		return section
	}
	return u.sectionOf(term, first)
}

// Section returns a section as it is entered into the catalogue.
func (u *University) Section(j int) sis.Section {
	term := u.Calendar[u.termOf(j)]
	code := fmt.Sprintf("%s-%02d", courseCode(u.courseOf(j)), u.numberOf(j)%2+1)
	s := sis.Section{
		Key: code + "-" + term.Key, Title: courseTitle(u.courseOf(j)) + ", " + term.Title, Code: code, Course: courseTitle(u.courseOf(j)),
		Terms: []string{term.Key}, School: schools[u.courseOf(j)%len(schools)],
	}
	if !u.Silent {
		s.Provider, s.Extract, s.Zone = u.provider(j), sis.ExtractNone, u.zone(j)
	}
	return s
}

func (u *University) provider(section int) string {
	switch at := u.dice("provider", section).Float64(); {
	case at < notForLMS:
		return NoPlatform
	case at < notForLMS+elsewhere:
		return Theirs
	}
	return Ours
}

// zone returns where a section is taught that has a time of its own.
func (u *University) zone(section int) string {
	dice := u.dice("zone", section)
	if !chance(dice, abroad) {
		return ""
	}
	return pick(dice, []string{"America/Los_Angeles", "Europe/Lisbon", "Asia/Kolkata"})
}

// readies reports whether a section is ever made ready.
func (u *University) readies(section int) bool {
	return u.provider(section) != NoPlatform && !chance(u.dice("ready", section), neverReady)
}

// teachers returns who teaches a section, as numbers of persons.
func (u *University) teachers(section int) []int {
	dice := u.dice("teachers", section)
	first := u.teacher(dice.IntN(u.Size.Teachers))
	second := u.teacher(dice.IntN(u.Size.Teachers))
	if first == second || !chance(dice, coTaught) {
		return []int{first}
	}
	return []int{first, second}
}

// Students are numbered first, then teachers.
func (u *University) teacher(n int) int      { return u.Size.Students + n }
func (u *University) people() int            { return u.Size.Students + u.Size.Teachers }
func (u *University) isStudent(who int) bool { return who < u.Size.Students }

// assists returns the section that a student teaches, if any.
func (u *University) assists(student int) (section int, ok bool) {
	dice := u.dice("assistant", student)
	if !chance(dice, assistants) {
		return 0, false
	}
	if own := u.picks(student); chance(dice, ownSection) {
		return own[0], true
	}
	return dice.IntN(u.Size.Sections), true
}

// picks returns the sections that a student will register for, each in a
// different course of its term.
func (u *University) picks(student int) []int {
	n := pick(u.dice("load", student/2), courseLoad[:])
	if student%2 == 1 {
		n = 10 - n // so that there are exactly five to a student
	}
	dice, sections := u.dice("picks", student), make([]int, 0, n)
	for len(sections) < n {
		term := (student + len(sections)) % len(u.Calendar)
		popular := u.popular[term]
		s := u.sectionOf(term, sort.SearchInts(popular, 1+dice.IntN(u.total(term))))
		taken := func(other int) bool { return u.termOf(other) == term && u.courseOf(other) == u.courseOf(s) }
		if !slices.ContainsFunc(sections, taken) {
			sections = append(sections, s)
		}
	}
	return sections
}
