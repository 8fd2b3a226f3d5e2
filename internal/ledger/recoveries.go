package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// recoveryColumns count the slots of a recovery in the making. It is said of
// others when they are saved.
const recoveryColumns = `id, from_at, to_at, state,
	CASE WHEN state = 'making' THEN (SELECT COUNT(*) FROM slots WHERE recovery = recoveries.id AND recovery <> 0) ELSE slots END,
	made_at, expected, settled_at, actor, reason, ended_at`

func scanRecovery(r row) (p job.Recovery, err error) {
	var from, to, made, expected int64
	var settled, ended sql.NullInt64
	err = r.Scan(&p.ID, &from, &to, &p.State, &p.Slots, &made, &expected, &settled, &p.By, &p.Reason, &ended)
	p.From, p.To, p.Made = instant(from), instant(to), instant(made)
	p.Expected = job.Seconds(time.Duration(expected) * time.Millisecond)
	p.Settled, p.Ended = known(settled), known(ended)
	return p, err
}

// Recoveries returns the newest recoveries, the newest first.
func (l *Ledger) Recoveries(ctx context.Context, limit int) ([]job.Recovery, error) {
	all, err := list(ctx, l.read, scanRecovery, `SELECT `+recoveryColumns+` FROM recoveries ORDER BY id DESC LIMIT $1`, atMost(limit))
	return all, wrap(err, "list recoveries")
}

// Recovery returns one recovery; the newest for 0.
func (l *Ledger) Recovery(ctx context.Context, id int64) (job.Recovery, error) {
	r, err := scanRecovery(l.read.QueryRowContext(ctx,
		`SELECT `+recoveryColumns+` FROM recoveries WHERE id = $1 OR $1 = 0 ORDER BY id DESC LIMIT 1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, noRecovery(id)
	}
	return r, wrap(err, "read recovery %d", id)
}

func noRecovery(id int64) error {
	if id == 0 {
		return fault.New(fault.NotFound, "There is no recovery yet.")
	}
	return fault.New(fault.NotFound, "There is no recovery %d; see the list of recoveries.", id)
}

// OpenRecoveries returns the recoveries that are not over, the oldest first.
func (l *Ledger) OpenRecoveries(ctx context.Context) ([]job.Recovery, error) {
	all, err := list(ctx, l.read, scanRecovery,
		`SELECT `+recoveryColumns+` FROM recoveries WHERE state IN ('making', 'held', 'running') ORDER BY id`)
	return all, wrap(err, "list open recoveries")
}

// BeginRecovery returns the recovery that is in the making, as it is, or begins
// one. There is one at most: two schedulers that overlap for a moment make the
// same.
func (l *Ledger) BeginRecovery(ctx context.Context, from, to time.Time) (r job.Recovery, err error) {
	err = l.inTx(ctx, func(tx *sql.Tx) error {
		w := writer{tx, l.dialect}
		if err := w.takeTurn(ctx); err != nil {
			return err
		}
		_, err := w.ExecContext(ctx, `INSERT INTO recoveries (id, from_at, to_at, state, slots, made_at, expected, actor, reason)
			SELECT COALESCE(MAX(id), 0) + 1, $1, $2, 'making', 0, 0, 0, '', '' FROM recoveries
			HAVING COUNT(CASE WHEN state = 'making' THEN 1 END) = 0`, millis(from), millis(to))
		if err != nil {
			return err
		}
		r, err = scanRecovery(w.QueryRowContext(ctx, `SELECT `+recoveryColumns+` FROM recoveries WHERE state = 'making'`))
		return err
	})
	return r, wrap(err, "begin a recovery")
}

// SaveRecovery writes what has changed of a recovery, provided that its state
// still is was; otherwise nothing is written, and that is a fault.Conflict. With
// it go the order of its slots, unless that is nil, and final outcomes of slots
// as in [Ledger.PutManySlots], all in one transaction.
func (l *Ledger) SaveRecovery(
	ctx context.Context, r job.Recovery, was job.RecoveryState, order []job.Slot, settled []job.SlotBatch,
) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		w := writer{tx, l.dialect}
		if err := w.takeTurn(ctx); err != nil {
			return err
		}
		if err := w.editRecovery(ctx, r, was); err != nil {
			return err
		}
		if err := w.putOrder(ctx, r.ID, order); err != nil {
			return err
		}
		return w.putSlots(ctx, settled)
	})
	return wrap(err, "save recovery %d", r.ID)
}

func (w writer) editRecovery(ctx context.Context, r job.Recovery, was job.RecoveryState) error {
	ok, err := changed(w.ExecContext(ctx, `UPDATE recoveries SET
			from_at = $1, to_at = $2, state = $3, made_at = $4, expected = $5, settled_at = $6, actor = $7, reason = $8, ended_at = $9, slots = $10
		WHERE id = $11 AND state = $12`,
		millis(r.From), millis(r.To), string(r.State), millis(r.Made), time.Duration(r.Expected).Milliseconds(),
		maybe(r.Settled), key(r.By), prose(r.Reason), maybe(r.Ended), int64(r.Slots), r.ID, string(was)))
	if err != nil || ok {
		return err
	}
	is, err := w.recoveryState(ctx, r.ID)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "Recovery %d is %s, not %s any more. Look at it again first.", r.ID, is, was)
}

func (w writer) recoveryState(ctx context.Context, id int64) (state job.RecoveryState, err error) {
	err = w.QueryRowContext(ctx, `SELECT state FROM recoveries WHERE id = $1`, id).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return state, noRecovery(id)
	}
	return state, err
}

// DropRecovery deletes a recovery in the making that turned out to have no
// slots. Any other one stays, and that is a fault.Conflict.
func (l *Ledger) DropRecovery(ctx context.Context, id int64) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		w := writer{tx, l.dialect}
		if err := w.takeTurn(ctx); err != nil {
			return err
		}
		return w.dropRecovery(ctx, id)
	})
	return wrap(err, "drop recovery %d", id)
}

func (w writer) dropRecovery(ctx context.Context, id int64) error {
	r, err := scanRecovery(w.QueryRowContext(ctx, `SELECT `+recoveryColumns+` FROM recoveries WHERE id = $1`, id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return noRecovery(id)
	case err != nil:
		return err
	case r.State != job.RecoveryMaking || r.Slots > 0:
		return fault.New(fault.Conflict, "Recovery %d is %s and has %d slots, so it stays.", id, r.State, r.Slots)
	}
	_, err = w.ExecContext(ctx, `DELETE FROM recoveries WHERE id = $1`, id)
	return err
}
