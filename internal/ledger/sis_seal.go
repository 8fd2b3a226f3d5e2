package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/seal"
)

// SealMessages makes the ledger seal the bodies of messages of the SIS from now
// on, and open those that keys of the ring have sealed. It is called before
// the ledger is used.
func (l *Ledger) SealMessages(ring seal.Ring) { l.ring = ring }

var sealings = changing("sis_messages", "body TEXT, id TEXT")

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
	err = l.writing(ctx, func(w writer) error {
		bodies, err := list(ctx, w, scan, `SELECT id, body FROM sis_messages
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
			rows[i] = []any{l.sealed(text), b.id}
		}
		n = len(rows)
		return w.put(ctx, sealings, rows)
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
