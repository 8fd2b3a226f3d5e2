package ledger

import (
	"context"
	"database/sql"
	"errors"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// ofOpenSlot says which jobs of slots have not ended, in the words of their
// index.
const ofOpenSlot = `schedule <> '' AND slot_at IS NOT NULL AND ended_at IS NULL`

// Unfinished returns the newest job of the schedule's slots that has not
// ended, and a fault.NotFound if all have.
func (l *Ledger) Unfinished(ctx context.Context, schedule string) (job.Job, error) {
	j, err := scanJob(l.read.QueryRowContext(ctx,
		`SELECT `+jobColumns+` FROM jobs WHERE schedule = $1 AND `+ofOpenSlot+` ORDER BY slot_at DESC LIMIT 1`, key(schedule)))
	if errors.Is(err, sql.ErrNoRows) {
		return j, fault.New(fault.NotFound, "The schedule %q has no unfinished job.", schedule)
	}
	return j, wrap(err, "find unfinished job of schedule %s", schedule)
}

// UnfinishedOf returns the newest job of each schedule's slots that has not
// ended, by schedule. A schedule whose jobs have all ended is not in it.
func (l *Ledger) UnfinishedOf(ctx context.Context, schedules []string) (map[string]job.Job, error) {
	where, arg, err := l.among("schedule", schedules)
	if err != nil {
		return nil, err
	}
	jobs, err := list(ctx, l.read, scanJob, `SELECT `+jobColumns+` FROM jobs
		JOIN (SELECT schedule AS busy, MAX(slot_at) AS newest FROM jobs WHERE `+where+` AND `+ofOpenSlot+` GROUP BY schedule) AS last
			ON schedule = busy AND slot_at = newest
		WHERE `+ofOpenSlot, arg)
	newest := map[string]job.Job{}
	for _, j := range jobs {
		newest[j.Schedule] = j
	}
	return newest, wrap(err, "find unfinished jobs of %d schedules", len(schedules))
}
