package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// PutSlots writes what became of slots of a schedule, and that every slot of
// it up to decided has its outcome, in one transaction. A final outcome that
// is recorded stays, and so does the job that a slot was intended for.
func (l *Ledger) PutSlots(ctx context.Context, schedule string, decided time.Time, slots []job.Slot) error {
	err := l.putSlots(ctx, []job.SlotBatch{{Schedule: schedule, Decided: decided, Slots: slots}})
	return wrap(err, "put slots of schedule %s", schedule)
}

// PutManySlots is PutSlots of many schedules in one transaction.
func (l *Ledger) PutManySlots(ctx context.Context, batches []job.SlotBatch) error {
	return wrap(l.putSlots(ctx, batches), "put slots of %d schedules", len(batches))
}

func (l *Ledger) putSlots(ctx context.Context, batches []job.SlotBatch) error {
	return l.inTx(ctx, func(tx *sql.Tx) error {
		w := writer{tx, l.dialect}
		if err := w.takeTurn(ctx); err != nil {
			return err
		}
		return w.putSlots(ctx, batches)
	})
}

// putSlots is for those that have taken their turn.
func (w writer) putSlots(ctx context.Context, batches []job.SlotBatch) error {
	rows := slotRows(batches)
	if err := w.put(ctx, newSlots, rows.others); err != nil {
		return err
	}
	if err := w.putRecovered(ctx, rows.recovered); err != nil {
		return err
	}
	counted, err := w.putReturning(ctx, newRuns, rows.ran)
	if err != nil {
		return err
	}
	if err := w.put(ctx, movedSchedules, movesOf(batches, counted)); err != nil {
		return err
	}
	return w.tellMissed(ctx, batches)
}

// putRecovered writes slots that are intended in a recovery. That must still be
// in the making: what joined it later would be in no order, and nobody would
// have approved it.
func (w writer) putRecovered(ctx context.Context, rows [][]any) error {
	seen := map[any]bool{}
	for _, row := range rows {
		id := row[len(row)-1].(int64)
		if seen[id] {
			continue
		}
		seen[id] = true
		state, err := w.recoveryState(ctx, id)
		if err != nil {
			return err
		}
		if state != job.RecoveryMaking {
			return fault.New(fault.Conflict, "Recovery %d is %s, so it takes no more slots.", id, state)
		}
	}
	return w.put(ctx, recoveredSlots, rows)
}

const newSlot = `schedule TEXT, due_at BIGINT, outcome TEXT, reason TEXT, job_id TEXT, decided_at BIGINT, lag BIGINT`

var (
	newSlots = inserting("slots", newSlot,
		`ON CONFLICT (schedule, due_at) DO UPDATE SET
			outcome = excluded.outcome, reason = excluded.reason, decided_at = excluded.decided_at, lag = excluded.lag
		WHERE slots.outcome = 'intended' AND excluded.outcome <> 'intended' AND excluded.job_id = slots.job_id`)
	newRuns        = newSlots.returning("schedule") // those that were not counted before
	recoveredSlots = inserting("slots", newSlot+`, recovery BIGINT`, `ON CONFLICT (schedule, due_at) DO NOTHING`)
	movedSchedules = joining(`name TEXT, decided BIGINT, ran BIGINT`,
		`UPDATE schedule_progress SET
			decided_at = CASE WHEN decided_at < r.decided THEN r.decided ELSE decided_at END, runs = runs + r.ran
		FROM rows AS r WHERE schedule = r.name AND (r.ran > 0 OR decided_at < r.decided)`)
)

// slotValues are the values that are written: of slots that ran, which are counted,
// of slots that are intended in a recovery, and of others.
type slotValues struct{ ran, recovered, others [][]any }

func slotRows(batches []job.SlotBatch) (v slotValues) {
	for _, b := range batches {
		for _, s := range b.Slots {
			row := []any{
				key(b.Schedule), millis(s.Due), string(s.Outcome), prose(s.Reason), key(s.JobID), millis(s.Decided), s.Lag.Milliseconds(),
			}
			switch {
			case s.Outcome.Ran():
				v.ran = append(v.ran, row)
			case s.Recovery != 0 && !s.Outcome.Final():
				v.recovered = append(v.recovered, append(row, s.Recovery))
			default:
				v.others = append(v.others, row)
			}
		}
	}
	return v
}

// movesOf returns the values that movedSchedules writes, one row for each
// schedule. Its name is in counted once for each slot that has run.
func movesOf(batches []job.SlotBatch, counted []string) (rows [][]any) {
	decided, runs := map[string]int64{}, map[string]int64{}
	for _, b := range batches {
		name := key(b.Schedule)
		decided[name] = max(decided[name], millis(b.Decided))
	}
	for _, name := range counted {
		runs[name]++
	}
	for name, until := range decided {
		if until > 0 || runs[name] > 0 {
			rows = append(rows, []any{name, until, runs[name]})
		}
	}
	return rows
}

// takeTurn keeps other transactions that write many schedules waiting until w
// ends: two that hold rows which the other one needs would never end. SQLite
// lets no two write anyway.
func (w writer) takeTurn(ctx context.Context) error {
	if w.dialect != postgres {
		return nil
	}
	_, err := w.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtext('beadle schedules ' || current_schema()))`)
	return err
}
