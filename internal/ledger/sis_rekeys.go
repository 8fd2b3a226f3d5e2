package ledger

import (
	"context"
	"database/sql"

	"github.com/beadle-jobs/beadle/internal/sync"
)

const rekeyColumns = `stream, old_key, new_key, term, reason, state, changed_by, changed_at`

func scanRekey(r row) (k sync.Rekey, err error) {
	var at int64
	err = r.Scan(&k.Stream, &k.Old, &k.New, &k.Term, &k.Reason, &k.State, &k.By, &at)
	k.Changed = instant(at)
	return k, err
}

// SISRekeys returns the pairs of keys of a sync that may mean one record, and
// what people said about them.
func (l *Ledger) SISRekeys(ctx context.Context, name string) ([]sync.Rekey, error) {
	rekeys, err := list(ctx, l.read, scanRekey, `SELECT `+rekeyColumns+` FROM sis_rekeys
		WHERE sync = $1 ORDER BY stream, term, old_key, new_key`, name)
	return rekeys, wrap(err, "read the changed keys of sync %s", name)
}

// PutSISRekeys writes pairs, new and known.
func (l *Ledger) PutSISRekeys(ctx context.Context, name string, rekeys []sync.Rekey) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error { return putRekeys(ctx, tx, name, rekeys) })
	return wrap(err, "write the changed keys of sync %s", name)
}

func putRekeys(ctx context.Context, tx *sql.Tx, name string, rekeys []sync.Rekey) error {
	rows := make([][]any, len(rekeys))
	for i, k := range rekeys {
		rows[i] = []any{
			name, string(k.Stream), clean(k.Old), clean(k.New), clean(k.Term), prose(k.Reason), string(k.State), clean(k.By), millis(k.Changed),
		}
	}
	return put(ctx, tx, `INSERT INTO sis_rekeys (sync, `+rekeyColumns+`)`, rows,
		`ON CONFLICT (sync, stream, old_key, new_key) DO UPDATE SET `+excluded(`term, reason, state, changed_by, changed_at`))
}
