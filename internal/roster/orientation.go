package roster

import (
	"context"
	"fmt"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// planOrientation plans the orientation course for students who are about to
// be enrolled for the first time, and for those for whom it failed then. It
// costs nobody their other courses.
func (p *planner) planOrientation(ctx context.Context) error {
	if p.sync.OrientationCourse == "" {
		return nil
	}
	firsts, owed := p.firstTimers()
	if len(firsts)+len(owed) == 0 {
		return nil
	}
	course, err := p.orientationCourse(ctx)
	if err != nil {
		return err
	}
	if course.ID == "" {
		p.report(p.sync.OrientationCourse, "COURSE_GONE", fmt.Sprintf(
			"The orientation course %q is not in the LMS, or is there several times. Students are enrolled in their other courses.", p.sync.OrientationCourse))
		owed = nil // nothing new to try
	}
	for _, one := range append(firsts, owed...) {
		p.orient(one, course)
	}
	return nil
}

// firstTimers returns, in order, who is enrolled as a student for the first
// time by this plan, and who was before and still owes the orientation.
func (p *planner) firstTimers() (firsts, owed []*person) {
	seasoned := map[string]bool{}
	for at := range p.campus.Applied {
		if at.Role == sis.Student {
			seasoned[at.Person] = true
		}
	}
	for _, e := range p.enrolments {
		if e.Op != sync.Enrol || e.Role != sis.Student || seasoned[e.Person] {
			continue
		}
		seasoned[e.Person] = true
		if one := p.persons[e.Person]; one.link == nil || one.link.Orientation == "" {
			firsts = append(firsts, one)
		}
	}
	for _, one := range p.people {
		if one.link != nil && one.link.Orientation == sync.OrientationOwed && !one.gone && one.heir == "" {
			owed = append(owed, one)
		}
	}
	return firsts, owed
}

// orientationCourse returns the one course that the sync's setting names, and
// none if there is not exactly one.
func (p *planner) orientationCourse(ctx context.Context) (sis.Course, error) {
	name := p.sync.OrientationCourse
	byName, err := courses(ctx, p.target, sis.CourseByShortname, []string{name})
	if err != nil {
		return sis.Course{}, err
	}
	byKey, err := courses(ctx, p.target, sis.CourseByKey, []string{name})
	if err != nil {
		return sis.Course{}, err
	}
	if found := distinct(byName[name], byKey[name]); len(found) == 1 {
		return found[0], nil
	}
	return sis.Course{}, nil
}

func (p *planner) orient(one *person, course sis.Course) {
	at := sync.Place{Person: one.Key, Course: course.ID, Role: sis.Student}
	_, there := p.campus.Applied[at]
	if other := p.places[placeKey{Place: at}]; there || (other != nil && other.want != nil) {
		return
	}
	p.orientation = append(p.orientation, sync.Effect{
		Op: sync.Orient, Key: "orientation " + one.Key, Person: one.Key, Course: course.ID, Role: sis.Student, After: p.shown(sync.Span{}),
	})
}
