package ledger

import (
	"context"
	"database/sql"
	"time"

	"github.com/beadle-jobs/beadle/internal/notice"
)

var newNotices = inserting("notices", `id TEXT, rule TEXT, channel TEXT, target TEXT, due BIGINT, digest INTEGER, facts TEXT, created BIGINT, delivery TEXT`,
	`ON CONFLICT (id) DO NOTHING`)

func (w writer) putNotices(ctx context.Context, all []notice.Notice) error {
	rows := make([][]any, len(all))
	for i, n := range all {
		var facts string
		if err := writeJSON(&facts, n.Facts); err != nil {
			return err
		}
		rows[i] = []any{n.ID, key(n.Rule), string(n.Channel), clean(n.To), millis(n.Due), flag(n.Digest), facts, millis(n.Created), ""}
	}
	return w.put(ctx, newNotices, rows)
}

// DueRecipients returns who is to be sent notices that are due and in no delivery
// yet.
func (l *Ledger) DueRecipients(ctx context.Context, now time.Time) ([]notice.Recipient, error) {
	scan := func(r row) (to notice.Recipient, err error) {
		err = r.Scan(&to.Rule, &to.Channel, &to.To)
		return to, err
	}
	all, err := list(ctx, l.read, scan, `SELECT rule, channel, target FROM notices WHERE delivery = '' AND due <= $1
		GROUP BY rule, channel, target ORDER BY MIN(due)`, millis(now))
	return all, wrap(err, "list recipients of notices that are due")
}

// DueNotices returns those notices of one recipient, the oldest first.
func (l *Ledger) DueNotices(ctx context.Context, to notice.Recipient, now time.Time, limit int) ([]notice.Notice, error) {
	scan := func(r row) (n notice.Notice, err error) {
		var due, digest, created int64
		var facts string
		if err := r.Scan(&n.ID, &n.Rule, &n.Channel, &n.To, &due, &digest, &facts, &created); err != nil {
			return n, err
		}
		n.Due, n.Digest, n.Created = instant(due), digest != 0, instant(created)
		return n, readJSON(facts, &n.Facts)
	}
	all, err := list(ctx, l.read, scan, `SELECT id, rule, channel, target, due, digest, facts, created FROM notices
		WHERE delivery = '' AND due <= $1 AND rule = $2 AND channel = $3 AND target = $4 ORDER BY due, created, id LIMIT $5`,
		millis(now), to.Rule, string(to.Channel), to.To, atMost(limit))
	return all, wrap(err, "list notices that are due")
}

// PutDelivery writes a delivery and that those notices are in it, in one
// transaction. If one of them is in another one already nothing is written:
// somebody else leads.
func (l *Ledger) PutDelivery(ctx context.Context, d notice.Delivery, notices []notice.Notice) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		for _, n := range notices {
			ok, err := changed(tx.ExecContext(ctx, `UPDATE notices SET delivery = $1 WHERE id = $2 AND delivery = ''`, d.ID, n.ID))
			if err != nil {
				return err
			}
			if !ok {
				return errDelivered
			}
		}
		return putDelivery(ctx, tx, d)
	})
	return wrap(err, "put delivery %s", d.ID)
}

// OldNotices takes away what was decided before that time and needs no sending
// any more. It returns how many rows that were.
func (l *Ledger) OldNotices(ctx context.Context, before time.Time) (gone int64, err error) {
	for _, query := range []string{
		`DELETE FROM notices WHERE created < $1 AND delivery <> ''`,
		`DELETE FROM notice_deliveries WHERE created < $1 AND state IN ('sent', 'failed')`,
		`DELETE FROM notice_follows WHERE since < $1 AND told IS NOT NULL`,
	} {
		res, err := l.write.ExecContext(ctx, query, millis(before))
		if err != nil {
			return gone, wrap(err, "take old notices away")
		}
		n, err := res.RowsAffected()
		if err != nil {
			return gone, wrap(err, "take old notices away")
		}
		gone += n
	}
	return gone, nil
}
