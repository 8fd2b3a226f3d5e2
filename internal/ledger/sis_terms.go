package ledger

import (
	"context"
	"database/sql"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// SISTermChoices returns what people said about which terms are synced.
func (l *Ledger) SISTermChoices(ctx context.Context, name string) ([]sync.TermChoice, error) {
	scan := func(r row) (c sync.TermChoice, err error) {
		var at int64
		err = r.Scan(&c.Term, &c.Chosen, &c.Reason, &c.By, &at)
		c.Changed = instant(at)
		return c, err
	}
	choices, err := list(ctx, l.read, scan, `SELECT term, chosen, reason, changed_by, changed_at FROM sis_chosen_terms
		WHERE sync = $1 ORDER BY term`, name)
	return choices, wrap(err, "read the terms chosen for sync %s", name)
}

// ChooseSISTerm keeps a person's word on whether a term is synced.
func (l *Ledger) ChooseSISTerm(ctx context.Context, name string, c sync.TermChoice) error {
	values := []any{name, clean(c.Term), flag(c.Chosen), prose(c.Reason), clean(c.By), millis(c.Changed)}
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		return put(ctx, tx, `INSERT INTO sis_chosen_terms (sync, term, chosen, reason, changed_by, changed_at)`, [][]any{values},
			`ON CONFLICT (sync, term) DO UPDATE SET `+excluded(`chosen, reason, changed_by, changed_at`))
	})
	return wrap(err, "choose term %s of sync %s", c.Term, name)
}
