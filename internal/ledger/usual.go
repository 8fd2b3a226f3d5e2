package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// UsualDurations returns how long the last jobs of each of those schedules took
// that succeeded, by schedule. One that has none is not in it.
func (l *Ledger) UsualDurations(ctx context.Context, schedules []string) (map[string]job.Usual, error) {
	took := map[string][]time.Duration{}
	for some := range slices.Chunk(schedules, rowsPerArray) {
		if err := l.lastDurations(ctx, some, took); err != nil {
			return nil, wrap(err, "read how long jobs of %d schedules took", len(schedules))
		}
	}
	usual := make(map[string]job.Usual, len(took))
	for name, durations := range took {
		usual[name] = usualOf(durations)
	}
	return usual, nil
}

// lastDurations adds how long the last jobs of those schedules took to took.
func (l *Ledger) lastDurations(ctx context.Context, schedules []string, took map[string][]time.Duration) error {
	names, arg, err := l.each(schedules)
	if err != nil {
		return err
	}
	scan := func(r row) (struct{}, error) {
		var name string
		var ms int64
		err := r.Scan(&name, &ms)
		took[name] = append(took[name], time.Duration(ms)*time.Millisecond)
		return struct{}{}, err
	}
	_, err = list(ctx, l.read, scan, `SELECT name, ended_at - started_at FROM `+names+l.joinLastSucceeded(), arg)
	return err
}

// lastSucceeded finds the last jobs of the schedule name. It walks the index of
// the schedule, and no other, whatever the database believes of states.
const lastSucceeded = ` FROM jobs WHERE schedule = name AND schedule <> '' AND (state || '') = 'succeeded'
	AND started_at IS NOT NULL AND ended_at >= started_at ORDER BY created_at DESC, id DESC LIMIT 20`

// joinLastSucceeded joins the last jobs of each name in the way in which the
// database looks into the index once for each.
func (d dialect) joinLastSucceeded() string {
	if d == postgres {
		return ` CROSS JOIN LATERAL (SELECT started_at, ended_at` + lastSucceeded + `) AS j`
	}
	return ` JOIN jobs AS j ON j.id IN (SELECT id` + lastSucceeded + `)`
}

// usualOf returns what is usual of durations, of which there is one at least.
func usualOf(durations []time.Duration) job.Usual {
	slices.Sort(durations)
	n := len(durations)
	return job.Usual{
		Median: (durations[(n-1)/2] + durations[n/2]) / 2,
		Long:   durations[(n*9+9)/10-1],
	}
}
