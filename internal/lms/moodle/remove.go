package moodle

import (
	"context"
	"strconv"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// RemoveRoles implements [sis.Remover]. Those whose last role is taken keep
// their place without one, and may do nothing in the course.
func (t *Target) RemoveRoles(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	return t.enrolmentWriter(unassignRoles, "unassignments", t.unassignment).write(ctx, enrolments)
}

func (t *Target) unassignment(e sis.Enrolment) params {
	return params{
		{"roleid", strconv.Itoa(t.cfg.Roles[e.Role])},
		{"userid", e.User},
		{"contextlevel", "course"},
		{"instanceid", e.Course},
	}
}

// Unenrol implements [sis.Remover]. Moodle hides the grades of those who are
// not enrolled; suspending them keeps what suspending keeps.
func (t *Target) Unenrol(ctx context.Context, enrolments []sis.Enrolment) ([]sis.Written, error) {
	w := t.enrolmentWriter(unenrolUsers, "enrolments", unenrolment)
	w.check = checkPlace
	return w.write(ctx, enrolments)
}

func unenrolment(e sis.Enrolment) params { return params{{"userid", e.User}, {"courseid", e.Course}} }
