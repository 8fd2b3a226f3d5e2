package oneroster

import (
	"context"
	"hash/maphash"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// The roles of the specification, of both versions.
var knownRoles = []string{
	"student", "teacher", "administrator", "aide", "guardian", "parent", "proctor", "relative", "counselor",
	"principal", "siteAdministrator", "systemAdministrator", "districtAdministrator",
}

func (p *pull) persons(ctx context.Context) error {
	f, err := p.survey(ctx, users)
	if err != nil {
		return err
	}
	given, err := p.givenRoles(ctx)
	if err != nil {
		return err
	}
	return p.records(ctx, f, given.person)
}

func (g *givenRoles) person(r *reading) sis.Record {
	who := &sis.Person{
		Key:      r.Optional("sourcedId"),
		Username: r.Required("username"),
		Email:    r.Email("email"),
		Given:    r.Required("givenName"),
		Family:   r.Required("familyName"),
		Roles:    g.of(r),
		Enabled:  r.Flag("enabledUser"),
	}
	if r.status == inactive {
		who.Enabled = false
		r.Warn("The status is inactive, which is taken for disabled.")
	}
	return sis.Record{Deleted: r.isTombstone(), Person: who}
}

// syncedRole returns the role in a section.
func (r *reading) syncedRole() sis.Role {
	r.Required("role")
	role := sis.Role(r.Word("role", knownRoles...))
	if role != "" && !isSynced(role) {
		r.Fail("ROLE_UNMAPPED", "The role in the section is neither student nor teacher; others are not synced.")
	}
	return role
}

func isSynced(role sis.Role) bool { return role == sis.Student || role == sis.Teacher }

// givenRoles are the roles that roles.csv gives to persons, since OneRoster
// 1.2. Of each person a digest and the roles are kept.
type givenRoles struct {
	none bool // there is no roles.csv
	seed maphash.Seed
	by   map[uint64]roleSet
}

type roleSet uint8

const (
	isOther roleSet = 1 << iota
	isStudent
	isTeacher
)

func (p *pull) givenRoles(ctx context.Context) (*givenRoles, error) {
	f, err := p.survey(ctx, roles)
	if err != nil {
		return nil, err
	}
	g := &givenRoles{none: f == nil, seed: maphash.MakeSeed(), by: map[uint64]roleSet{}}
	return g, p.beside(ctx, f, g.add)
}

// add reads a row of roles.csv. The primary role is the person's.
func (g *givenRoles) add(r *reading) {
	who := maphash.String(g.seed, r.Required("userSourcedId"))
	role := setOf(sis.Role(r.Word("role", knownRoles...)))
	r.Required("role")
	kind := r.Word("roleType", "primary", "secondary")
	if r.Word("status", active, deleted, inactive) == deleted || kind == "secondary" || r.Problem != nil {
		return
	}
	g.by[who] |= role
}

func setOf(role sis.Role) roleSet {
	switch role {
	case sis.Student:
		return isStudent
	case sis.Teacher:
		return isTeacher
	}
	return isOther
}

// of returns the roles of the person whom r is about.
func (g *givenRoles) of(r *reading) []sis.Role {
	if role := r.Word("role", knownRoles...); role != "" {
		return setOf(sis.Role(role)).roles()
	}
	given, ok := g.by[maphash.String(g.seed, r.Optional("sourcedId"))]
	switch {
	case ok || r.Problem != nil:
	case g.none:
		r.Required("role")
	default:
		r.Warn("roles.csv has no role for this person.")
	}
	return given.roles()
}

func (s roleSet) roles() []sis.Role {
	var roles []sis.Role
	if s&isStudent != 0 {
		roles = append(roles, sis.Student)
	}
	if s&isTeacher != 0 {
		roles = append(roles, sis.Teacher)
	}
	return roles
}
