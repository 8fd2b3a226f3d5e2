package ledger

import (
	"context"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// checkOrder refuses a schedule, just written by w, that comes after itself in
// the end. Whoever saves looks for that first; but of two who save at once,
// each may find nothing.
func checkOrder(ctx context.Context, w writer, s job.Schedule, was int64, changes []job.Change) error {
	moved := slices.ContainsFunc(changes, func(c job.Change) bool { return c.Field == "after" })
	if len(s.After) == 0 || was > 0 && !moved {
		return nil
	}
	type line struct {
		name string
		rule job.Rule
	}
	lines, err := list(ctx, w, func(r row) (l line, err error) {
		var rule string
		if err = r.Scan(&l.name, &rule); err == nil {
			err = readJSON(rule, &l.rule)
		}
		return l, err
	}, `SELECT name, rule FROM schedules WHERE rule LIKE '%"after":[%'`)
	if err != nil {
		return err
	}
	after := map[string][]string{}
	for _, l := range lines {
		after[l.name] = l.rule.After
	}
	if circle := job.Circle(after, s.Name); circle != nil {
		return fault.New(fault.Invalid, "Each would wait for the other: %s.", strings.Join(circle, " -> ")).In("after")
	}
	return nil
}
