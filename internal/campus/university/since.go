package university

import (
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// ExportSince returns what has changed since an earlier state, as it was at the
// end of a day, with some dirt.
func (s *State) ExportSince(before Campus, day int, dirt ...Dirt) *Dump {
	d := Changes(before, s.Campus())
	d.At = s.u.Time((day + 1) * minutesADay)
	d.soil(s.u, dirt)
	return d
}

// Changes returns what is different now, in a dump of no particular time.
func Changes(before, now Campus) *Dump {
	d := newDump(Campus{Terms: now.Terms})
	d.Ended = map[sis.Stream]map[string]bool{}
	d.Persons = changed(d, sis.Persons, before.Persons, now.Persons, func(p sis.Person) string { return p.Key }, samePerson)
	d.Sections = changed(d, sis.Sections, before.Sections, now.Sections, func(x sis.Section) string { return x.Key }, sameSection)
	d.Registrations = changed(d, sis.Registrations, before.Registrations, now.Registrations,
		func(r sis.Registration) string { return r.Key }, func(a, b sis.Registration) bool { return a == b })
	return d
}

func samePerson(a, b sis.Person) bool {
	return a.Username == b.Username && a.Email == b.Email && a.Given == b.Given && a.Family == b.Family
}

func sameSection(a, b sis.Section) bool {
	return a.Title == b.Title && a.Code == b.Code && a.Provider == b.Provider && a.Extract == b.Extract
}

// changed returns what is new or different, and then what has ended.
func changed[T any](d *Dump, stream sis.Stream, before, now []T, key func(T) string, same func(a, b T) bool) (all []T) {
	old := make(map[string]T, len(before))
	for _, one := range before {
		old[key(one)] = one
	}
	for _, one := range now {
		if was, known := old[key(one)]; !known || !same(was, one) {
			all = append(all, one)
		}
		delete(old, key(one))
	}
	d.Ended[stream] = map[string]bool{}
	for _, one := range before {
		if _, ended := old[key(one)]; ended {
			d.Ended[stream][key(one)] = true
			all = append(all, one)
		}
	}
	return all
}
