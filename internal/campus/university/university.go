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
	Year int // of the first day of the first term, 1 September; 0: 2026

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
	popular [][]int // by term: how popular its sections are, summed up
}

// New founds a university.
func New(o Options) *University {
	o.Year, o.Eventful = cmp.Or(o.Year, 2026), cmp.Or(o.Eventful, 1)
	u := &University{Options: o, popular: make([][]int, len(terms))}
	for j := range o.Size.Sections {
		t := termOf(j)
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

// terms are the terms of the year: their first and their last day, from the
// first day of the first.
var terms = []struct {
	code, title string
	start, end  int
}{
	{"FA", "Fall", 0, termLength},
	{"SP", "Spring", 133, 133 + termLength},
	{"SU", "Summer", 273, 273 + 71},
}

// Day returns the date of a day; day 0 is the first of the first term.
func (u *University) Day(n int) sis.Date {
	t := u.Time(n * minutesADay)
	return sis.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
}

// Time returns the instant of an [Event.At].
func (u *University) Time(at int) time.Time {
	return time.Date(u.Year, time.September, 1, 0, at, 0, 0, time.UTC)
}

// Terms returns the terms.
func (u *University) Terms() []sis.Term {
	all := make([]sis.Term, len(terms))
	for i := range terms {
		all[i] = u.term(i)
	}
	return all
}

func (u *University) term(i int) sis.Term {
	t := terms[i]
	start := u.Day(t.start)
	return sis.Term{
		Key: fmt.Sprintf("%d%s", start.Year, t.code), Title: fmt.Sprintf("%s %d", t.title, start.Year), Kind: "term",
		Start: start, End: u.Day(t.end),
	}
}

// Sections take turns between the terms; within a term they are numbered.
func termOf(section int) int   { return section % len(terms) }
func numberOf(section int) int { return section / len(terms) }

func sectionOf(term, number int) int { return number*len(terms) + term }

// courseOf returns the course of the catalogue that a section teaches: two
// sections of a term teach each.
func courseOf(section int) int { return numberOf(section) / 2 }

// twin returns the other section of the term that teaches the same course.
func (u *University) twin(section int) (other int, ok bool) {
	other = sectionOf(termOf(section), numberOf(section)^1)
	return other, other < u.Size.Sections
}

// leader returns the section whose course a section shares: its own, unless
// it is cross-listed.
func (u *University) leader(section int) int {
	const block = 3
	term, number := termOf(section), numberOf(section)
	first := number / block * block
	dice := u.dice("crosslist", sectionOf(term, first))
	if size := 2 + dice.IntN(2); !chance(dice, crossListed*block/2.5) || number-first >= size {
		return section
	}
	return sectionOf(term, first)
}

// Section returns a section as it is entered into the catalogue.
func (u *University) Section(j int) sis.Section {
	term := u.term(termOf(j))
	code := fmt.Sprintf("%s-%02d", courseCode(courseOf(j)), numberOf(j)%2+1)
	s := sis.Section{
		Key: code + "-" + term.Key, Title: courseTitle(courseOf(j)) + ", " + term.Title, Code: code, Course: courseTitle(courseOf(j)),
		Terms: []string{term.Key}, School: schools[courseOf(j)%len(schools)],
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
		term := (student + len(sections)) % len(terms)
		popular := u.popular[term]
		s := sectionOf(term, sort.SearchInts(popular, 1+dice.IntN(u.total(term))))
		taken := func(other int) bool { return termOf(other) == term && courseOf(other) == courseOf(s) }
		if !slices.ContainsFunc(sections, taken) {
			sections = append(sections, s)
		}
	}
	return sections
}
