package ledger

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

const slotColumns = `schedule, due_at, outcome, reason, job_id, decided_at, lag, recovery, pruned_at`

func scanSlot(r row) (s job.Slot, err error) {
	var due, decided, lag int64
	var pruned sql.NullInt64
	err = r.Scan(&s.Schedule, &due, &s.Outcome, &s.Reason, &s.JobID, &decided, &lag, &s.Recovery, &pruned)
	s.Due, s.Decided, s.Pruned = instant(due), instant(decided), known(pruned)
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

// LastSlots returns the newest slot of each of those schedules, by schedule.
// One that has none is not in it.
func (l *Ledger) LastSlots(ctx context.Context, schedules []string) (map[string]job.Slot, error) {
	last := make(map[string]job.Slot, len(schedules))
	for some := range slices.Chunk(schedules, namesPerQuery) {
		slots, err := l.lastSlots(ctx, some)
		if err != nil {
			return nil, wrap(err, "read the last slots of %d schedules", len(schedules))
		}
		for _, s := range slots {
			last[s.Schedule] = s
		}
	}
	return last, nil
}

// lastSlots looks into the index once for each, however many slots there are.
func (l *Ledger) lastSlots(ctx context.Context, schedules []string) ([]job.Slot, error) {
	names, arg, err := l.each(schedules)
	if err != nil {
		return nil, err
	}
	return list(ctx, l.read, scanSlot, `SELECT `+slotColumns+` FROM `+names+` JOIN slots
		ON schedule = name AND due_at = (SELECT MAX(due_at) FROM slots WHERE schedule = name)`, arg)
}

// OpenSlots returns the slots whose job is not known to be enqueued, the
// oldest first. Those of recoveries that nobody has approved yet are not open.
func (l *Ledger) OpenSlots(ctx context.Context) ([]job.Slot, error) {
	slots, err := list(ctx, l.read, scanSlot,
		`SELECT `+slotColumns+` FROM slots
		WHERE outcome = 'intended' AND recovery NOT IN (SELECT id FROM recoveries WHERE state IN ('making', 'held'))
		ORDER BY due_at, schedule`)
	return slots, wrap(err, "list open slots")
}

// SlotTimes returns all slots of a schedule that were due in [from, to), the
// oldest first.
func (l *Ledger) SlotTimes(ctx context.Context, schedule string, from, to time.Time) ([]job.Slot, error) {
	slots, err := list(ctx, l.read, scanSlot,
		`SELECT `+slotColumns+` FROM slots WHERE schedule = $1 AND due_at >= $2 AND due_at < $3 ORDER BY due_at`,
		key(schedule), millis(from), millis(to))
	return slots, wrap(err, "list slots of schedule %s", schedule)
}

// SlotsWithoutJob returns slots whose job was enqueued in [from, to), however
// long after they were due, and is not recorded, the oldest decision first.
func (l *Ledger) SlotsWithoutJob(ctx context.Context, from, to time.Time, limit int) ([]job.Slot, error) {
	slots, err := list(ctx, l.read, scanSlot,
		`SELECT `+slotColumns+` FROM slots
		WHERE decided_at >= $1 AND decided_at < $2 AND outcome IN ('ran', 'ran_late', 'caught_up') AND pruned_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = slots.job_id)
		ORDER BY decided_at, schedule LIMIT $3`,
		millis(from), millis(to), atMost(limit))
	return slots, wrap(err, "list slots without a job")
}
