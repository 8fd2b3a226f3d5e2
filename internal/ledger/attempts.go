package ledger

import (
	"context"
	"database/sql"

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
	attempts, err := list(ctx, l.read, scanAttempt,
		`SELECT `+attemptColumns+` FROM attempts WHERE job_id = $1 ORDER BY number`, key(id))
	return attempts, wrap(err, "read attempts of job %s", id)
}

// readAttempts adds to records the attempts of the jobs with these ids.
func readAttempts(ctx context.Context, tx *sql.Tx, records map[string]*record, ids []string) error {
	scan := func(r row) (id string, err error) {
		a := &attempt{}
		a.Attempt, err = scanAttempt(also{r, []any{&id}})
		if err == nil {
			records[id].attempts[a.Number] = a
		}
		return id, err
	}
	_, err := list(ctx, tx, scan,
		`SELECT `+attemptColumns+`, job_id FROM attempts WHERE job_id IN `+placeholders(1, len(ids)), anys(ids)...)
	return err
}

// putAttempts writes the attempts of records, new and known.
func putAttempts(ctx context.Context, tx *sql.Tx, records []*record) error {
	var rows [][]any
	for _, r := range records {
		for _, a := range r.attempts {
			if a.touched {
				rows = append(rows, []any{r.ID, a.Number, key(a.Worker), string(a.Outcome), prose(a.Error), millis(a.Started), maybe(a.Ended)})
			}
		}
	}
	return insert(ctx, tx, `INSERT INTO attempts (job_id, `+attemptColumns+`)`, rows,
		`ON CONFLICT (job_id, number) DO UPDATE SET
			worker = excluded.worker, outcome = excluded.outcome, error = excluded.error,
			started_at = excluded.started_at, ended_at = excluded.ended_at`)
}
