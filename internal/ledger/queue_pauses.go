package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Pauses returns the pauses of queues that are not over at that time, by queue.
func (l *Ledger) Pauses(ctx context.Context, at time.Time) ([]job.Pause, error) {
	all, err := list(ctx, l.read, scanPause, `SELECT queue, by_whom, note, since_at, until_at FROM queue_pauses
		WHERE until_at IS NULL OR until_at > $1 ORDER BY queue`, millis(at))
	return all, wrap(err, "list pauses of queues")
}

func scanPause(r row) (p job.Pause, err error) {
	var since int64
	var until sql.NullInt64
	if err := r.Scan(&p.Queue, &p.By, &p.Note, &since, &until); err != nil {
		return p, err
	}
	p.Since = instant(since)
	if until.Valid {
		p.Until = new(instant(until.Int64))
	}
	return p, nil
}

// PutPause pauses a queue. One that is paused already is paused anew: by that
// person, for that reason, until then.
func (l *Ledger) PutPause(ctx context.Context, p job.Pause) error {
	_, err := l.write.ExecContext(ctx, `INSERT INTO queue_pauses (queue, by_whom, note, since_at, until_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (queue) DO UPDATE SET by_whom = excluded.by_whom, note = excluded.note, since_at = excluded.since_at, until_at = excluded.until_at`,
		key(p.Queue), key(p.By), prose(p.Note), millis(p.Since), maybe(p.Until))
	return wrap(err, "pause queue %s", p.Queue)
}

// DeletePause resumes a queue.
func (l *Ledger) DeletePause(ctx context.Context, queue string) error {
	there, err := changed(l.write.ExecContext(ctx, `DELETE FROM queue_pauses WHERE queue = $1`, key(queue)))
	if err == nil && !there {
		return fault.New(fault.NotFound, "The queue %s is not paused.", queue)
	}
	return wrap(err, "resume queue %s", queue)
}
