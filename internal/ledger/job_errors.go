package ledger

import (
	"context"
	"database/sql"

	"github.com/beadle-jobs/beadle/internal/job"
)

func scanRecordError(r row) (e job.RecordError, err error) {
	var at int64
	err = r.Scan(&e.Seq, &e.Attempt, &e.Key, &e.Code, &e.Message, &at)
	e.At = instant(at)
	return e, err
}

// JobErrors returns the record errors of a job in order, from behind the one
// numbered after.
func (l *Ledger) JobErrors(ctx context.Context, id string, after int64, limit int) ([]job.RecordError, error) {
	found, err := list(ctx, l.read, scanRecordError,
		`SELECT seq, attempt, record, code, message, at FROM job_errors
		WHERE job_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, key(id), after, atMost(limit))
	return found, wrap(err, "read record errors of job %s", id)
}

// putJobErrors adds record errors. One that is there already stays as it is.
func putJobErrors(ctx context.Context, tx *sql.Tx, added []jobError) error {
	rows := make([][]any, len(added))
	for i, e := range added {
		rows[i] = []any{e.job, e.Seq, e.Attempt, prose(e.Key), key(e.Code), prose(e.Message), millis(e.At)}
	}
	return insert(ctx, tx, `INSERT INTO job_errors (job_id, seq, attempt, record, code, message, at)`, rows,
		`ON CONFLICT (job_id, seq) DO NOTHING`)
}
