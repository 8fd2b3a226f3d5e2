package ledger

import (
	"context"
	"database/sql"
)

// Rewind makes the ledger forget how far it has recorded, and nothing else.
func (l *Ledger) Rewind(ctx context.Context) error {
	return l.inTx(ctx, func(tx *sql.Tx) error { return setMeta(ctx, tx, metaPosition, "") })
}
