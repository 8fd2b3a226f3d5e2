package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Counts returns how many jobs the client has in each state; the empty name
// means all clients together.
func (l *Ledger) Counts(ctx context.Context, client string) (map[job.State]int64, error) {
	counts := map[job.State]int64{}
	err := l.addCounts(ctx, counts,
		`SELECT state, CAST(SUM(jobs) AS BIGINT) FROM job_counts WHERE ($1 = '' OR client = $1) GROUP BY state`, []any{key(client)})
	return counts, wrap(err, "count jobs")
}

// A stateCount is how many jobs are in a state.
type stateCount struct {
	state job.State
	jobs  int64
}

func scanCount(r row) (c stateCount, err error) {
	err = r.Scan(&c.state, &c.jobs)
	return c, err
}

func (l *Ledger) addCounts(ctx context.Context, counts map[job.State]int64, query string, args []any) error {
	rows, err := list(ctx, l.read, scanCount, query, args...)
	for _, c := range rows {
		counts[c.state] += c.jobs
	}
	return err
}

// A tally is by how much counts change in one transaction.
type tally map[tallied]int64

type tallied struct {
	client, task string
	state        job.State
}

// move counts a job of client and task out of one state and into another; the
// empty state is that of a job that was not known.
func (t tally) move(client, task string, from, to job.State) {
	if from != "" {
		t[tallied{client, task, from}]--
	}
	t[tallied{client, task, to}]++
}

func (t tally) save(ctx context.Context, tx *sql.Tx) error {
	maps.DeleteFunc(t, func(_ tallied, jobs int64) bool { return jobs == 0 })
	order := slices.SortedFunc(maps.Keys(t), func(a, b tallied) int {
		return cmp.Or(cmp.Compare(a.client, b.client), cmp.Compare(a.task, b.task), cmp.Compare(a.state, b.state))
	})
	rows := make([][]any, len(order))
	for i, at := range order {
		rows[i] = []any{at.client, at.task, string(at.state), t[at]}
	}
	return insert(ctx, tx, `INSERT INTO job_counts (client, task, state, jobs)`, rows,
		`ON CONFLICT (client, task, state) DO UPDATE SET jobs = job_counts.jobs + excluded.jobs`)
}
