package ledger

import (
	"context"

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
