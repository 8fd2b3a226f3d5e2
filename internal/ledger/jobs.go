package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// The sizes of a list of jobs.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// jobColumns are the columns of jobs in the order in which scanJob reads them.
const jobColumns = `id, task, description, client, owner, queue, args, state, reason,
	stage, done, total, created, changed, removed, errors, error, attempt, failures, worker,
	parent, root, retry_of, schedule, slot_at, due_at, created_at, started_at, ended_at`

func scanJob(r row) (j job.Job, err error) {
	var args string
	var due, created int64
	var slot, started, ended sql.NullInt64
	err = r.Scan(&j.ID, &j.Task, &j.Description, &j.Client, &j.Owner, &j.Queue, &args, &j.State, &j.Reason,
		&j.Progress.Stage, &j.Progress.Done, &j.Progress.Total,
		&j.Progress.Created, &j.Progress.Changed, &j.Progress.Removed,
		&j.Errors, &j.Error, &j.Attempt, &j.Failures, &j.Worker,
		&j.Parent, &j.Root, &j.RetryOf, &j.Schedule, &slot, &due, &created, &started, &ended)
	j.Args = json.RawMessage(args)
	j.Due, j.Created = instant(due), instant(created)
	j.Slot, j.Started, j.Ended = known(slot), known(started), known(ended)
	return j, err
}

// Job returns one job as it is recorded, which may be a moment behind.
func (l *Ledger) Job(ctx context.Context, id string) (job.Job, error) {
	j, err := scanJob(l.read.QueryRowContext(ctx, `SELECT `+jobColumns+` FROM jobs WHERE id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return j, fault.New(fault.NotFound, "There is no job %s.", id)
	}
	return j, wrap(err, "read job %s", id)
}

// Jobs returns the jobs that f chooses, newest first.
func (l *Ledger) Jobs(ctx context.Context, f job.Filter) ([]job.Job, error) {
	w, err := l.walk(ctx, f)
	if err != nil {
		return nil, err
	}
	query, args := w.query()
	jobs, err := list(ctx, l.read, scanJob, query, args...)
	return jobs, wrap(err, "list jobs")
}

// A walk is what a list of jobs reads: the newest jobs of each state, along an
// index that begins with what is filtered by, merged. Walking the states apart
// keeps a list fast when the jobs in it are rare among very many.
type walk struct {
	states []job.State
	where  []string
	args   []any
	limit  int
}

func (l *Ledger) walk(ctx context.Context, f job.Filter) (*walk, error) {
	w := &walk{states: f.States, limit: min(cmp.Or(max(f.Limit, 0), defaultLimit), maxLimit)}
	if len(w.states) == 0 {
		w.states = job.States
	}
	w.equal("task", f.Task)
	w.equal("client", f.Client)
	w.equal("owner", f.Owner)
	w.equal("root", f.Root)
	w.equal("schedule", f.Schedule)
	if f.Errors {
		w.where = append(w.where, "troubled = 1")
	}
	if f.Before == "" {
		return w, nil
	}
	last, err := l.Job(ctx, f.Before)
	if err != nil {
		return nil, err
	}
	w.where = append(w.where, fmt.Sprintf("(created_at, id) < (%s, %s)", w.arg(millis(last.Created)), w.arg(last.ID)))
	return w, nil
}

func (w *walk) equal(column, value string) {
	if value != "" {
		w.where = append(w.where, column+" = "+w.arg(key(value)))
	}
}

func (w *walk) arg(value any) string {
	w.args = append(w.args, value)
	return fmt.Sprintf("$%d", len(w.args))
}

func (w *walk) query() (string, []any) {
	newest := fmt.Sprintf("ORDER BY created_at DESC, id DESC LIMIT %d", w.limit)
	var parts []string
	for _, state := range w.states {
		where := append([]string{"state = " + w.arg(string(state))}, w.where...)
		parts = append(parts, "SELECT id FROM (SELECT id FROM jobs WHERE "+strings.Join(where, " AND ")+" "+newest+") AS part")
	}
	return "SELECT " + jobColumns + " FROM jobs WHERE id IN (" + strings.Join(parts, " UNION ALL ") + ") " + newest, w.args
}

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
		Parent: j.Parent, Root: j.Root, RetryOf: j.RetryOf, Schedule: j.Schedule,
		Resume: &job.Resume{
			Queue: j.Queue, Created: j.Created, Attempt: j.Attempt, Failures: j.Failures, Errors: j.Errors, Lines: lines,
		},
	}
	if j.Slot != nil {
		request.Slot = *j.Slot
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

// readRecords returns what is recorded of jobs, their attempts apart.
func readRecords(ctx context.Context, tx *sql.Tx, ids []string) ([]*record, error) {
	scan := func(row row) (_ *record, err error) {
		r := &record{attempts: map[int]*attempt{}}
		r.Job, err = scanJob(also{row, []any{&r.seen}})
		return r, err
	}
	return list(ctx, tx, scan,
		`SELECT `+jobColumns+`, seen FROM jobs WHERE id IN `+placeholders(1, len(ids)), anys(ids)...)
}

// putJobs writes what is recorded of jobs, new and known.
func putJobs(ctx context.Context, tx *sql.Tx, records []*record) error {
	rows := make([][]any, len(records))
	for i, r := range records {
		rows[i] = r.columns()
	}
	return insert(ctx, tx, `INSERT INTO jobs (`+jobColumns+`, troubled, seen)`, rows,
		`ON CONFLICT (id) DO UPDATE SET
			state = excluded.state, reason = excluded.reason,
			stage = excluded.stage, done = excluded.done, total = excluded.total,
			created = excluded.created, changed = excluded.changed, removed = excluded.removed,
			errors = excluded.errors, error = excluded.error, troubled = excluded.troubled,
			attempt = excluded.attempt, failures = excluded.failures, worker = excluded.worker,
			due_at = excluded.due_at, started_at = excluded.started_at, ended_at = excluded.ended_at,
			seen = excluded.seen`)
}

func (r *record) columns() []any {
	j := &r.Job
	return []any{
		j.ID, key(j.Task), prose(j.Description), key(j.Client), key(j.Owner), key(j.Queue), raw(j.Args), string(j.State), prose(j.Reason),
		key(j.Progress.Stage), j.Progress.Done, j.Progress.Total,
		j.Progress.Created, j.Progress.Changed, j.Progress.Removed,
		j.Errors, prose(j.Error), j.Attempt, j.Failures, key(j.Worker),
		key(j.Parent), key(j.Root), key(j.RetryOf), key(j.Schedule), maybe(j.Slot), millis(j.Due), millis(j.Created), maybe(j.Started), maybe(j.Ended),
		flag(j.Errors > 0 || j.State == job.Failed), r.seen,
	}
}
