package ledger

import (
	"context"
	"database/sql"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const attemptColumns = `number, worker, outcome, error, started_at, ended_at`

func scanAttempt(r row) (a job.Attempt, err error) {
	var started int64
	var ended sql.NullInt64
	err = r.Scan(&a.Number, &a.Worker, &a.Outcome, &a.Error, &started, &ended)
	a.Started, a.Ended = instant(started), known(ended)
	return a, err
}

// Attempts returns the attempts of a job, the first one first.
func (l *Ledger) Attempts(ctx context.Context, id string) ([]job.Attempt, error) {
	j, err := l.Job(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	attempts, err := list(ctx, l.read, scanAttempt,
		`SELECT `+attemptColumns+` FROM attempts WHERE job_id = $1 ORDER BY number`, key(id))
	if told, ok := onlyAttempt(&j); ok && !slices.ContainsFunc(attempts, func(a job.Attempt) bool { return a.Number == told.Number }) {
		attempts = append(attempts, told)
	}
	return attempts, wrap(err, "read attempts of job %s", id)
}

// outcomes are what a job's state says of the only attempt that it made.
var outcomes = map[job.State]job.Outcome{
	job.Running:   job.AttemptRunning,
	job.Succeeded: job.AttemptSucceeded,
	job.Failed:    job.AttemptFailed,
	job.Aborted:   job.AttemptAborted,
}

// onlyAttempt returns the attempt of a job that made one, as the job's own row
// tells it. Most jobs are like that, and their attempt is not written. An
// attempt that is written is the one that counts.
func onlyAttempt(j *job.Job) (a job.Attempt, ok bool) {
	outcome, ok := outcomes[j.State]
	if !ok || j.Attempt != 1 || j.Started == nil {
		return a, false
	}
	a = job.Attempt{Number: 1, Worker: j.Worker, Outcome: outcome, Started: *j.Started, Ended: j.Ended}
	if outcome == job.AttemptFailed {
		a.Error = j.Error
	}
	return a, true
}

// tells reports whether the row of the job tells all of its attempt a. A failure
// has a row of its own: it is listed among the errors of its group.
func (r *record) tells(a *attempt) bool {
	told, ok := onlyAttempt(&r.Job)
	return ok && told.Outcome != job.AttemptFailed && told.Number == a.Number && told.Worker == a.Worker && told.Outcome == a.Outcome && told.Error == a.Error &&
		told.Started.Equal(a.Started) && maybe(told.Ended) == maybe(a.Ended)
}

// readAttempts adds their attempts to records. A job that has begun none has
// none, unless it ended without and was heard of later.
func readAttempts(ctx context.Context, w writer, records map[string]*record) error {
	var ids []string
	for id, r := range records {
		if r.Attempt > 0 || r.State.Final() {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	where, arg, err := w.among("job_id", ids)
	if err != nil {
		return err
	}
	scan := func(row row) (id string, err error) {
		a := &attempt{written: true}
		a.Attempt, err = scanAttempt(also{row, []any{&id}})
		if err == nil {
			records[id].attempts[a.Number] = a
		}
		return id, err
	}
	if _, err := list(ctx, w, scan, `SELECT `+attemptColumns+`, job_id FROM attempts WHERE `+where, arg); err != nil {
		return err
	}
	for _, id := range ids {
		records[id].addOnlyAttempt()
	}
	return nil
}

// addOnlyAttempt adds the attempt that is not written because the job tells it.
func (r *record) addOnlyAttempt() {
	if told, ok := onlyAttempt(&r.Job); ok && r.attempts[told.Number] == nil {
		r.attempts[told.Number] = &attempt{Attempt: told}
	}
}

var putAttempt = inserting("attempts",
	"job_id TEXT, number BIGINT, worker TEXT, outcome TEXT, error TEXT, started_at BIGINT, ended_at BIGINT, fingerprint TEXT, client TEXT",
	`ON CONFLICT (job_id, number) DO UPDATE SET
		worker = excluded.worker, outcome = excluded.outcome, error = excluded.error,
		started_at = excluded.started_at, ended_at = excluded.ended_at,
		fingerprint = CASE WHEN excluded.fingerprint = '' THEN attempts.fingerprint ELSE excluded.fingerprint END,
		client = CASE WHEN excluded.client = '' THEN attempts.client ELSE excluded.client END`)

// putAttempts writes the attempts of records, new and known.
func putAttempts(ctx context.Context, w writer, records []*record) error {
	var rows [][]any
	for _, r := range records {
		for _, a := range r.attempts {
			if a.written && a.touched || !a.written && !r.tells(a) {
				rows = append(rows, []any{
					r.ID, int64(a.Number), key(a.Worker), string(a.Outcome), prose(a.Error), millis(a.Started), maybe(a.Ended),
					a.fingerprint, a.client,
				})
			}
		}
	}
	return w.put(ctx, putAttempt, rows)
}
