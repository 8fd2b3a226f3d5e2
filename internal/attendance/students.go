package attendance

import (
	"cmp"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A class is a section that is linked to a course, with its students.
type class struct {
	key      string
	course   string // the target's id
	zone     *time.Location
	students map[string]Place // by person
}

// registered returns how many students are in the class on a day.
func (c class) registered(day sis.Date) (n int) {
	for _, p := range c.students {
		if p.holds(day) {
			n++
		}
	}
	return n
}

// classesOf returns the sections whose attendance can be told, by key. Those
// who dropped a section are not in it: what is known of them stays as it is.
func classesOf(c sync.Campus, s Sync) []class {
	sections := map[string]*class{}
	terms := map[string]sis.Registration{}
	for _, r := range c.Sections {
		link := c.Links[r.Key]
		if r.Gone || !link.Linked || link.Course == "" {
			continue
		}
		sections[r.Key] = &class{key: r.Key, course: link.Course, zone: zoneOf(r.Record.Zone, s), students: map[string]Place{}}
		terms[r.Key] = termsOf(r.Record, c.Terms)
	}
	for _, r := range c.Registrations {
		g := r.Record
		section := sections[g.Section]
		if r.Gone || g.Role != sis.Student || section == nil || c.People[g.Person].User == "" {
			continue
		}
		section.students[g.Person] = Place{
			Section: g.Section, Course: section.course, Zone: section.zone,
			Begin: cmp.Or(g.Begin, terms[g.Section].Begin), End: cmp.Or(g.End, terms[g.Section].End),
		}
	}
	var all []class
	for _, section := range sections {
		if len(section.students) > 0 {
			all = append(all, *section)
		}
	}
	slices.SortFunc(all, func(a, b class) int { return cmp.Compare(a.key, b.key) })
	return all
}

// zoneOf returns the zone of a section, or the sync's.
func zoneOf(name string, s Sync) *time.Location {
	if zone, err := time.LoadLocation(name); name != "" && err == nil {
		return zone
	}
	return s.Location()
}

// termsOf returns the days of a section's terms, from the first to the last.
func termsOf(s sis.Section, terms map[string]sis.Term) (span sis.Registration) {
	for _, key := range s.Terms {
		t, ok := terms[key]
		if !ok {
			continue
		}
		if span.Begin.IsZero() || t.Start.Before(span.Begin) {
			span.Begin = t.Start
		}
		if span.End.Before(t.End) {
			span.End = t.End
		}
	}
	return span
}
