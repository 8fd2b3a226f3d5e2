package reference

import (
	"context"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Courses implements [sis.Target].
func (t *Target) Courses(ctx context.Context, by sis.CourseField, values []string) ([]sis.Course, error) {
	visit, err := t.visit(ctx, Courses)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	var found []sis.Course
	for _, id := range find(values, func(v string) []string { return t.courseIDs(by, v) }) {
		if c := *t.courses[id]; by != sis.CourseByKey || slices.Contains(values, c.Key) {
			found = append(found, c)
		}
	}
	return found, visit.end(nil)
}

func (t *Target) courseIDs(by sis.CourseField, value string) []string {
	switch {
	case by != sis.CourseByID:
		return t.coursesBy[by].find(value)
	case t.courses[value] != nil:
		return []string{value}
	default:
		return nil
	}
}

// CreateCourses implements [sis.Target]. A course that has the key already is
// taken for done.
func (t *Target) CreateCourses(ctx context.Context, courses []sis.Course) ([]sis.Written, error) {
	return write(ctx, t, CreateCourses, courses, nowhere, t.createCourse)
}

func (t *Target) createCourse(c sis.Course) (id string, err error) {
	for _, id := range t.coursesBy[sis.CourseByKey].find(c.Key) {
		if t.courses[id].Key == c.Key {
			return id, nil
		}
	}
	switch {
	case strings.TrimSpace(c.Shortname) == "", strings.TrimSpace(c.Fullname) == "":
		return "", refuse("REQ_FIELD_MISSING", "The LMS needs a short name and a full name for a course.")
	case len(t.coursesBy[sis.CourseByShortname].find(c.Shortname)) > 0:
		return "", refuse("SHORTNAME_TAKEN", "Another course of the LMS has this short name.")
	}
	c.ID = ""
	return t.putCourse(c).ID, nil
}

// AddCourse stores a course, unchecked, and returns it with its id.
func (t *Target) AddCourse(c sis.Course) sis.Course {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.putCourse(c)
}

func (t *Target) putCourse(c sis.Course) sis.Course {
	t.dropCourse(c.ID)
	if c.ID == "" {
		c.ID = t.newID()
	}
	t.courses[c.ID] = &c
	t.coursesBy[sis.CourseByKey].add(c.Key, c.ID)
	t.coursesBy[sis.CourseByShortname].add(c.Shortname, c.ID)
	return c
}

func (t *Target) dropCourse(id string) {
	old := t.courses[id]
	if old == nil {
		return
	}
	t.coursesBy[sis.CourseByKey].remove(old.Key, id)
	t.coursesBy[sis.CourseByShortname].remove(old.Shortname, id)
	delete(t.courses, id)
}

// DeleteCourse deletes a course with its places and groups, as a teacher would.
func (t *Target) DeleteCourse(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropCourse(id)
	delete(t.rosters, id)
	delete(t.limits, id)
	for _, g := range t.within[id] {
		at := groupKey{g.Course, g.Key}
		delete(t.groups, t.groupIDs[at])
		delete(t.groupIDs, at)
	}
	delete(t.within, id)
}

// LimitCourse lets a course have no more than that many places; 0 is no limit.
func (t *Target) LimitCourse(id string, places int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.limits[id] = places
}
