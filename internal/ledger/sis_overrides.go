package ledger

import (
	"context"
	"maps"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
)

const overrideTypes = `effect TEXT, wish TEXT, cause TEXT, plan TEXT, by_whom TEXT, reason TEXT, made_at BIGINT`

var (
	overrideColumns = names(overrideTypes)
	writeOverrides  = replacing("sis_overrides", "sync TEXT, "+overrideTypes, "sync, effect")
)

func scanOverride(r row) (o sync.Override, err error) {
	var made int64
	err = r.Scan(&o.Effect, &o.Wish, &o.Cause, &o.Plan, &o.By, &o.Reason, &made)
	o.At = instant(made)
	return o, err
}

// putOverrides writes overrides, of several with one effect the last.
func putOverrides(ctx context.Context, w writer, name string, all []sync.Override) error {
	last := make(map[string]sync.Override, len(all))
	for _, o := range all {
		last[o.Effect] = o
	}
	return putEvery(ctx, w, writeOverrides, maps.Values(last), func(o sync.Override) []any {
		return []any{name, clean(o.Effect), o.Wish, string(o.Cause), o.Plan, o.By, prose(o.Reason), millis(o.At)}
	})
}

// lift forgets overrides.
func lift(ctx context.Context, w writer, name string, effects []string) error {
	return inChunks(effects, func(some []string) error {
		_, err := w.ExecContext(ctx, `DELETE FROM sis_overrides WHERE sync = $1 AND effect IN (`+numbered(2, len(some))+`)`,
			append([]any{name}, anys(some)...)...)
		return err
	})
}

func (l *Ledger) readOverrides(ctx context.Context, name string, c *sync.Campus) error {
	all, err := list(ctx, l.read, scanOverride, `SELECT `+overrideColumns+` FROM sis_overrides WHERE sync = $1`, name)
	c.Overrides = make(map[string]sync.Override, len(all))
	for _, o := range all {
		c.Overrides[o.Effect] = o
	}
	return err
}

// ReleaseSIS forgets what people do not want written because of a plan, so that
// the next run plans it again, and returns how much that is. The empty effect
// means all of the plan.
func (l *Ledger) ReleaseSIS(ctx context.Context, name, plan, effect string) (int64, error) {
	done, err := l.write.ExecContext(ctx, `DELETE FROM sis_overrides WHERE sync = $1 AND plan = $2 AND ($3 = '' OR effect = $3)`,
		name, plan, clean(effect))
	if err != nil {
		return 0, wrap(err, "release what plan %s keeps", plan)
	}
	n, err := done.RowsAffected()
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "Nothing is kept from being written because of plan %s.", plan)
	}
	return n, err
}

// KeptSIS counts what people do not want written because of a plan.
func (l *Ledger) KeptSIS(ctx context.Context, name, plan string) (n int64, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM sis_overrides WHERE sync = $1 AND plan = $2`, name, plan).Scan(&n)
	return n, wrap(err, "count what plan %s keeps", plan)
}
