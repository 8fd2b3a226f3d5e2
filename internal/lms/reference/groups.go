package reference

import (
	"context"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

type group struct {
	sis.Group
	members map[string]bool
}

type groupKey struct{ course, key string }

type cohort struct {
	sis.Cohort
	members map[string]bool
}

// EnsureGroups implements [sis.Grouper].
func (t *Target) EnsureGroups(ctx context.Context, groups []sis.Group) ([]sis.Written, error) {
	return write(ctx, t, EnsureGroups, groups, func(g sis.Group) string { return g.Course }, t.ensureGroup)
}

func (t *Target) ensureGroup(g sis.Group) (string, error) {
	at := groupKey{g.Course, g.Key}
	switch {
	case t.courses[g.Course] == nil:
		return "", errCourseGone
	case t.groupIDs[at] == "":
		t.groupIDs[at] = t.newID()
		made := &group{g, map[string]bool{}}
		t.groups[t.groupIDs[at]] = made
		t.within[g.Course] = append(t.within[g.Course], made)
	}
	return t.groupIDs[at], nil
}

// SetMembers implements [sis.Grouper]. Only those who are in the course can be
// in its groups.
func (t *Target) SetMembers(ctx context.Context, members []sis.Membership) ([]sis.Written, error) {
	return write(ctx, t, SetMembers, members, t.courseOfGroup, func(m sis.Membership) (string, error) {
		g := t.groups[m.Group]
		switch {
		case g == nil:
			return "", refuse("GROUP_GONE", "The group does not exist in the LMS any more.")
		case !m.Gone && t.rosters[g.Course][m.User] == nil:
			return "", refuse("NOT_ENROLLED", "Only people who are in the course can be in its groups.")
		}
		set(g.members, m)
		return "", nil
	})
}

func (t *Target) courseOfGroup(m sis.Membership) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if g := t.groups[m.Group]; g != nil {
		return g.Course
	}
	return ""
}

func set(members map[string]bool, m sis.Membership) {
	if m.Gone {
		delete(members, m.User)
	} else {
		members[m.User] = true
	}
}

// EnsureCohorts implements [sis.Cohorter].
func (t *Target) EnsureCohorts(ctx context.Context, cohorts []sis.Cohort) ([]sis.Written, error) {
	return write(ctx, t, EnsureCohorts, cohorts, nowhere, func(c sis.Cohort) (string, error) {
		if t.cohortIDs[c.Key] == "" {
			t.cohortIDs[c.Key] = t.newID()
			t.cohorts[t.cohortIDs[c.Key]] = &cohort{c, map[string]bool{}}
		}
		return t.cohortIDs[c.Key], nil
	})
}

// SetCohortMembers implements [sis.Cohorter].
func (t *Target) SetCohortMembers(ctx context.Context, members []sis.Membership) ([]sis.Written, error) {
	return write(ctx, t, SetCohortMembers, members, nowhere, func(m sis.Membership) (string, error) {
		c := t.cohorts[m.Group]
		switch {
		case c == nil:
			return "", refuse("COHORT_GONE", "The cohort does not exist in the LMS any more.")
		case t.users[m.User] == nil:
			return "", errUserGone
		}
		set(c.members, m)
		return "", nil
	})
}
