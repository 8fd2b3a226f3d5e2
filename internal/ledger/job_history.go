package ledger

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// History returns how many jobs ended on each day in each state, the oldest day
// first. Jobs that were removed since are counted too: they were counted when
// they ended, and stay so.
func (l *Ledger) History(ctx context.Context, f job.HistoryFilter) ([]job.HistoryDay, error) {
	var c choice
	if !f.From.IsZero() {
		c.where("day >= ?", dayOf(millis(f.From)))
	}
	if !f.To.IsZero() {
		c.where("day < ?", dayOf(millis(f.To)+dayLength-1))
	}
	c.where("client = ?", key(f.Client))
	c.where("task = ?", key(f.Task))
	c.within(f.Sight)
	days, err := list(ctx, l.read, scanHistoryDay,
		`SELECT day, state, CAST(SUM(jobs) AS BIGINT), CAST(SUM(pruned) AS BIGINT), CAST(SUM(errors) AS BIGINT), CAST(SUM(ran) AS BIGINT)
		FROM job_history WHERE `+c.all()+` GROUP BY day, state ORDER BY day, state`, c.args...)
	return days, wrap(err, "read the history of jobs")
}

func scanHistoryDay(r row) (d job.HistoryDay, err error) {
	var day, ran int64
	err = r.Scan(&day, &d.State, &d.Jobs, &d.Pruned, &d.Errors, &ran)
	d.Day = time.UnixMilli(day * dayLength).UTC()
	d.Ran = job.Seconds(time.Duration(ran) * time.Millisecond)
	return d, err
}

// dayLength is a day of job_history, in milliseconds.
const dayLength = 24 * 60 * 60 * 1000

func dayOf(ms int64) int64 { return ms / dayLength }

// A chronicle is by how much the history changes in one transaction.
type chronicle map[chapter]*passed

type chapter struct {
	day          int64
	client, task string
	state        job.State
}

type passed struct{ jobs, pruned, errors, ran int64 }

// at returns what is to be counted of jobs that ended like j.
func (c chronicle) at(j *job.Job) *passed {
	of := chapter{dayOf(millis(*j.Ended)), key(j.Client), key(j.Task), j.State}
	if c[of] == nil {
		c[of] = &passed{}
	}
	return c[of]
}

// note counts a job of a batch that has ended in it, and record errors that
// were told of later.
func (c chronicle) note(r *record) {
	switch {
	case r.Ended == nil:
	case r.over:
		if late := r.Errors - r.was.errors; late != 0 {
			c.at(&r.Job).errors += late
		}
	default:
		p := c.at(&r.Job)
		p.jobs++
		p.errors += r.Errors
		p.ran += ranFor(&r.Job)
	}
}

func ranFor(j *job.Job) int64 {
	if j.Started == nil {
		return 0
	}
	return max(0, millis(*j.Ended)-millis(*j.Started))
}

var putHistory = inserting("job_history",
	"day BIGINT, client TEXT, task TEXT, state TEXT, jobs BIGINT, pruned BIGINT, errors BIGINT, ran BIGINT",
	`ON CONFLICT (day, client, task, state) DO UPDATE SET
		jobs   = job_history.jobs + excluded.jobs,
		pruned = job_history.pruned + excluded.pruned,
		errors = job_history.errors + excluded.errors,
		ran    = job_history.ran + excluded.ran`)

// save writes in one order for all, so that no two transactions wait for each
// other.
func (c chronicle) save(ctx context.Context, w writer) error {
	order := slices.SortedFunc(maps.Keys(c), func(a, b chapter) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.client, b.client), cmp.Compare(a.task, b.task), cmp.Compare(a.state, b.state))
	})
	rows := make([][]any, len(order))
	for i, at := range order {
		p := c[at]
		rows[i] = []any{at.day, at.client, at.task, string(at.state), p.jobs, p.pruned, p.errors, p.ran}
	}
	return w.put(ctx, putHistory, rows)
}
