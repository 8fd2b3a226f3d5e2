package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/auth"
)

// A granted is a grant and whose it is.
type granted struct {
	person string
	auth.Grant
}

func scanGranted(r row) (g granted, err error) {
	err = r.Scan(&g.person, &g.Role, &g.Client, &g.Tasks)
	return g, err
}

// grantsOf returns the grants of one person, in their order.
func grantsOf(ctx context.Context, q querier, person string) ([]auth.Grant, error) {
	all, err := list(ctx, q, scanGranted, `SELECT person, role, client, tasks FROM grants WHERE person = $1 ORDER BY position`, person)
	grants := make([]auth.Grant, len(all))
	for i, g := range all {
		grants[i] = g.Grant
	}
	return grants, err
}

// addGrants gives everybody of people their grants.
func addGrants(ctx context.Context, q querier, people []auth.Person) error {
	all, err := list(ctx, q, scanGranted, `SELECT person, role, client, tasks FROM grants ORDER BY person, position`)
	of := map[string][]auth.Grant{}
	for _, g := range all {
		of[g.person] = append(of[g.person], g.Grant)
	}
	for i := range people {
		people[i].Grants = append([]auth.Grant{}, of[people[i].Name]...)
	}
	return err
}

// setGrants replaces the grants of a person.
func setGrants(ctx context.Context, q querier, person string, grants []auth.Grant) error {
	if _, err := q.ExecContext(ctx, `DELETE FROM grants WHERE person = $1`, key(person)); err != nil {
		return err
	}
	rows := make([][]any, len(grants))
	for i, g := range grants {
		rows[i] = []any{key(person), i, string(g.Role), key(g.Client), key(g.Tasks)}
	}
	return insert(ctx, q, `INSERT INTO grants (person, position, role, client, tasks)`, rows, ``)
}
