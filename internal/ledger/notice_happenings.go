package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
)

var newHappenings = inserting("notice_happenings", `name TEXT, what TEXT, job TEXT, schedule TEXT, due BIGINT, at BIGINT`,
	`ON CONFLICT (name) DO NOTHING`)

// putHappenings is for those whose transaction writes the history of it.
func (w writer) putHappenings(ctx context.Context, all []notice.Happening) error {
	rows := make([][]any, len(all))
	for i, h := range all {
		rows[i] = []any{key(h.Key()), string(h.What), key(h.Job), key(h.Schedule), millis(h.Due), millis(h.At)}
	}
	return w.put(ctx, newHappenings, rows)
}

// listeners say who wants to hear of anything: looked up once in a transaction,
// so that history costs nothing more where nobody does.
type listeners struct {
	rules    bool // of what goes wrong
	measures bool // of all jobs
	follows  bool
}

func (w writer) listeners(ctx context.Context) (is listeners, err error) {
	var rules, measures, follows int64
	err = w.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM notice_rules WHERE paused = 0),
		(SELECT COUNT(*) FROM notice_rules WHERE paused = 0 AND measures = 1),
		(SELECT COUNT(*) FROM (SELECT 1 FROM notice_follows WHERE told IS NULL LIMIT 1) AS open)`).Scan(&rules, &measures, &follows)
	return listeners{rules > 0, measures > 0, follows > 0}, err
}

// want reports whether anybody may want to hear that j has ended.
func (is listeners) want(j job.Job) bool {
	if j.Task == notice.DeliverTask {
		return false
	}
	return is.measures || is.follows || is.rules && notice.OfEnd(j) != ""
}

// tell writes what is to be looked at of what the entries did to jobs.
func (b *batch) tell(ctx context.Context, w writer, entries []events.Entry) error {
	var happened []notice.Happening
	for _, entry := range entries {
		if h, ok := b.happening(entry); ok {
			happened = append(happened, h)
		}
	}
	if len(happened) == 0 {
		return nil
	}
	is, err := w.listeners(ctx)
	if err != nil {
		return err
	}
	var wanted []notice.Happening
	for _, h := range happened {
		if h.What == notice.Ended && is.want(b.records[key(h.Job)].Job) || h.What != notice.Ended && is.rules {
			wanted = append(wanted, h)
		}
	}
	return w.putHappenings(ctx, wanted)
}

// happening returns what an entry says that somebody may want to hear, provided
// that it is so.
func (b *batch) happening(entry events.Entry) (h notice.Happening, ok bool) {
	if entry.Event == nil {
		return h, false
	}
	r := b.records[key(entry.Event.JobID())]
	if r == nil || !r.touched {
		return h, false
	}
	h = notice.Happening{Job: r.ID, At: entry.At}
	switch entry.Event.(type) {
	case events.AttemptEnded, events.JobEnded:
		h.What = notice.Ended
		if r.State == job.Held {
			h.What = notice.Held
		}
		return h, r.State.Final() || r.State == job.Held
	case events.JobStuck:
		h.What = notice.Stuck
		return h, r.State == job.Running
	}
	return h, false
}

// tellMissed writes what is to be looked at of slots.
func (w writer) tellMissed(ctx context.Context, batches []job.SlotBatch) error {
	var missed []notice.Happening
	for _, b := range batches {
		for _, s := range b.Slots {
			if s.Outcome == job.SlotMissed {
				missed = append(missed, notice.Happening{What: notice.Missed, Schedule: b.Schedule, Due: s.Due, At: s.Decided})
			}
		}
	}
	if len(missed) == 0 {
		return nil
	}
	is, err := w.listeners(ctx)
	if err != nil || !is.rules {
		return err
	}
	return w.putHappenings(ctx, missed)
}

// Happenings returns the oldest of what was not looked at yet.
func (l *Ledger) Happenings(ctx context.Context, limit int) ([]notice.Happening, error) {
	scan := func(r row) (h notice.Happening, err error) {
		var due, at int64
		err = r.Scan(&h.What, &h.Job, &h.Schedule, &due, &at)
		h.Due, h.At = instant(due), instant(at)
		return h, err
	}
	all, err := list(ctx, l.read, scan, `SELECT what, job, schedule, due, at FROM notice_happenings ORDER BY at, name LIMIT $1`, atMost(limit))
	return all, wrap(err, "list what happened")
}

// EndedFollowed adds the ends of jobs that somebody began to follow in the moment
// in which they were recorded.
func (l *Ledger) EndedFollowed(ctx context.Context, now time.Time) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		ended, err := list(ctx, tx, scanText, `SELECT DISTINCT f.job FROM notice_follows AS f JOIN jobs AS j ON j.id = f.job
			WHERE f.told IS NULL AND j.ended_at IS NOT NULL`)
		var happened []notice.Happening
		for _, id := range ended {
			happened = append(happened, notice.Happening{What: notice.Ended, Job: id, At: now})
		}
		if err != nil {
			return err
		}
		return writer{tx, l.dialect}.putHappenings(ctx, happened)
	})
	return wrap(err, "look for followed jobs that have ended")
}

// Decide writes who is to be told, and that those things have been looked at, in
// one transaction. A notice that is there stays as it is.
func (l *Ledger) Decide(ctx context.Context, looked []notice.Happening, notices []notice.Notice) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		w := writer{tx, l.dialect}
		if err := w.putNotices(ctx, notices); err != nil {
			return err
		}
		for _, h := range looked {
			if _, err := tx.ExecContext(ctx, `DELETE FROM notice_happenings WHERE name = $1`, key(h.Key())); err != nil {
				return err
			}
			if h.What != notice.Ended {
				continue
			}
			if _, err := tx.ExecContext(ctx, `UPDATE notice_follows SET told = $2 WHERE job = $1 AND told IS NULL`, key(h.Job), millis(h.At)); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "decide on %d notices", len(notices))
}
