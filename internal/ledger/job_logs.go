package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/job"
)

func scanLogLine(r row) (line job.LogLine, err error) {
	var at int64
	err = r.Scan(&line.Seq, &line.Attempt, &line.Level, &line.Text, &at)
	line.At = instant(at)
	return line, err
}

// JobLogs returns the log of a job in order, from behind the line numbered
// after.
func (l *Ledger) JobLogs(ctx context.Context, id string, after int64, limit int) ([]job.LogLine, error) {
	lines, err := list(ctx, l.read, scanLogLine,
		`SELECT seq, attempt, level, text, at FROM job_logs
		WHERE job_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, key(id), after, atMost(limit))
	return lines, wrap(err, "read log of job %s", id)
}

var newJobLogs = inserting("job_logs",
	"job_id TEXT, seq BIGINT, attempt BIGINT, level TEXT, text TEXT, at BIGINT", "ON CONFLICT (job_id, seq) DO NOTHING")

// putJobLogs adds log lines. One that is there already stays as it is.
func putJobLogs(ctx context.Context, w writer, added []jobLine) error {
	rows := make([][]any, len(added))
	for i, line := range added {
		rows[i] = []any{line.job, line.Seq, int64(line.Attempt), key(line.Level), prose(line.Text), millis(line.At)}
	}
	return w.put(ctx, newJobLogs, rows)
}
