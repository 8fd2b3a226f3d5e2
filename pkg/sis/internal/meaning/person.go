package meaning

import (
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
)

// The roles of the specification, of both versions.
var knownRoles = []string{
	"student", "teacher", "administrator", "aide", "guardian", "parent", "proctor", "relative", "counselor",
	"principal", "siteAdministrator", "systemAdministrator", "districtAdministrator",
}

// Person is what a user means, given how to tell the roles.
func Person(roles func(*fields.Record) []sis.Role) Meaning {
	return func(r *Row) sis.Record {
		who := &sis.Person{
			Key:      r.Optional("sourcedId"),
			Username: r.Required("username"),
			Email:    r.Email("email"),
			Given:    r.Required("givenName"),
			Family:   r.Required("familyName"),
			Roles:    roles(r.Record),
			Enabled:  r.Flag("enabledUser"),
		}
		if r.status == inactive {
			who.Enabled = false
			r.Warn("The status is inactive, which is taken for disabled.")
		}
		return sis.Record{Deleted: r.isTombstone(), Person: who}
	}
}

// Role returns the role that a record names, "" if it names none.
func Role(r *fields.Record) sis.Role { return sis.Role(r.Word("role", knownRoles...)) }

// IsPrimary reports whether a role is the person's own, and not one beside it.
func IsPrimary(r *fields.Record) bool {
	return r.Word("roleType", "primary", "secondary") != "secondary"
}

// syncedRole returns the role in a section.
func (r *Row) syncedRole() sis.Role {
	r.Required("role")
	role := Role(r.Record)
	if role != "" && role != sis.Student && role != sis.Teacher {
		r.Fail("ROLE_UNMAPPED", "The role in the section is neither student nor teacher; others are not synced.")
	}
	return role
}

// A RoleSet is the roles of a person, in little room.
type RoleSet uint8

const (
	isOther RoleSet = 1 << iota
	isStudent
	isTeacher
)

// SetOf returns the set of one role.
func SetOf(role sis.Role) RoleSet {
	switch role {
	case sis.Student:
		return isStudent
	case sis.Teacher:
		return isTeacher
	}
	return isOther
}

// Roles returns those that are synced.
func (s RoleSet) Roles() []sis.Role {
	var roles []sis.Role
	if s&isStudent != 0 {
		roles = append(roles, sis.Student)
	}
	if s&isTeacher != 0 {
		roles = append(roles, sis.Teacher)
	}
	return roles
}
