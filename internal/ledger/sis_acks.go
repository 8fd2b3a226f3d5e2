package ledger

import (
	"context"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// SISMessagesToAck returns the oldest messages, without their bodies, of which
// the source wants to be told, which it was not, and of which it is known what
// became of them.
func (l *Ledger) SISMessagesToAck(ctx context.Context, name string, limit int) ([]sync.Message, error) {
	messages, err := list(ctx, l.read, scanMessage, `SELECT `+messageColumns+` FROM sis_messages
		WHERE sync = $1 AND receipt <> '' AND acked_at = 0 AND state IN ('applied', 'rejected', 'superseded', 'duplicate', 'ignored')
		ORDER BY id LIMIT $2`, name, limit)
	return messages, wrap(err, "read what sync %s has to acknowledge", name)
}

// AckSISMessages says that the source was told of messages.
func (l *Ledger) AckSISMessages(ctx context.Context, ids []string, at time.Time) error {
	err := inChunks(ids, func(some []string) error {
		_, err := l.write.ExecContext(ctx, `UPDATE sis_messages SET acked_at = $1 WHERE id IN (`+numbered(2, len(some))+`)`,
			append([]any{millis(at)}, anys(some)...)...)
		return err
	})
	return wrap(err, "note %d acknowledgements", len(ids))
}

// SISReceived returns the messages of a stream that have those receipts, with
// what tells them apart. The index is that of receipts: a stream has many more
// messages.
func (l *Ledger) SISReceived(ctx context.Context, name string, stream sis.Stream, receipts []string) (all []sync.Message, err error) {
	scan := func(r row) (m sync.Message, err error) {
		err = r.Scan(&m.ID, &m.Stream, &m.Key, &m.Digest, &m.Op, &m.State, &m.Code, &m.Receipt)
		return m, err
	}
	err = inChunks(receipts, func(some []string) error {
		found, err := list(ctx, l.read, scan, `SELECT id, stream, record, digest, op, state, code, receipt FROM sis_messages
			WHERE sync = $1 AND receipt <> '' AND receipt IN (`+numbered(2, len(some))+`)`, append([]any{name}, anys(some)...)...)
		all = append(all, slices.DeleteFunc(found, func(m sync.Message) bool { return m.Stream != stream })...)
		return err
	})
	return all, wrap(err, "read received messages of sync %s", name)
}

// repeatAcks has messages acknowledged again.
func repeatAcks(ctx context.Context, w writer, ids []string) error {
	return inChunks(ids, func(some []string) error {
		_, err := w.ExecContext(ctx, `UPDATE sis_messages SET acked_at = 0 WHERE id IN (`+numbered(1, len(some))+`)`, anys(some)...)
		return err
	})
}
