package reference

import (
	"context"
	"maps"
	"slices"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A roster is the places of a course by the ids of their users.
type roster map[string]*place

// A place has one span of time and one suspension, whatever its roles.
type place struct {
	roles []sis.Role
	sis.Enrolment
}

// Enrol implements [sis.Target].
func (t *Target) Enrol(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return write(ctx, t, Enrol, enrolments, courseOf, t.enrol)
}

func courseOf(e sis.Enrolment) string { return e.Course }

func (t *Target) enrol(e sis.Enrolment) (string, error) {
	switch {
	case t.courses[e.Course] == nil:
		return "", errCourseGone
	case t.users[e.User] == nil:
		return "", errUserGone
	case t.full(e):
		return "", refuse("COURSE_FULL", "The course has no place left.")
	}
	t.putPlace(e)
	return "", nil
}

var errCourseGone = refuse("COURSE_GONE", "The course does not exist in the LMS any more.")

// full reports whether e would be one place too many.
func (t *Target) full(e sis.Enrolment) bool {
	limit, places := t.limits[e.Course], t.rosters[e.Course]
	return limit > 0 && len(places) >= limit && places[e.User] == nil
}

func (t *Target) putPlace(e sis.Enrolment) {
	if t.rosters[e.Course] == nil {
		t.rosters[e.Course] = roster{}
	}
	p := t.rosters[e.Course][e.User]
	if p == nil {
		p = &place{}
		t.rosters[e.Course][e.User] = p
	}
	p.Enrolment = e
	if !slices.Contains(p.roles, e.Role) {
		p.roles = append(p.roles, e.Role)
	}
}

// AddPlace enrols by hand, unchecked.
func (t *Target) AddPlace(e sis.Enrolment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.putPlace(e)
}

// RemovePlace unenrols by hand.
func (t *Target) RemovePlace(course, user string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.removePlace(course, user)
}

// removePlace takes the user out of the groups of the course too.
func (t *Target) removePlace(course, user string) {
	delete(t.rosters[course], user)
	for _, g := range t.within[course] {
		delete(g.members, user)
	}
}

// RemoveRoles implements [sis.Remover].
func (t *Target) RemoveRoles(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return write(ctx, t, RemoveRoles, enrolments, courseOf, func(e sis.Enrolment) (string, error) {
		if p := t.rosters[e.Course][e.User]; p != nil {
			p.roles = slices.DeleteFunc(p.roles, func(r sis.Role) bool { return r == e.Role })
		}
		return "", t.present(e)
	})
}

// Unenrol implements [sis.Remover].
func (t *Target) Unenrol(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return write(ctx, t, Unenrol, enrolments, courseOf, func(e sis.Enrolment) (string, error) {
		t.removePlace(e.Course, e.User)
		return "", t.present(e)
	})
}

// present says what of an enrolment is not there any more.
func (t *Target) present(e sis.Enrolment) error {
	switch {
	case t.courses[e.Course] == nil:
		return errCourseGone
	case t.users[e.User] == nil:
		return errUserGone
	default:
		return nil
	}
}

// Roster implements [sis.Rosterer]: in the order of the users' ids, whose
// roles come in the order in which they were given.
func (t *Target) Roster(ctx context.Context, course string, emit func(sis.Enrolment) error) error {
	visit, err := t.visit(ctx, Roster)
	if err != nil {
		return err
	}
	places, err := t.places(course)
	if err != nil {
		return err
	}
	for _, e := range places {
		if err := emit(e); err != nil {
			return err
		}
	}
	return visit.end(nil)
}

func (t *Target) places(course string) ([]sis.Enrolment, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.courses[course] == nil {
		return nil, errCourseGone
	}
	var list []sis.Enrolment
	for _, user := range slices.Sorted(maps.Keys(t.rosters[course])) {
		list = append(list, t.rosters[course][user].byRole()...)
	}
	return list, nil
}

// byRole returns a place as one enrolment for each role.
func (p *place) byRole() []sis.Enrolment {
	roles := p.roles
	if len(roles) == 0 {
		roles = []sis.Role{""}
	}
	list := make([]sis.Enrolment, len(roles))
	for i, role := range roles {
		list[i] = p.Enrolment
		list[i].Role = role
	}
	return list
}
