package ledger

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// SetSISAside keeps a person's word that messages are not to be applied, all of
// them or none.
func (l *Ledger) SetSISAside(ctx context.Context, name string, messages []string, a sync.Aside) error {
	err := l.writing(ctx, func(w writer) error {
		for _, id := range messages {
			if err := setAside(ctx, w, name, id, a); err != nil {
				return err
			}
		}
		return nil
	})
	return wrap(err, "set aside %d messages of sync %s", len(messages), name)
}

func setAside(ctx context.Context, w writer, name, id string, a sync.Aside) error {
	found, err := list(ctx, w, scanMessage, `SELECT `+messageColumns+` FROM sis_messages WHERE sync = $1 AND id = $2`, name, id)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fault.New(fault.NotFound, "Sync %s has no message %s.", name, id)
	}
	m := found[0]
	switch {
	case m.Stream == sis.Terms:
		return fault.New(fault.Invalid, "Message %s is about a term: choose the term, or take it out.", id)
	case m.State.Final():
		return fault.New(fault.Conflict, "Message %s is %s already; there is nothing to keep from the LMS.", id, m.State)
	}
	state, reason := a.Says()
	if _, err := w.ExecContext(ctx, `INSERT INTO sis_asides (sync, message, hold, reason, by_whom, made_at, was_state, was_code, was_reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		name, id, flag(a.Hold), prose(a.Reason), clean(a.By), millis(a.At), string(m.State), m.Code, prose(m.Reason)); err != nil {
		return err
	}
	return judge(ctx, w, []sync.Verdict{{ID: id, State: state, Code: "MANUAL_OVERRIDE", Reason: reason}}, a.By, a.At)
}

// TakeSISBack forgets what people said about messages, and leaves these as they
// were before. Those that nobody set aside stay as they are.
func (l *Ledger) TakeSISBack(ctx context.Context, name string, messages []string, by string, at time.Time) error {
	scan := func(r row) (v sync.Verdict, err error) {
		err = r.Scan(&v.ID, &v.State, &v.Code, &v.Reason)
		return v, err
	}
	err := l.writing(ctx, func(w writer) error {
		return inChunks(messages, func(ids []string) error {
			in := ` WHERE sync = $1 AND message IN (` + numbered(2, len(ids)) + `)`
			values := append([]any{name}, anys(ids)...)
			before, err := list(ctx, w, scan, `SELECT message, was_state, was_code, was_reason FROM sis_asides`+in, values...)
			if err != nil {
				return err
			}
			if _, err := w.ExecContext(ctx, `DELETE FROM sis_asides`+in, values...); err != nil {
				return err
			}
			return judge(ctx, w, before, by, at)
		})
	})
	return wrap(err, "take back what was said about %d messages of sync %s", len(messages), name)
}

// readAsides reads what counts still: no later message has come about the
// record.
func (l *Ledger) readAsides(ctx context.Context, name string, c *sync.Campus) (err error) {
	scan := func(r row) (a sync.Aside, err error) {
		var at int64
		err = r.Scan(&a.Stream, &a.Record, &a.Message, &a.Hold, &a.Reason, &a.By, &at)
		a.At = instant(at)
		return a, err
	}
	c.Asides, err = list(ctx, l.read, scan, `SELECT m.stream, m.record, m.id, a.hold, a.reason, a.by_whom, a.made_at
		FROM sis_asides a JOIN sis_messages m ON m.id = a.message
		WHERE a.sync = $1 AND m.state IN ('held', 'ignored') ORDER BY m.id`, name)
	return err
}
