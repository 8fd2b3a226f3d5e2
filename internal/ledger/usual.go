package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// UsualDurations returns how long the last 20 jobs of each of those schedules
// took that succeeded, by schedule. One that has none is not in it.
func (l *Ledger) UsualDurations(ctx context.Context, schedules []string) (map[string]job.Usual, error) {
	usual := make(map[string]job.Usual, len(schedules))
	for some := range slices.Chunk(schedules, namesPerQuery) {
		if err := l.lastDurations(ctx, some, usual); err != nil {
			return nil, wrap(err, "read how long jobs of %d schedules took", len(schedules))
		}
	}
	return usual, nil
}

// lastDurations adds what is usual of those schedules. Each is a walk along the
// index of its jobs which ends at the 20th, and one row. The states are said by
// those that they are not: a database that looks for one of them would take
// their index, or count on few jobs and sort them all.
func (l *Ledger) lastDurations(ctx context.Context, schedules []string, usual map[string]job.Usual) error {
	names, arg, err := l.each(schedules)
	if err != nil {
		return err
	}
	scan := func(r row) (struct{}, error) {
		var name string
		var took sql.NullString
		if err := r.Scan(&name, &took); err != nil || !took.Valid {
			return struct{}{}, err
		}
		var err error
		usual[name], err = usualOf(took.String)
		return struct{}{}, err
	}
	_, err = list(ctx, l.read, scan, `SELECT name, (
		SELECT string_agg(CAST(ended_at - started_at AS TEXT), ' ') FROM (
			SELECT started_at, ended_at FROM jobs
			WHERE schedule = name AND schedule <> '' AND ended_at IS NOT NULL AND state NOT IN ('failed', 'aborted', 'expired')
			ORDER BY created_at DESC, id DESC LIMIT 20) AS last) FROM `+names, arg)
	return err
}

// usualOf returns what is usual of durations, which are milliseconds.
func usualOf(took string) (u job.Usual, err error) {
	var all []int64
	for one := range strings.FieldsSeq(took) {
		ms, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return u, fmt.Errorf("read a duration: %w", err)
		}
		all = append(all, max(ms, 0))
	}
	slices.Sort(all)
	n := len(all)
	u.Median = time.Duration(all[(n-1)/2]+all[n/2]) * time.Millisecond / 2
	u.Long = time.Duration(all[(n*9+9)/10-1]) * time.Millisecond
	return u, nil
}
