package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// UsualDurations returns how long the last 20 jobs of each of those schedules
// took that succeeded, by schedule. One that has none is not in it.
func (l *Ledger) UsualDurations(ctx context.Context, schedules []string) (map[string]job.Usual, error) {
	usual := make(map[string]job.Usual, len(schedules))
	for some := range slices.Chunk(schedules, namesPerQuery) {
		if err := l.lastDurations(ctx, some, usual); err != nil {
			return nil, wrap(err, "read how long jobs of %d schedules took", len(schedules))
		}
	}
	return usual, nil
}

// lastDurations adds what is usual of those schedules. Each is a walk along the
// index of its jobs which ends at the 20th, and one row. The states are said by
// those that they are not: a database that looks for one of them would take
// their index, or count on few jobs and sort them all.
func (l *Ledger) lastDurations(ctx context.Context, schedules []string, usual map[string]job.Usual) error {
	names, arg, err := l.each(schedules)
	if err != nil {
		return err
	}
	scan := func(r row) (struct{}, error) {
		var name string
		var took sql.NullString
		if err := r.Scan(&name, &took); err != nil || !took.Valid {
			return struct{}{}, err
		}
		var err error
		usual[name], err = usualOf(took.String)
		return struct{}{}, err
	}
	_, err = list(ctx, l.read, scan, `SELECT name, (
		SELECT string_agg(CAST(ended_at - started_at AS TEXT), ' ') FROM (
			SELECT started_at, ended_at FROM jobs
			WHERE schedule = name AND schedule <> '' AND ended_at IS NOT NULL AND state NOT IN ('failed', 'aborted', 'expired')
			ORDER BY created_at DESC, id DESC LIMIT 20) AS last) FROM `+names, arg)
	return err
}

// usualOf returns what is usual of durations, which are milliseconds.
func usualOf(took string) (u job.Usual, err error) {
	var all []time.Duration
	for one := range strings.FieldsSeq(took) {
		ms, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return u, fmt.Errorf("read a duration: %w", err)
		}
		all = append(all, time.Duration(max(ms, 0))*time.Millisecond)
	}
	return job.UsualOf(all), nil
}

// newestLooked is among how many of the newest jobs those that succeeded are
// looked for: a page does not wait for a walk through all that ever failed.
const newestLooked = 500

// RecentDurations returns how long the last n jobs of that schedule took that
// succeeded, the newest first. Where there is no schedule, or none of its newest
// jobs succeeded, they are those of the task and the client.
func (l *Ledger) RecentDurations(ctx context.Context, schedule, task, client string, n int) (recent []job.Lasted, err error) {
	if schedule != "" {
		recent, err = l.recent(ctx, "schedule = $1 AND schedule <> ''", n, key(schedule))
	}
	if err == nil && len(recent) == 0 {
		recent, err = l.recent(ctx, "task = $1 AND client = $2", n, key(task), key(client))
	}
	return recent, wrap(err, "read how long jobs of task %s took", task)
}

// recent walks the index of the jobs of which along is true.
func (l *Ledger) recent(ctx context.Context, along string, n int, args ...any) ([]job.Lasted, error) {
	const newest = " ORDER BY created_at DESC, id DESC LIMIT "
	return list(ctx, l.read, scanLasted, `SELECT id, started_at, ended_at - started_at FROM (
		SELECT id, state, created_at, started_at, ended_at FROM jobs WHERE `+along+newest+strconv.Itoa(newestLooked)+`) AS last
		WHERE state = 'succeeded' AND started_at IS NOT NULL AND ended_at IS NOT NULL`+newest+strconv.Itoa(n), args...)
}

func scanLasted(r row) (j job.Lasted, err error) {
	var started, took int64
	err = r.Scan(&j.JobID, &started, &took)
	j.Started, j.Took = instant(started), time.Duration(max(took, 0))*time.Millisecond
	return j, err
}
