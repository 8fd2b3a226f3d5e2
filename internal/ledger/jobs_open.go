package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// UnfinishedJobs returns the ids of jobs that were accepted before that time
// and have not ended, in order, from behind the id after.
func (l *Ledger) UnfinishedJobs(ctx context.Context, accepted time.Time, after string, limit int) ([]string, error) {
	ids, err := list(ctx, l.read, scanText,
		`SELECT id FROM jobs WHERE ended_at IS NULL AND id > $1 AND created_at < $2 ORDER BY id LIMIT $3`,
		key(after), millis(accepted), limit)
	return ids, wrap(err, "list unfinished jobs")
}

// CountUnfinished returns how many jobs have not ended.
func (l *Ledger) CountUnfinished(ctx context.Context) (n int, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM jobs WHERE ended_at IS NULL`).Scan(&n)
	return n, wrap(err, "count unfinished jobs")
}

// Requests returns the requests that put those of the jobs which have not ended
// back where they were, in the order of their ids.
func (l *Ledger) Requests(ctx context.Context, ids []string) ([]job.Request, error) {
	where, arg, err := l.among("id", ids)
	if err != nil {
		return nil, err
	}
	requests, err := list(ctx, l.read, scanRequest,
		`SELECT `+jobColumns+`, (SELECT COALESCE(MAX(seq), 0) FROM job_logs WHERE job_id = jobs.id)
		FROM jobs WHERE ended_at IS NULL AND `+where+` ORDER BY id`, arg)
	return requests, wrap(err, "read unfinished jobs")
}

func scanRequest(r row) (job.Request, error) {
	var lines int64
	j, err := scanJob(also{r, []any{&lines}})
	request := job.Request{
		ID: j.ID, Task: j.Task, Args: j.Args, Client: j.Client, Owner: j.Owner, Description: j.Description,
		Trace: j.Trace, Parent: j.Parent, Root: j.Root, RetryOf: j.RetryOf, Schedule: j.Schedule, Tags: j.Tags,
		Resume: &job.Resume{
			Queue: j.Queue, Created: j.Created, Attempt: j.Attempt, Failures: j.Failures, Errors: j.Errors, Lines: lines,
		},
	}
	if j.Slot != nil {
		request.Slot = *j.Slot
	}
	if j.Expires != nil {
		request.Expires = *j.Expires
	}
	if j.State == job.Scheduled || j.State == job.Retrying {
		request.At = j.Due
	}
	return request, err
}

// Due shows scheduled jobs whose time has come as queued. No event says so,
// because nothing happens to them.
func (l *Ledger) Due(ctx context.Context, now time.Time) error {
	const due = `state = 'scheduled' AND due_at <= $1`
	ids, err := list(ctx, l.read, scanText, `SELECT id FROM jobs WHERE `+due+` LIMIT 1`, millis(now))
	if err == nil && len(ids) > 0 {
		err = l.inTx(ctx, func(tx *sql.Tx) error { return queueDue(ctx, tx, due, now) })
	}
	return wrap(err, "show due jobs as queued")
}

func queueDue(ctx context.Context, tx *sql.Tx, due string, now time.Time) error {
	if err := holdPosition(ctx, tx); err != nil {
		return err
	}
	scan := func(r row) (of tallied, err error) {
		err = r.Scan(&of.client, &of.task)
		return of, err
	}
	queued, err := list(ctx, tx, scan, `UPDATE jobs SET state = 'queued' WHERE `+due+` RETURNING client, task`, millis(now))
	if err != nil {
		return err
	}
	counts := tally{}
	for _, q := range queued {
		counts.move(q.client, q.task, job.Scheduled, job.Queued)
	}
	return counts.save(ctx, tx)
}
