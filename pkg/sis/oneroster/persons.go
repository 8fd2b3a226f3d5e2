package oneroster

import (
	"context"
	"hash/maphash"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/fields"
	"github.com/beadle-jobs/beadle/pkg/sis/internal/meaning"
)

func (p *pull) persons(ctx context.Context) error {
	f, err := p.survey(ctx, users)
	if err != nil {
		return err
	}
	given, err := p.givenRoles(ctx)
	if err != nil {
		return err
	}
	return p.records(ctx, f, meaning.Person(given.of))
}

// givenRoles are the roles that roles.csv gives to persons, since OneRoster
// 1.2. Of each person a digest and the roles are kept.
type givenRoles struct {
	none bool // there is no roles.csv
	seed maphash.Seed
	by   map[uint64]meaning.RoleSet
}

func (p *pull) givenRoles(ctx context.Context) (*givenRoles, error) {
	f, err := p.survey(ctx, roles)
	if err != nil {
		return nil, err
	}
	g := &givenRoles{none: f == nil, seed: maphash.MakeSeed(), by: map[uint64]meaning.RoleSet{}}
	return g, p.beside(ctx, f, g.add)
}

// add reads a row of roles.csv. The primary role is the person's.
func (g *givenRoles) add(r *fields.Record) {
	who := maphash.String(g.seed, r.Required("userSourcedId"))
	role := meaning.SetOf(meaning.Role(r))
	r.Required("role")
	primary := meaning.IsPrimary(r)
	if meaning.IsTombstone(r) || !primary || r.Problem != nil {
		return
	}
	g.by[who] |= role
}

// of returns the roles of the person whom r is about.
func (g *givenRoles) of(r *fields.Record) []sis.Role {
	if role := meaning.Role(r); role != "" {
		return meaning.SetOf(role).Roles()
	}
	given, ok := g.by[maphash.String(g.seed, r.Optional("sourcedId"))]
	switch {
	case ok || r.Problem != nil:
	case g.none:
		r.Required("role")
	default:
		r.Warn("roles.csv has no role for this person.")
	}
	return given.Roles()
}
