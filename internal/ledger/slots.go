package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

const slotColumns = `schedule, due_at, outcome, reason, job_id, decided_at, lag`

func scanSlot(r row) (s job.Slot, err error) {
	var due, decided, lag int64
	err = r.Scan(&s.Schedule, &due, &s.Outcome, &s.Reason, &s.JobID, &decided, &lag)
	s.Due, s.Decided = instant(due), instant(decided)
	s.Lag = time.Duration(lag) * time.Millisecond
	return s, err
}

// Slots returns slots that were due in [from, to), the newest first; of all
// schedules if schedule is empty. A zero to means no end.
func (l *Ledger) Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]job.Slot, error) {
	end := millis(to)
	if to.IsZero() {
		end = 1<<63 - 1
	}
	query := `SELECT ` + slotColumns + ` FROM slots WHERE due_at >= $1 AND due_at < $2 ORDER BY due_at DESC, schedule DESC LIMIT $3`
	args := []any{millis(from), end, atMost(limit)}
	if schedule != "" {
		query = `SELECT ` + slotColumns + ` FROM slots WHERE schedule = $4 AND due_at >= $1 AND due_at < $2 ORDER BY due_at DESC LIMIT $3`
		args = append(args, key(schedule))
	}
	slots, err := list(ctx, l.read, scanSlot, query, args...)
	return slots, wrap(err, "list slots")
}

// OpenSlots returns the slots whose job is not known to be enqueued, the
// oldest first.
func (l *Ledger) OpenSlots(ctx context.Context) ([]job.Slot, error) {
	slots, err := list(ctx, l.read, scanSlot,
		`SELECT `+slotColumns+` FROM slots WHERE outcome = 'intended' ORDER BY due_at, schedule`)
	return slots, wrap(err, "list open slots")
}

// PutSlots writes what became of slots of a schedule, and that every slot of
// it up to decided has its outcome, in one transaction. A final outcome that
// is recorded stays, and so does the job that a slot was intended for.
func (l *Ledger) PutSlots(ctx context.Context, schedule string, decided time.Time, slots []job.Slot) error {
	rows := make([][]any, len(slots))
	for i, s := range slots {
		rows[i] = []any{
			key(schedule), millis(s.Due), string(s.Outcome), prose(s.Reason), key(s.JobID), millis(s.Decided), s.Lag.Milliseconds(),
		}
	}
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		err := insert(ctx, tx, `INSERT INTO slots (`+slotColumns+`)`, rows,
			`ON CONFLICT (schedule, due_at) DO UPDATE SET
				outcome = excluded.outcome, reason = excluded.reason, decided_at = excluded.decided_at, lag = excluded.lag
			WHERE slots.outcome = 'intended' AND excluded.outcome <> 'intended' AND excluded.job_id = slots.job_id`)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE schedules SET decided_at = $1 WHERE name = $2 AND decided_at < $1`,
			millis(decided), key(schedule))
		return err
	})
	return wrap(err, "put slots of schedule %s", schedule)
}
