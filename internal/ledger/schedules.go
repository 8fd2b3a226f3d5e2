package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const scheduleColumns = `name, task, client, cron, zone, args, enabled, missing, problem, created_at, decided_at`

func scanSchedule(r row) (s job.Schedule, err error) {
	var args string
	var enabled, missing, created, decided int64
	err = r.Scan(&s.Name, &s.Task, &s.Client, &s.Cron, &s.Zone, &args, &enabled, &missing, &s.Problem, &created, &decided)
	s.Args = json.RawMessage(args)
	s.Enabled, s.Missing = enabled != 0, missing != 0
	s.Created, s.Decided = instant(created), instant(decided)
	return s, err
}

// Schedules returns all schedules by name.
func (l *Ledger) Schedules(ctx context.Context) ([]job.Schedule, error) {
	schedules, err := list(ctx, l.read, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules ORDER BY name`)
	return schedules, wrap(err, "list schedules")
}

// Schedule returns one schedule.
func (l *Ledger) Schedule(ctx context.Context, name string) (job.Schedule, error) {
	s, err := scanSchedule(l.read.QueryRowContext(ctx, `SELECT `+scheduleColumns+` FROM schedules WHERE name = $1`, key(name)))
	if errors.Is(err, sql.ErrNoRows) {
		return s, fault.New(fault.NotFound, "There is no schedule %q.", name).In("schedule")
	}
	return s, wrap(err, "read schedule %s", name)
}

// PutSchedules writes schedules, new and known. Of a known one the time of its
// creation stays, and the time up to which it is decided only moves forward.
func (l *Ledger) PutSchedules(ctx context.Context, schedules []job.Schedule) error {
	last := map[string]job.Schedule{}
	for _, s := range schedules {
		last[key(s.Name)] = s
	}
	var rows [][]any
	for name, s := range last {
		rows = append(rows, []any{
			name, key(s.Task), key(s.Client), key(s.Cron), key(s.Zone), raw(s.Args),
			flag(s.Enabled), flag(s.Missing), prose(s.Problem), millis(s.Created), millis(s.Decided),
		})
	}
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		return insert(ctx, tx, `INSERT INTO schedules (`+scheduleColumns+`)`, rows,
			`ON CONFLICT (name) DO UPDATE SET
				task = excluded.task, client = excluded.client, cron = excluded.cron, zone = excluded.zone,
				args = excluded.args, enabled = excluded.enabled, missing = excluded.missing, problem = excluded.problem,
				decided_at = CASE WHEN excluded.decided_at > schedules.decided_at THEN excluded.decided_at ELSE schedules.decided_at END`)
	})
	return wrap(err, "put schedules")
}

// Unfinished returns the newest job of the schedule's slots that has not
// ended, and a fault.NotFound if all have.
func (l *Ledger) Unfinished(ctx context.Context, schedule string) (job.Job, error) {
	j, err := scanJob(l.read.QueryRowContext(ctx,
		`SELECT `+jobColumns+` FROM jobs
		WHERE schedule = $1 AND schedule <> '' AND slot_at IS NOT NULL AND ended_at IS NULL
		ORDER BY slot_at DESC LIMIT 1`, key(schedule)))
	if errors.Is(err, sql.ErrNoRows) {
		return j, fault.New(fault.NotFound, "The schedule %q has no unfinished job.", schedule)
	}
	return j, wrap(err, "find unfinished job of schedule %s", schedule)
}
