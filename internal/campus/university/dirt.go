package university

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A Trouble is one way in which an export is not in order.
type Trouble struct {
	Name   string
	Row    int    // in the table of bad inputs and their right outcomes
	Code   string // that a sync gives to the records; empty: it takes them
	About  string // what is wrong, for people
	Stream sis.Stream
	Whole  bool // of the whole export, not of single records

	spoil func(d *Dump, i int) []string // makes record i wrong; returns the ids it concerns
	wreck func(d *Dump, u *University)  // does so to the whole
}

// An Expectation is what a sync ought to say of one record, or of a whole
// stream if the key is empty.
type Expectation struct {
	Stream sis.Stream
	Key    string // the provider's id
	Row    int
	Code   string // empty: nothing
	Name   string // of the trouble
}

// A Dump is what a student information system exports, right or wrong.
type Dump struct {
	Campus
	Truth []Expectation

	At    time.Time                      // of a delta: when it was made; zero: all that there is
	Ended map[sis.Stream]map[string]bool // of a delta: ids of what has ended, and stands there as it was

	cells   map[cell]string // that do not say what the record says
	touched map[string]bool // records that something is wrong with already
	ready   map[string]bool // sections that a platform gets, and people who get an account because of them
	cut     bool            // the file ends in the middle
}

// A cell is one field of one record.
type cell struct {
	stream     sis.Stream
	key, field string
}

// text returns what is written for a field of a record.
func (d *Dump) text(stream sis.Stream, key, field, right string) string {
	if wrong, ok := d.cells[cell{stream, key, field}]; ok {
		return wrong
	}
	return right
}

// Troubles are all that can be wrong, by the number of their row.
var Troubles = []Trouble{
	{Name: "bad-email", Row: 1, Code: "EMAIL_INVALID", Stream: sis.Persons, About: "an e-mail that is missing or not one", spoil: badEmail},
	{Name: "same-email", Row: 2, Code: "EMAIL_DUPLICATE", Stream: sis.Persons, About: "two people with one e-mail, in other letter case", spoil: sameEmail},
	{Name: "empty", Row: 3, Code: "SNAPSHOT_INCOMPLETE", Stream: sis.Registrations, About: "no registrations at all", Whole: true, wreck: func(d *Dump, _ *University) { d.Registrations = nil }},
	{Name: "cut", Row: 4, Code: "SRC_UNAVAILABLE", About: "half a file", Whole: true, wreck: func(d *Dump, _ *University) { d.cut = true }},
	{Name: "orphan-person", Row: 14, Code: "REF_PERSON", Stream: sis.Registrations, About: "a registration for nobody", spoil: orphan(func(r *sis.Registration, n int) { r.Person = fmt.Sprintf("nobody-%d", n) })},
	{Name: "orphan-section", Row: 14, Code: "REF_SECTION", Stream: sis.Registrations, About: "a registration for no section", spoil: orphan(func(r *sis.Registration, n int) { r.Section = fmt.Sprintf("nowhere-%d", n) })},
	{Name: "no-sections", Row: 15, Stream: sis.Sections, About: "the sections of one school are missing, with their registrations", Whole: true, wreck: closeSchool},
	{Name: "prefixed", Row: 16, Code: "REKEY_SUSPECTED", About: "all ids begin with something new", Whole: true, wreck: prefix},
	{Name: "bad-date", Row: 21, Code: "BAD_DATE", Stream: sis.Registrations, About: "31 February, 0000-00-00, 03/04/2026", spoil: badDate},
	{Name: "backwards", Row: 21, Code: "DATE_RANGE", Stream: sis.Registrations, About: "an end before the begin", spoil: backwards},
	{Name: "odd-flag", Row: 25, Stream: sis.Persons, About: "yes and 1 for true", spoil: cellOf(sis.Persons, "enabled", "yes", "1", "TRUE")},
	{Name: "bad-flag", Row: 25, Code: "BAD_ENUM", Stream: sis.Persons, About: "perhaps for true", spoil: cellOf(sis.Persons, "enabled", "perhaps")},
	{Name: "same-id", Row: 27, Code: "DUP_KEY", Stream: sis.Registrations, About: "one id for two registrations", spoil: sameID},
	{Name: "no-school", Row: 34, Code: "BRAKE_DROPS", Stream: sis.Registrations, About: "the registrations of one school are missing", Whole: true, wreck: emptySchool},
}

// TroubleOf returns the trouble of that name.
func TroubleOf(name string) (Trouble, error) {
	var names []string
	for _, t := range Troubles {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Trouble{}, fmt.Errorf("there is no trouble %q; there are %s", name, strings.Join(names, ", "))
}

// A Dirt is how much of a trouble there is.
type Dirt struct {
	Trouble
	Rate float64  // of the records of its stream, of 1
	Only []string // keys of records; none: it can be any
}

func newDump(c Campus) *Dump {
	return &Dump{Campus: c, cells: map[cell]string{}, touched: map[string]bool{}}
}

// Export returns what the student information system exports now, with some
// dirt. No record has two troubles.
func (s *State) Export(dirt ...Dirt) *Dump {
	d := newDump(s.Campus())
	d.soil(s.u, dirt)
	return d
}

// soil makes records wrong. Where a platform would not look at them, they stay
// right: nobody would hear of it.
func (d *Dump) soil(u *University, dirt []Dirt) {
	d.findReady()
	for _, one := range dirt {
		if one.Whole {
			one.wreck(d, u)
			d.expect(one.Trouble, "")
			continue
		}
		for i := range d.len(one.Stream) {
			if one.may(d.key(one.Stream, i)) && chance(u.dice("dirt "+one.Name, i), one.Rate) {
				d.dirty(one.Trouble, i)
			}
		}
	}
	slices.SortStableFunc(d.Truth, func(a, b Expectation) int { return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Key, b.Key)) })
}

func (d Dirt) may(key string) bool { return len(d.Only) == 0 || slices.Contains(d.Only, key) }

func (d *Dump) findReady() {
	d.ready = map[string]bool{}
	for _, s := range d.Sections {
		d.ready[s.Key] = (s.Provider == "" || s.Provider == Ours) && (s.Extract == "" || s.Extract == sis.ExtractReady)
	}
	for _, r := range d.Registrations {
		d.ready[r.Person] = d.ready[r.Person] || d.ready[r.Section]
	}
}

func (d *Dump) dirty(t Trouble, i int) {
	for _, key := range t.spoil(d, i) {
		d.expect(t, key)
	}
}

func (d *Dump) expect(t Trouble, key string) {
	d.touched[key] = true
	d.Truth = append(d.Truth, Expectation{Stream: t.Stream, Key: key, Row: t.Row, Code: t.Code, Name: t.Name})
}

func (d *Dump) len(stream sis.Stream) int {
	if stream == sis.Persons {
		return len(d.Persons)
	}
	return len(d.Registrations)
}

func (d *Dump) key(stream sis.Stream, i int) string {
	if stream == sis.Persons {
		return d.Persons[i].Key
	}
	return d.Registrations[i].Key
}
