package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/notice"
)

var errDelivered = fault.New(fault.Conflict, "Another scheduler sends these notices.")

const deliveryColumns = `id, rule, channel, target, subject, facts, more, state, attempts, answer, job, round, created, next, sent`

// deliveryAsRead has the next attempt when the job that makes it says that it is.
const deliveryAsRead = `id, rule, channel, target, subject, facts, more, state, attempts, answer, job, round, created,
	(SELECT due_at FROM jobs WHERE jobs.id = notice_deliveries.job AND jobs.state = 'retrying' AND notice_deliveries.state = 'retrying'), sent`

func putDelivery(ctx context.Context, tx *sql.Tx, d notice.Delivery) error {
	var facts string
	if err := writeJSON(&facts, d.Facts); err != nil {
		return err
	}
	row := []any{
		d.ID, key(d.Rule), string(d.Channel), clean(d.To), prose(d.Subject), facts, d.More, string(d.State), d.Attempts, prose(d.Answer), d.Job, d.Round,
		millis(d.Created), maybe(d.Next), maybe(d.Sent),
	}
	return insert(ctx, tx, `INSERT INTO notice_deliveries (`+deliveryColumns+`)`, [][]any{row}, `ON CONFLICT (id) DO NOTHING`)
}

func scanDelivery(r row) (d notice.Delivery, err error) {
	var facts string
	var created int64
	var next, sent sql.NullInt64
	err = r.Scan(&d.ID, &d.Rule, &d.Channel, &d.To, &d.Subject, &facts, &d.More, &d.State, &d.Attempts, &d.Answer, &d.Job, &d.Round, &created, &next, &sent)
	if err != nil {
		return d, err
	}
	d.Created, d.Next, d.Sent = instant(created), known(next), known(sent)
	return d, readJSON(facts, &d.Facts)
}

// Delivery returns one delivery, with where it goes.
func (l *Ledger) Delivery(ctx context.Context, id string) (notice.Delivery, error) {
	d, err := scanDelivery(l.read.QueryRowContext(ctx, `SELECT `+deliveryAsRead+` FROM notice_deliveries WHERE id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return d, fault.New(fault.NotFound, "There is no delivery %s.", id)
	}
	return d, wrap(err, "read delivery %s", id)
}

// Deliveries returns the newest deliveries first, behind the one of that id if
// one is named.
func (l *Ledger) Deliveries(ctx context.Context, before string, limit int) ([]notice.Delivery, error) {
	all, err := list(ctx, l.read, scanDelivery, `SELECT `+deliveryAsRead+` FROM notice_deliveries
		WHERE $1 = '' OR id < $1 ORDER BY id DESC LIMIT $2`, key(before), atMost(limit))
	return all, wrap(err, "list deliveries")
}

// PendingDeliveries returns those whose job is not enqueued yet.
func (l *Ledger) PendingDeliveries(ctx context.Context, limit int) ([]notice.Delivery, error) {
	all, err := list(ctx, l.read, scanDelivery, `SELECT `+deliveryAsRead+` FROM notice_deliveries WHERE state = 'pending' ORDER BY id LIMIT $1`, atMost(limit))
	return all, wrap(err, "list pending deliveries")
}

// DeliveriesSince returns how many deliveries to a recipient were made since
// then.
func (l *Ledger) DeliveriesSince(ctx context.Context, c notice.Channel, to string, since time.Time) (n int, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM notice_deliveries WHERE channel = $1 AND target = $2 AND created > $3`,
		string(c), clean(to), millis(since)).Scan(&n)
	return n, wrap(err, "count deliveries")
}

// QueuedDelivery says that the job of a delivery is enqueued.
func (l *Ledger) QueuedDelivery(ctx context.Context, id, job string) error {
	_, err := l.write.ExecContext(ctx, `UPDATE notice_deliveries SET state = 'queued', job = $2 WHERE id = $1 AND state = 'pending'`, key(id), job)
	return wrap(err, "note the job of delivery %s", id)
}

// Attempted says how an attempt at a delivery went. One that was sent stays so.
func (l *Ledger) Attempted(ctx context.Context, d notice.Delivery) error {
	_, err := l.write.ExecContext(ctx, `UPDATE notice_deliveries SET state = $2, attempts = attempts + 1, answer = $3, next = $4, sent = $5
		WHERE id = $1 AND state <> 'sent'`, key(d.ID), string(d.State), prose(d.Answer), maybe(d.Next), maybe(d.Sent))
	return wrap(err, "note an attempt at delivery %s", d.ID)
}

// RetryDelivery lets a delivery that failed begin again.
func (l *Ledger) RetryDelivery(ctx context.Context, id string) (notice.Delivery, error) {
	d, err := l.Delivery(ctx, id)
	if err != nil {
		return d, err
	}
	done, err := changed(l.write.ExecContext(ctx, `UPDATE notice_deliveries SET state = 'pending', round = round + 1, next = NULL
		WHERE id = $1 AND state = 'failed'`, key(id)))
	if err == nil && !done {
		return d, fault.New(fault.Conflict, "The delivery has not failed: it is %s.", d.State)
	}
	if err != nil {
		return d, wrap(err, "retry delivery %s", id)
	}
	return l.Delivery(ctx, id)
}

// EndedDeliveries says of deliveries whose jobs have ended without sending them
// that they failed.
func (l *Ledger) EndedDeliveries(ctx context.Context) error {
	_, err := l.write.ExecContext(ctx, `UPDATE notice_deliveries SET state = 'failed', next = NULL,
			answer = CASE WHEN answer = '' THEN 'The job that delivers it ended without an attempt.' ELSE answer END
		WHERE state IN ('queued', 'retrying') AND EXISTS (SELECT 1 FROM jobs
			WHERE jobs.id = notice_deliveries.job AND jobs.state IN ('failed', 'aborted', 'expired'))`)
	return wrap(err, "look for deliveries that have failed")
}
