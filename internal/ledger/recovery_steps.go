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

// RecoverySteps returns all slots of a recovery and how their jobs stand, in
// their order. Those that have no place in it come last, by due time and
// schedule, and so do all before there is an order.
func (l *Ledger) RecoverySteps(ctx context.Context, id int64) ([]job.SlotStand, error) {
	steps, err := list(ctx, l.read, scanStand, `SELECT `+standColumns+` FROM slots AS s
		LEFT JOIN recovery_steps AS p ON p.recovery = $1 AND p.schedule = s.schedule AND p.due_at = s.due_at
		LEFT JOIN jobs AS j ON j.id = s.job_id AND s.job_id <> ''
		WHERE s.recovery = $1 AND s.recovery <> 0
		ORDER BY CASE WHEN p.place IS NULL THEN 1 ELSE 0 END, p.place, s.due_at, s.schedule`, id)
	return steps, wrap(err, "read the steps of recovery %d", id)
}
