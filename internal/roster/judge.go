package roster

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// judgeSections decides which sections are synced, and which need a course.
func (p *planner) judgeSections() {
	for _, row := range p.campus.Sections {
		s := &section{Section: row.Record, gone: row.Gone, link: p.campus.Links[row.Key]}
		s.selected = selectedTerms(p.sync, p.campus, s.Section)
		s.begin, s.end = p.lifetime(s.Section)
		p.sections[s.Key] = s
	}
	p.suspect()
	for _, row := range p.campus.Sections {
		s := p.sections[row.Key]
		s.verdict = p.judgeSection(s)
	}
	p.missTerms()
}

// missTerms reports terms that are selected and do not exist: nothing else
// would tell that they are misspelt.
func (p *planner) missTerms() {
	for _, key := range p.sync.Terms {
		if _, ok := p.campus.Terms[key]; !ok && key != "all" {
			p.report(key, "REF_TERM", fmt.Sprintf("The sync selects the term %q, which the SIS has not sent.", key))
		}
	}
}

func (p *planner) judgeSection(s *section) verdict {
	switch {
	case s.gone:
		return ignored("The section is gone from the SIS. Its course, and who is in it, stay as they are.")
	case !p.knowsTerm(s.Section):
		return waiting("REF_TERM", fmt.Sprintf("The SIS has not sent the section's term (%s).", strings.Join(s.Terms, ", ")))
	case len(s.selected) == 0:
		return waiting("TERM_NOT_SELECTED", "The section's term is not selected for this sync.")
	case notForUs(p.sync, s.Section) != (verdict{}):
		return p.withdrawn(s, notForUs(p.sync, s.Section))
	case s.link.Linked:
		return applied
	case p.aside(sis.Sections, s.Key) != (verdict{}):
		return p.aside(sis.Sections, s.Key)
	case p.suspicious(sis.Sections, s.Key) != (verdict{}):
		return p.suspicious(sis.Sections, s.Key)
	case s.link.How == sync.Orphaned:
		return waiting("COURSE_GONE", "The section's course is gone from the LMS. Link the section to another one by hand.")
	case s.link.Decided():
		return waiting("SECTION_UNLINKED", "The section was unlinked by hand. Link it to a course to go on.")
	case s.link.How == sync.Several: // an empty course beside the one with last year's content helps nobody
		return waiting("ID_AMBIGUOUS", s.link.Reason)
	case p.sync.CreateCourses:
		s.create = true
		return planned(courseEffect(s.Key))
	}
	return waiting("SECTION_UNLINKED", "No course is linked to the section. Link one by hand, or give a course the section's id as its id number.")
}

func courseEffect(section string) string { return "course " + section }

func (p *planner) knowsTerm(s sis.Section) bool {
	for _, key := range s.Terms {
		if _, ok := p.campus.Terms[key]; ok {
			return true
		}
	}
	return false
}

// lifetime returns the earliest start and the latest end of a section's terms.
func (p *planner) lifetime(s sis.Section) (begin, end time.Time) {
	for _, key := range s.Terms {
		t, ok := p.campus.Terms[key]
		if !ok {
			continue
		}
		if start := p.day(s, t.Start); !start.IsZero() && (begin.IsZero() || start.Before(begin)) {
			begin = start
		}
		if last := p.day(s, t.End); last.After(end) {
			end = last
		}
	}
	return begin, end
}

// day returns the first instant of d where the section is.
func (p *planner) day(s sis.Section, d sis.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.In(p.zone(s)).UTC()
}

// judgeRegistrations gathers registrations by the place that they ask for.
func (p *planner) judgeRegistrations() {
	p.registrations = make([]*registration, 0, len(p.campus.Registrations))
	p.registered = make(map[string]*registration, len(p.campus.Registrations))
	for i := range p.campus.Registrations {
		row := &p.campus.Registrations[i]
		r := &registration{Registration: &row.Record, gone: row.Gone, doubt: row.Doubt, key: row.Key}
		p.registrations = append(p.registrations, r)
		p.registered[r.key] = r
		s := p.sections[r.Section]
		place := p.place(r, s)
		if v := p.aside(sis.Registrations, r.key); v != (verdict{}) {
			r.stay(place, v)
			continue
		}
		if r.gone {
			r.end(s, place)
			continue
		}
		p.ask(r, s, place)
	}
	for _, one := range p.people {
		one.needed = one.needed || one.is(sis.Teacher)
	}
}

// end notes that a registration has ended. One that ended with its section is
// no drop: whoever cancels a class does not mean to empty its course.
func (r *registration) end(s *section, at *place) {
	switch {
	case at == nil:
		r.verdict = ignored("It has ended, and its section is not linked to a course: nothing is changed in the LMS.")
	case s.gone && !s.goesOn:
		r.verdict = ignored("It has ended with its section: who is in the section's course stays there.")
	case len(s.selected) == 0:
		r.verdict = ignored("It has ended, and its section's term is not selected for this sync: nothing is changed in the LMS.")
	default:
		r.verdict = ignored("Nobody was enrolled because of it.")
		at.ended = append(at.ended, r)
	}
}

func (p *person) is(role sis.Role) bool { return slices.Contains(p.Roles, role) }

// place returns the place that a registration stands for, if its section has a
// course.
func (p *planner) place(r *registration, s *section) *place {
	if s == nil || !s.hasCourse() {
		return nil
	}
	key := placeKey{Place: sync.Place{Person: r.Person, Course: s.link.Course, Role: r.Role}}
	if s.create {
		key.section = s.Key
	}
	one, ok := p.places[key]
	if !ok {
		one = &place{placeKey: key, first: s, person: p.persons[r.Person]}
		p.places[key] = one
		p.order = append(p.order, one)
	}
	return one
}

// ask notes that an active registration wants its place, unless it has to wait.
func (p *planner) ask(r *registration, s *section, at *place) {
	if at != nil {
		at.active++
	}
	one := p.persons[r.Person]
	span := sync.Span{}
	if s != nil {
		span = p.span(*r.Registration, s)
	}
	switch {
	case s == nil:
		r.verdict = waiting("REF_SECTION", "The SIS has not sent the section of this registration.")
	case s.gone:
		r.verdict = waiting("REF_SECTION", "The section of this registration is gone from the SIS.")
	case one == nil:
		r.verdict = waiting("REF_PERSON", "The SIS has not sent the person of this registration.")
	case one.gone:
		r.verdict = waiting("REF_PERSON", "The person of this registration is gone from the SIS.")
	case s.state == sync.Waiting || s.state == sync.Held || s.state == sync.Ignored:
		r.verdict = s.verdict
	case !span.Start.IsZero() && !span.End.IsZero() && !span.Start.Before(span.End):
		r.verdict = held("DATE_RANGE", "The registration would end before it begins. Correct its dates in the SIS.")
	case !slices.Contains(roles[:], r.Role):
		r.verdict = ignored("People of this role are not enrolled.")
	default:
		r.over = !r.End.IsZero() && !span.End.After(p.today)
		at.add(r, span)
		one.needed = true
	}
}

// span returns when a registration holds, in its section's zone; what it does not
// say, its section's terms do.
func (p *planner) span(r sis.Registration, s *section) sync.Span {
	span := sync.Span{Start: p.day(s.Section, r.Begin), End: p.day(s.Section, r.End)}
	if span.Start.IsZero() {
		span.Start = s.begin
	}
	if span.End.IsZero() {
		span.End = s.end
	}
	return span
}

// add makes the place hold for a further registration.
func (p *place) add(r *registration, span sync.Span) {
	p.asking = append(p.asking, r)
	if p.want == nil {
		p.want = &span
		return
	}
	widen(p.want, span)
}

// widen makes a span reach as far as another does too.
func widen(span *sync.Span, other sync.Span) {
	if other.Start.Before(span.Start) {
		span.Start = other.Start // the zero time, no limit, is before all others
	}
	if other.End.IsZero() || (!span.End.IsZero() && other.End.After(span.End)) {
		span.End = other.End
	}
}
