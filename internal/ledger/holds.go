package ledger

import (
	"context"
	"database/sql"
	"errors"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const holdColumns = `name, kind, subject, reason, actor, since`

func scanHold(r row) (h job.Hold, err error) {
	var since int64
	err = r.Scan(&h.Name, &h.On, &h.Of, &h.Reason, &h.By, &since)
	h.Since = instant(since)
	return h, err
}

// Holds returns all holds by name.
func (l *Ledger) Holds(ctx context.Context) ([]job.Hold, error) {
	holds, err := list(ctx, l.read, scanHold, `SELECT `+holdColumns+` FROM holds ORDER BY name`)
	return holds, wrap(err, "list holds")
}

// Hold returns one hold.
func (l *Ledger) Hold(ctx context.Context, name string) (job.Hold, error) {
	h, err := scanHold(l.read.QueryRowContext(ctx, `SELECT `+holdColumns+` FROM holds WHERE name = $1`, key(name)))
	if errors.Is(err, sql.ErrNoRows) {
		return h, noHold(name)
	}
	return h, wrap(err, "read hold %s", name)
}

func noHold(name string) error {
	return fault.New(fault.NotFound, "There is no hold %q.", name).In("name")
}

// PutHold sets a hold, or changes the one of that name. When it returns,
// nothing that the hold covers is removed any more.
func (l *Ledger) PutHold(ctx context.Context, h job.Hold) error {
	err := l.changeRetention(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO holds (`+holdColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, subject = excluded.subject, reason = excluded.reason,
				actor = excluded.actor, since = excluded.since`,
			key(h.Name), key(h.On), key(h.Of), prose(h.Reason), key(h.By), millis(h.Since))
		return err
	})
	return wrap(err, "put hold %s", h.Name)
}

// LiftHold takes a hold away.
func (l *Ledger) LiftHold(ctx context.Context, name string) error {
	err := l.changeRetention(ctx, func(tx *sql.Tx) error {
		there, err := changed(tx.ExecContext(ctx, `DELETE FROM holds WHERE name = $1`, key(name)))
		if err == nil && !there {
			return noHold(name)
		}
		return err
	})
	return wrap(err, "lift hold %s", name)
}
