package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// SISMessageTotals returns how many messages of a sync are in each of the states,
// and when the oldest of them came. It looks at those and at no others: states in
// which messages stay, such as applied, cost more the longer a sync runs.
func (l *Ledger) SISMessageTotals(ctx context.Context, name string, states []sync.MessageState) ([]sync.MessageCount, error) {
	query, args := messageTotals(name, states)
	scan := func(r row) (c sync.MessageCount, err error) {
		var oldest int64
		err = r.Scan(&c.State, &c.Count, &oldest)
		c.Oldest = instant(oldest)
		return c, err
	}
	counts, err := list(ctx, l.read, scan, query, args...)
	return counts, wrap(err, "count messages of sync %s by state", name)
}

// messageTotals counts in the index of states: the first id of a state is that of
// the oldest message, and only its row is read.
func messageTotals(name string, states []sync.MessageState) (query string, args []any) {
	args = []any{name}
	for _, s := range states {
		args = append(args, string(s))
	}
	return `SELECT state, messages, (SELECT received_at FROM sis_messages WHERE id = oldest) FROM (
		SELECT state, COUNT(*) AS messages, MIN(id) AS oldest FROM sis_messages
		WHERE sync = $1 AND state IN (` + numbered(2, len(states)) + `) GROUP BY state) AS totals`, args
}

// SISStanding returns what of a sync waits for people, and when a run of it last
// went through.
func (l *Ledger) SISStanding(ctx context.Context, name string) (sync.Standing, error) {
	var held, since, through int64
	err := l.read.QueryRowContext(ctx, `SELECT
			(SELECT COUNT(*) FROM sis_plans WHERE sync = $1 AND state IN ('held', 'waiting') AND state = 'held'),
			(SELECT COALESCE(MIN(created_at), 0) FROM sis_plans WHERE sync = $1 AND state IN ('held', 'waiting') AND state = 'held'),
			COALESCE((SELECT changed_at FROM sis_plans WHERE sync = $1 AND kind = 'sync' AND state IN ('done', 'held', 'waiting')
				ORDER BY created_at DESC, id DESC LIMIT 1), 0)`, name).Scan(&held, &since, &through)
	return sync.Standing{Held: held, HeldSince: instant(since), Through: instant(through)}, wrap(err, "read how sync %s stands", name)
}
