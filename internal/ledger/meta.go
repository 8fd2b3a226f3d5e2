package ledger

import (
	"context"
	"database/sql"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// The facts that the ledger keeps about itself, one row each.
const (
	metaPosition = "position" // in the event stream; empty means its start
	metaEpoch    = "epoch"    // of the Redis data set that the position is in
	metaSearched = "searched" // the last job of an older version whose texts can be searched; all of them: "all"
	metaNeeds    = "needs"    // the last change of the schema that a program must know of to use this ledger
	metaRestored = "restored" // a job.Restored as JSON, until it is settled
)

// Position returns the id of the last stream entry that is recorded, and the
// empty string before the first.
func (l *Ledger) Position(ctx context.Context) (string, error) {
	position, err := meta(ctx, l.read, metaPosition)
	return position, wrap(err, "read stream position")
}

// Epoch returns the id of the Redis data set that was recorded from, and the
// empty string before the first.
func (l *Ledger) Epoch(ctx context.Context) (string, error) {
	epoch, err := meta(ctx, l.read, metaEpoch)
	return epoch, wrap(err, "read epoch")
}

// SetEpoch says that recording starts over in another Redis data set: at the
// start of its stream, whose entries are all new.
func (l *Ledger) SetEpoch(ctx context.Context, epoch string) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		if err := setMeta(ctx, tx, metaPosition, ""); err != nil {
			return err
		}
		if err := setMeta(ctx, tx, metaEpoch, epoch); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE jobs SET seen = '' WHERE ended_at IS NULL`)
		return err
	})
	return wrap(err, "store epoch %s", epoch)
}

// advance moves the position in the stream, provided that it still is where
// the caller believes. It comes first in a transaction that writes job
// history, and lets only one such transaction run at a time.
func advance(ctx context.Context, tx *sql.Tx, from, to string) error {
	ok, err := changed(tx.ExecContext(ctx,
		`UPDATE meta SET value = $1 WHERE name = $2 AND value = $3`, to, metaPosition, from))
	if err == nil && !ok {
		err = fault.New(fault.Conflict, "Another scheduler records job history.")
	}
	return err
}

// holdPosition keeps every other transaction that writes job history waiting
// until tx ends.
func holdPosition(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `UPDATE meta SET value = value WHERE name = $1`, metaPosition)
	return err
}

func meta(ctx context.Context, q querier, name string) (value string, err error) {
	err = q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = $1`, name).Scan(&value)
	return value, err
}

func setMeta(ctx context.Context, tx *sql.Tx, name, value string) error {
	_, err := tx.ExecContext(ctx, `UPDATE meta SET value = $1 WHERE name = $2`, value, name)
	return err
}
