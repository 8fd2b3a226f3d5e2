package ledger

import (
	"context"
	"database/sql"

	"github.com/beadle-jobs/beadle/internal/seal"
)

// SealMessages makes the ledger seal the bodies of messages of the SIS from now
// on, and open those that keys of the ring have sealed. It is called before
// the ledger is used.
func (l *Ledger) SealMessages(ring seal.Ring) { l.ring = ring }

// SealSISMessagesAgain seals the bodies of up to limit messages that the first
// key has not sealed, and returns how many there were.
func (l *Ledger) SealSISMessagesAgain(ctx context.Context, limit int) (n int, err error) {
	mark := l.ring.Mark()
	if mark == "" {
		return 0, nil
	}
	type body struct{ id, text string }
	scan := func(r row) (b body, err error) {
		err = r.Scan(&b.id, &b.text)
		return b, err
	}
	err = l.inTx(ctx, func(tx *sql.Tx) error {
		bodies, err := list(ctx, tx, scan, `SELECT id, body FROM sis_messages
			WHERE SUBSTR(body, 1, $1) <> $2 AND body <> '{}' ORDER BY id LIMIT $3`, len(mark), mark, limit)
		if err != nil {
			return err
		}
		rows := make([][]any, len(bodies))
		for i, b := range bodies {
			text, err := l.ring.Open(b.text)
			if err != nil {
				return err
			}
			rows[i] = []any{b.id, l.sealed(text)}
		}
		n = len(rows)
		return inBulk(ctx, tx, rows, nil, func(n int) string {
			return `UPDATE sis_messages SET body = v.column2 FROM (VALUES ` + texted(1, n, 2) + `) AS v WHERE sis_messages.id = v.column1`
		})
	})
	return n, wrap(err, "seal messages again")
}

// sealed returns a body as it is stored. An empty one says nothing about
// anybody.
func (l *Ledger) sealed(body string) string {
	if body == "{}" {
		return body
	}
	return l.ring.Seal(body)
}
