package moodlesim

import (
	"fmt"
	"slices"
)

// assignRoles gives roles to people who are in courses. Roles without a place
// in the course, which Moodle knows too, are not kept.
func (s *Site) assignRoles(args *array) (any, error) {
	return nil, s.eachAssignment(args.rows("assignments"), "Can not assign", func(e *Enrolment, role int) {
		if !slices.Contains(e.Roles, role) {
			e.Roles = append(e.Roles, role)
		}
	})
}

// unassignRoles takes them away; the place in the course stays.
func (s *Site) unassignRoles(args *array) (any, error) {
	return nil, s.eachAssignment(args.rows("unassignments"), "Can not unassign", func(e *Enrolment, role int) {
		e.Roles = without(e.Roles, role)
	})
}

func (s *Site) eachAssignment(rows []*array, cannot string, do func(e *Enrolment, role int)) error {
	for _, row := range rows {
		course, role := row.number("instanceid"), row.number("roleid")
		switch {
		case row.text("contextlevel") != "course" || s.courses[course] == nil:
			return noRecord("course")
		case roleNames[role] == "":
			return errParameter.because(fmt.Sprintf("%s roleid=%d in contextid=%d", cannot, role, course))
		case s.users[row.number("userid")] == nil:
			return errUser
		}
	}
	for _, row := range rows {
		if e := s.enrolments[place{row.number("instanceid"), row.number("userid")}]; e != nil {
			do(e, row.number("roleid"))
		}
	}
	return nil
}
