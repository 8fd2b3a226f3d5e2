package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/job"
)

var newSteps = inserting("recovery_steps", `recovery BIGINT, place BIGINT, schedule TEXT, due_at BIGINT`, ``)

// putOrder gives the slots of a recovery their order in place of the one that
// they had; nil leaves that.
func (w writer) putOrder(ctx context.Context, id int64, order []job.Slot) error {
	if order == nil {
		return nil
	}
	if _, err := w.ExecContext(ctx, `DELETE FROM recovery_steps WHERE recovery = $1`, id); err != nil {
		return err
	}
	rows := make([][]any, len(order))
	for i, s := range order {
		rows[i] = []any{id, int64(i) + 1, key(s.Schedule), millis(s.Due)}
	}
	return w.put(ctx, newSteps, rows)
}

// RecoverySteps returns the slots of a recovery and how their jobs stand, in
// their order. Slots that got no place in it are left out; before there is an
// order, all are there, by due time and schedule.
func (l *Ledger) RecoverySteps(ctx context.Context, id int64) ([]job.SlotStand, error) {
	steps, err := list(ctx, l.read, scanStand, orderedSteps, id)
	if err == nil && len(steps) == 0 {
		steps, err = list(ctx, l.read, scanStand, unorderedSteps, id)
	}
	return steps, wrap(err, "read the steps of recovery %d", id)
}

const jobOfStep = ` LEFT JOIN jobs AS j ON j.id = s.job_id AND s.job_id <> '' `

var (
	orderedSteps = `SELECT ` + standColumns + ` FROM recovery_steps AS p
		JOIN slots AS s ON s.schedule = p.schedule AND s.due_at = p.due_at` + jobOfStep + `WHERE p.recovery = $1 ORDER BY p.place`
	unorderedSteps = `SELECT ` + standColumns + ` FROM slots AS s` + jobOfStep + `
		WHERE s.recovery = $1 AND s.recovery <> 0 ORDER BY s.due_at, s.schedule`
)
