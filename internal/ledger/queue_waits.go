package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// MostWaits is of how many jobs at most [Ledger.QueueWaits] tells.
const MostWaits = 2000

// begun are the states of jobs that have begun, or most of them.
var begun = []job.State{job.Running, job.Succeeded, job.Failed}

// QueueWaits returns how long jobs stood in their queues from when they were due
// until they began: of the newest 2,000 that began since then at their first
// attempt, as far as they are among the newest of their state, were accepted
// less than a day before, and are within a reach; nil is all of them. However
// many jobs there are, it looks at a few thousand.
func (l *Ledger) QueueWaits(ctx context.Context, since time.Time, within []job.Reach) (job.QueueWaits, error) {
	query, args := queueWaitsQuery(since, within)
	type wait struct {
		queue string
		took  time.Duration
	}
	scan := func(r row) (w wait, err error) {
		var ms int64
		err = r.Scan(&w.queue, &ms)
		w.took = time.Duration(max(ms, 0)) * time.Millisecond
		return w, err
	}
	all, err := list(ctx, l.read, scan, query, args...)
	if err != nil {
		return job.QueueWaits{}, wrap(err, "read how long jobs stood in queues")
	}
	took := map[string][]time.Duration{}
	for _, w := range all {
		took[w.queue] = append(took[w.queue], w.took)
	}
	found := job.QueueWaits{Jobs: len(all), Queues: make(map[string]job.QueueWait, len(took))}
	for queue, waits := range took {
		found.Queues[queue] = job.QueueWaitOf(waits)
	}
	return found, nil
}

// QueueTimes returns how long the jobs of each queue run: of the newest 2,000 of
// each state those that ended since then at their first attempt, and those that
// run, up to now. They were accepted less than a day before since.
func (l *Ledger) QueueTimes(ctx context.Context, since, now time.Time) (map[string]job.QueueTime, error) {
	query, args := queueTimesQuery(since, now)
	type timed struct {
		queue string
		time  job.QueueTime
	}
	scan := func(r row) (q timed, err error) {
		var ms float64
		err = r.Scan(&q.queue, &q.time.Jobs, &ms)
		q.time.Mean = time.Duration(max(ms, 0) * float64(time.Millisecond))
		return q, err
	}
	all, err := list(ctx, l.read, scan, query, args...)
	times := make(map[string]job.QueueTime, len(all))
	for _, q := range all { // the parts of a queue count as it
		name := job.BaseQueue(q.queue)
		times[name] = times[name].With(q.time)
	}
	return times, wrap(err, "read how long the jobs of queues run")
}

func queueTimesQuery(since, now time.Time) (string, []any) {
	var c choice
	c.where("(ended_at IS NULL OR ended_at >= ?)", millis(since))
	c.conditions = append(c.conditions, "attempt <= 1", "started_at IS NOT NULL")
	end := c.arg(millis(now))
	return fmt.Sprintf(`SELECT queue, count(*), avg(COALESCE(ended_at, %s) - started_at)
		FROM (%s) AS newest WHERE %s GROUP BY queue`, end, c.newestBegun("queue, attempt, started_at, ended_at", since), c.all()), c.args
}

// queueWaitsQuery walks the index of states once for each, a bounded way, and
// chooses among what it has met.
func queueWaitsQuery(since time.Time, within []job.Reach) (string, []any) {
	var c choice
	c.within(within)
	c.where("started_at >= ?", millis(since))
	c.conditions = append(c.conditions, "attempt <= 1") // a later one has been due again since
	newest := c.newestBegun("queue, client, task, attempt, created_at, due_at, started_at", since)
	return fmt.Sprintf(`SELECT queue, started_at - CASE WHEN due_at > created_at THEN due_at ELSE created_at END
		FROM (%s) AS newest WHERE %s ORDER BY started_at DESC LIMIT %d`, newest, c.all(), MostWaits), c.args
}

// newestBegun selects columns of the newest jobs of each state of those that
// have begun, accepted less than a day before since.
func (c *choice) newestBegun(columns string, since time.Time) string {
	from := c.arg(millis(since.Add(-job.Day)))
	var walks []string
	for _, state := range begun {
		walks = append(walks, fmt.Sprintf(`SELECT * FROM (
			SELECT %s FROM jobs
			WHERE state = %s AND created_at >= %s ORDER BY created_at DESC, id DESC LIMIT %d) AS %s`, columns, c.arg(string(state)), from, MostWaits, state))
	}
	return strings.Join(walks, " UNION ALL ")
}
