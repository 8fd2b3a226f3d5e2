package flatfile

import (
	"context"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// CreateCourses implements [sis.Target].
func (t *Target) CreateCourses(ctx context.Context, courses []sis.Course) ([]sis.Written, error) {
	return write(ctx, t, courses, func(c sis.Course) (string, *entry, error) {
		if _, ok := t.state.courses[c.Key]; ok {
			return c.Key, nil, nil
		}
		c.ID = c.Key
		if err := t.checkCourse(c); err != nil {
			return "", nil, err
		}
		return c.ID, &entry{Course: &c}, nil
	})
}

func (t *Target) checkCourse(c sis.Course) error {
	_, taken := t.state.shortnames[fold(c.Shortname)]
	switch {
	case c.Key == "", strings.TrimSpace(c.Shortname) == "", strings.TrimSpace(c.Fullname) == "":
		return refuse("REQ_FIELD_MISSING", "A course needs a key, a short name and a full name to be written.")
	case taken:
		return refuse("SHORTNAME_TAKEN", "Another course in the files has this short name.")
	default:
		return t.writable(c.Key)
	}
}

// Enrol implements [sis.Target].
func (t *Target) Enrol(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return t.change(ctx, enrolments, func(p place, e sis.Enrolment) place {
		return place{
			Course: e.Course, User: e.User, Roles: append(without(p.Roles, e.Role), e.Role), Past: without(p.Past, e.Role),
			Start: e.Start, End: e.End, Suspended: e.Suspended,
		}
	})
}

// RemoveRoles implements [sis.Remover].
func (t *Target) RemoveRoles(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return t.change(ctx, enrolments, func(p place, e sis.Enrolment) place {
		if slices.Contains(p.Roles, e.Role) {
			p.Roles, p.Past = without(p.Roles, e.Role), append(without(p.Past, e.Role), e.Role)
		}
		return p
	})
}

// Unenrol implements [sis.Remover].
func (t *Target) Unenrol(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return t.change(ctx, enrolments, func(p place, _ sis.Enrolment) place {
		p.Roles, p.Past, p.Gone = nil, append(slices.Clone(p.Past), p.Roles...), true
		return p
	})
}

func without(roles []sis.Role, role sis.Role) []sis.Role {
	return slices.DeleteFunc(slices.Clone(roles), func(r sis.Role) bool { return r == role })
}

// change writes what change makes of each place. A place that is not there is
// handed to it without a course, and left so by what only takes away.
func (t *Target) change(ctx context.Context, enrolments []sis.Enrolment, change func(place, sis.Enrolment) place) ([]sis.Written, error) {
	return write(ctx, t, enrolments, func(e sis.Enrolment) (string, *entry, error) {
		_, course := t.state.courses[e.Course]
		_, user := t.state.users[e.User]
		switch {
		case !course:
			return "", nil, errCourseGone
		case !user:
			return "", nil, errUserGone
		}
		p := change(t.state.places[at{e.Course, e.User}], e)
		if p.Course == "" {
			return "", nil, nil
		}
		return "", &entry{Place: &p}, nil
	})
}

// Roster implements [sis.Rosterer].
func (t *Target) Roster(_ context.Context, course string, emit func(sis.Enrolment) error) error {
	places, err := t.roster(course)
	if err != nil {
		return err
	}
	for _, p := range places {
		roles := p.Roles
		if len(roles) == 0 {
			roles = []sis.Role{""}
		}
		for _, role := range roles {
			if err := emit(sis.Enrolment{Course: p.Course, User: p.User, Role: role, Start: p.Start, End: p.End, Suspended: p.Suspended}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Target) roster(course string) ([]place, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.open(); err != nil {
		return nil, err
	}
	if _, ok := t.state.courses[course]; !ok {
		return nil, errCourseGone
	}
	return slices.DeleteFunc(t.state.sortedPlaces(), func(p place) bool { return p.Course != course || p.Gone }), nil
}
