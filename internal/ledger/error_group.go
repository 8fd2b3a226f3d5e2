package ledger

import (
	"context"
	"fmt"
	"strconv"

	"github.com/beadle-jobs/beadle/internal/job"
)

// attemptPlace is where the failure of an attempt stands among the errors that
// a job had at one time: behind those of its records.
var attemptPlace = fmt.Sprintf("(%d + number)", job.GroupedError{}.Place())

var (
	groupedRecords = `SELECT job_id, client, seq, seq AS place, attempt, record, code, message, at FROM job_errors WHERE %s
		ORDER BY at DESC, job_id DESC, seq DESC LIMIT %d`
	groupedAttempts = `SELECT job_id, client, 0, ` + attemptPlace + `, number, '', '` + job.AttemptFailedCode + `', error, ended_at FROM attempts WHERE %s
		ORDER BY ended_at DESC, job_id DESC, number DESC LIMIT %d`
)

// GroupErrors returns errors of a group, newest first, from behind the one with
// the cursor before. An empty client means all of them.
func (l *Ledger) GroupErrors(ctx context.Context, fingerprint, client, before string, limit int) ([]job.GroupedError, error) {
	c := choice{conditions: []string{"fingerprint <> ''"}} // so that the index serves which has no others
	c.conditions = append(c.conditions, "fingerprint = "+c.arg(key(fingerprint)))
	c.where("client = ?", key(client))
	records, attempts := c.all(), c.all()
	if before != "" {
		at, rest, ok := cursor(before)
		place, id, placed := cursor(rest)
		if !ok || !placed {
			return nil, noCursor(before)
		}
		behind := behindError(c.arg(at), c.arg(id), c.arg(place))
		records += behind("at", "seq")
		attempts += behind("ended_at", attemptPlace)
	}
	most := page(limit)
	found, err := list(ctx, l.read, scanGroupedError,
		`SELECT * FROM (SELECT * FROM (`+fmt.Sprintf(groupedRecords, records, most)+`) AS records
			UNION ALL SELECT * FROM (`+fmt.Sprintf(groupedAttempts, attempts, most)+`) AS failures) AS errors
		ORDER BY at DESC, job_id DESC, place DESC LIMIT `+strconv.Itoa(most), c.args...)
	return found, wrap(err, "list errors of group %s", fingerprint)
}

// behindError returns the condition for what is older than an error, by the
// names of its time and place. It begins with what an index can find.
func behindError(at, id, place string) func(time, number string) string {
	return func(time, number string) string {
		return fmt.Sprintf(" AND %s <= %s AND (%[1]s < %[2]s OR job_id < %[3]s OR job_id = %[3]s AND %[4]s < %[5]s)", time, at, id, number, place)
	}
}

func scanGroupedError(r row) (e job.GroupedError, err error) {
	var place, at int64
	err = r.Scan(&e.JobID, &e.Client, &e.Seq, &place, &e.Attempt, &e.Key, &e.Code, &e.Message, &at)
	e.At = instant(at)
	return e, err
}
