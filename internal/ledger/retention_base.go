package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/beadle-jobs/beadle/internal/job"
)

// metaRetentionBase is the fact what the settings of the scheduler that leads
// say of retention. It is not there before one has led.
const metaRetentionBase = "retention_base"

// SetRetentionBase says how long jobs are kept that no rule speaks of. The
// scheduler that leads says it, so that what removes them, wherever it runs and
// whatever its own settings, goes by what people are shown.
func (l *Ledger) SetRetentionBase(ctx context.Context, base job.Retention) error {
	body, err := json.Marshal(base)
	if err != nil {
		return wrap(err, "write retention down")
	}
	err = l.changeRetention(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, metaRetentionBase, string(body))
		return err
	})
	return wrap(err, "store retention")
}

// RetentionBase returns how long jobs are kept that no rule speaks of. It
// reports false as long as no scheduler has said so.
func (l *Ledger) RetentionBase(ctx context.Context) (base job.Retention, known bool, err error) {
	body, err := meta(ctx, l.read, metaRetentionBase)
	if errors.Is(err, sql.ErrNoRows) {
		return base, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), &base)
	}
	return base, err == nil, wrap(err, "read retention")
}
