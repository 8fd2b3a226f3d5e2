package ledger

import (
	"context"

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

var writeChoices = replacing("sis_chosen_terms", `sync TEXT, term TEXT, chosen BIGINT, reason TEXT, changed_by TEXT, changed_at BIGINT`, "sync, term")

// ChooseSISTerm keeps a person's word on whether a term is synced.
func (l *Ledger) ChooseSISTerm(ctx context.Context, name string, c sync.TermChoice) error {
	err := l.writing(ctx, func(w writer) error {
		return w.put(ctx, writeChoices, [][]any{{name, clean(c.Term), flag(c.Chosen), prose(c.Reason), clean(c.By), millis(c.Changed)}})
	})
	return wrap(err, "choose term %s of sync %s", c.Term, name)
}
