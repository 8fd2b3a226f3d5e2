package university

import (
	"fmt"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

func badEmail(d *Dump, i int) []string {
	p := &d.Persons[i]
	if d.touched[p.Key] || !d.ready[p.Key] {
		return nil
	}
	p.Email = []string{"", "not an address", "someone@students.exаmple.edu"}[i%3] // the а is Cyrillic
	return []string{p.Key}
}

func sameEmail(d *Dump, i int) []string {
	other := (i + 1) % len(d.Persons)
	a, b := &d.Persons[i], &d.Persons[other]
	if d.touched[a.Key] || d.touched[b.Key] || !d.ready[a.Key] || !d.ready[b.Key] || a == b {
		return nil
	}
	a.Email = strings.ToUpper(b.Email)
	return []string{a.Key, b.Key}
}

// orphan adds a registration like the one that is there, but for somebody or
// something else.
func orphan(change func(*sis.Registration, int)) func(*Dump, int) []string {
	return func(d *Dump, i int) []string {
		r := d.Registrations[i]
		change(&r, i)
		r.Key = fmt.Sprintf("%s-%s", r.Key, "orphan")
		if d.touched[r.Key] {
			return nil
		}
		d.Registrations = append(d.Registrations, r)
		return []string{r.Key}
	}
}

func badDate(d *Dump, i int) []string {
	return cellOf(sis.Registrations, "begin", "2026-02-31", "0000-00-00", "03/04/2026")(d, i)
}

// cellOf writes one of those texts into a field.
func cellOf(stream sis.Stream, field string, texts ...string) func(*Dump, int) []string {
	return func(d *Dump, i int) []string {
		key := d.key(stream, i)
		if d.touched[key] {
			return nil
		}
		d.cells[cell{stream, key, field}] = texts[i%len(texts)]
		return []string{key}
	}
}

func backwards(d *Dump, i int) []string {
	r := &d.Registrations[i]
	if d.touched[r.Key] || !d.ready[r.Section] {
		return nil
	}
	year := d.Terms[0].Start.Year
	r.Begin, r.End = sis.Date{Year: year, Month: 11, Day: 2}, sis.Date{Year: year, Month: 10, Day: 1}
	return []string{r.Key}
}

// sameID gives a registration the id of the one before it.
func sameID(d *Dump, i int) []string {
	if i == 0 || d.touched[d.Registrations[i].Key] || d.touched[d.Registrations[i-1].Key] {
		return nil
	}
	d.Registrations[i].Key = d.Registrations[i-1].Key
	return []string{d.Registrations[i].Key}
}

func prefix(d *Dump, _ *University) {
	const by = "NEW-"
	for i := range d.Persons {
		d.Persons[i].Key = by + d.Persons[i].Key
	}
	for i := range d.Sections {
		d.Sections[i].Key = by + d.Sections[i].Key
	}
	for i := range d.Registrations {
		r := &d.Registrations[i]
		r.Key, r.Section, r.Person = by+r.Key, by+r.Section, by+r.Person
	}
}

// emptySchool takes the registrations of one school's sections out.
func emptySchool(d *Dump, u *University) {
	empty := map[string]bool{}
	for _, s := range d.Sections {
		empty[s.Key] = s.School == oneSchool(u)
	}
	d.Registrations = slices.DeleteFunc(d.Registrations, func(r sis.Registration) bool { return empty[r.Section] })
}

// closeSchool takes the sections out too.
func closeSchool(d *Dump, u *University) {
	emptySchool(d, u)
	school := oneSchool(u)
	d.Sections = slices.DeleteFunc(d.Sections, func(s sis.Section) bool { return s.School == school })
}

func oneSchool(u *University) string { return pick(u.dice("no-school", 0), schools) }
