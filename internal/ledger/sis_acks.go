package ledger

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
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
