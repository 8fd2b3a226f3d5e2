package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// UnfinishedJobs returns the requests that put jobs which have not ended back
// where they were, in the order of their ids, from behind the id after.
func (l *Ledger) UnfinishedJobs(ctx context.Context, after string, limit int) ([]job.Request, error) {
	requests, err := list(ctx, l.read, scanRequest,
		`SELECT `+jobColumns+`, (SELECT COALESCE(MAX(seq), 0) FROM job_logs WHERE job_id = jobs.id)
		FROM jobs WHERE ended_at IS NULL AND id > $1 ORDER BY id LIMIT $2`, key(after), limit)
	return requests, wrap(err, "list unfinished jobs")
}

func scanRequest(r row) (job.Request, error) {
	var lines int64
	j, err := scanJob(also{r, []any{&lines}})
	request := job.Request{
		ID: j.ID, Task: j.Task, Args: j.Args, Client: j.Client, Owner: j.Owner, Description: j.Description,
		Trace: j.Trace, Parent: j.Parent, Root: j.Root, RetryOf: j.RetryOf, Schedule: j.Schedule,
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
	clients, err := list(ctx, tx, scanText, `UPDATE jobs SET state = 'queued' WHERE `+due+` RETURNING client`, millis(now))
	if err != nil {
		return err
	}
	counts := tally{}
	for _, client := range clients {
		counts.move(client, job.Scheduled, job.Queued)
	}
	return counts.save(ctx, tx)
}
