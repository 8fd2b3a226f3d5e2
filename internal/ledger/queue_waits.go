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

// queueWaitsQuery walks the index of states once for each, a bounded way, and
// chooses among what it has met.
func queueWaitsQuery(since time.Time, within []job.Reach) (string, []any) {
	var c choice
	c.within(within)
	c.where("started_at >= ?", millis(since))
	c.conditions = append(c.conditions, "attempt <= 1") // a later one has been due again since
	from := c.arg(millis(since.Add(-job.Day)))
	var walks []string
	for _, state := range begun {
		walks = append(walks, fmt.Sprintf(`SELECT * FROM (
			SELECT queue, client, task, attempt, created_at, due_at, started_at FROM jobs
			WHERE state = %s AND created_at >= %s ORDER BY created_at DESC, id DESC LIMIT %d) AS %s`, c.arg(string(state)), from, MostWaits, state))
	}
	return fmt.Sprintf(`SELECT queue, started_at - CASE WHEN due_at > created_at THEN due_at ELSE created_at END
		FROM (%s) AS newest WHERE %s ORDER BY started_at DESC LIMIT %d`, strings.Join(walks, " UNION ALL "), c.all(), MostWaits), c.args
}
