package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Errors that were recorded without a fingerprint, by a version that knew none.
const (
	ungroupedErrors = `SELECT e.job_id, e.seq, j.client, j.task, e.code, e.message, e.at
		FROM job_errors e JOIN jobs j ON j.id = e.job_id WHERE e.fingerprint = '' LIMIT 2000`
	ungroupedFailures = `SELECT a.job_id, a.number, j.client, j.task, '` + job.AttemptFailedCode + `', a.error, COALESCE(a.ended_at, a.started_at)
		FROM attempts a JOIN jobs j ON j.id = a.job_id WHERE a.outcome = 'failed' AND a.fingerprint = '' LIMIT 2000`
)

var (
	groupedErrors = joining("job_id TEXT, seq BIGINT, fingerprint TEXT, client TEXT", `UPDATE job_errors SET fingerprint = r.fingerprint, client = r.client
		FROM rows AS r WHERE job_errors.job_id = r.job_id AND job_errors.seq = r.seq AND job_errors.fingerprint = ''`).
		returning("job_errors.job_id || ' ' || job_errors.seq")
	groupedFailures = joining("job_id TEXT, number BIGINT, fingerprint TEXT, client TEXT", `UPDATE attempts SET fingerprint = r.fingerprint, client = r.client
		FROM rows AS r WHERE attempts.job_id = r.job_id AND attempts.number = r.number AND attempts.fingerprint = ''`).
		returning("attempts.job_id || ' ' || attempts.number")
)

// groupOld groups the errors that have no fingerprint yet. Each page is a
// transaction of its own, so that it goes on where it was broken off; processes
// that do it at once count nothing twice.
func (l *Ledger) groupOld(ctx context.Context) error {
	if err := l.groupPages(ctx, ungroupedErrors, groupedErrors); err != nil {
		return fmt.Errorf("group record errors: %w", err)
	}
	if err := l.groupPages(ctx, ungroupedFailures, groupedFailures); err != nil {
		return fmt.Errorf("group failures of attempts: %w", err)
	}
	return nil
}

func (l *Ledger) groupPages(ctx context.Context, query string, into bulk) error {
	for more := true; more; {
		err := l.inTx(ctx, func(tx *sql.Tx) (err error) {
			more, err = groupPage(ctx, writer{tx, l.dialect}, query, into)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// groupPage groups some errors, and reports whether there were any.
func groupPage(ctx context.Context, w writer, query string, into bulk) (bool, error) {
	told := map[string]occurrence{}
	rows, err := list(ctx, w, func(r row) ([]any, error) {
		var number, at int64
		var id, client, task, code, message string
		err := r.Scan(&id, &number, &client, &task, &code, &message, &at)
		o := occurrenceOf(id, client, task, code, message, at)
		told[fmt.Sprint(id, " ", number)] = o
		return []any{id, number, o.fingerprint, o.client}, err
	}, query)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	var g groups
	if err := g.countNew(ctx, w, into, rows, told); err != nil {
		return false, err
	}
	return true, g.save(ctx, w)
}
