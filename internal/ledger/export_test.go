package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// Rewind makes the ledger forget how far it has recorded, and nothing else.
func (l *Ledger) Rewind(ctx context.Context) error {
	return l.inTx(ctx, func(tx *sql.Tx) error { return setMeta(ctx, tx, metaPosition, "") })
}

// MigrateDown takes the schema back to a version.
func (l *Ledger) MigrateDown(ctx context.Context, version int64) error {
	steps, err := stepsOf(l.write, l.goose())
	if err != nil {
		return err
	}
	_, err = steps.DownTo(ctx, version)
	return err
}

// Exec runs a statement.
func (l *Ledger) Exec(ctx context.Context, statement string) error {
	_, err := l.write.ExecContext(ctx, statement)
	return err
}

// Plan returns how SQLite finds the jobs that f chooses.
func (l *Ledger) Plan(ctx context.Context, f job.Filter) (string, error) {
	w, err := l.walk(ctx, f)
	if err != nil {
		return "", err
	}
	query, args := w.query()
	return l.explain(ctx, query, args)
}

// PlanOfTotals returns how SQLite counts messages in those states.
func (l *Ledger) PlanOfTotals(ctx context.Context, states ...sync.MessageState) (string, error) {
	query, args := messageTotals("main", states)
	return l.explain(ctx, query, args)
}

func (l *Ledger) explain(ctx context.Context, query string, args []any) (string, error) {
	scan := func(r row) (step string, err error) {
		var id, parent, unused int
		err = r.Scan(&id, &parent, &unused, &step)
		return step, err
	}
	steps, err := list(ctx, l.read, scan, "EXPLAIN QUERY PLAN "+query, args...)
	return strings.Join(steps, "\n"), err
}

// RemoveFound looks for jobs that are too old, lets something happen, and
// removes what it has found.
func (l *Ledger) RemoveFound(ctx context.Context, now time.Time, meanwhile func()) (removed int64, err error) {
	k, _, err := l.keeping(ctx, now)
	if err != nil {
		return 0, err
	}
	found, _, err := newJobSweep(l).look(ctx, k)
	if err != nil {
		return 0, err
	}
	meanwhile()
	return l.removeJobs(ctx, k, found)
}

// CountTags returns how many jobs have a tag.
func (l *Ledger) CountTags(ctx context.Context, tag string) (n int, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM job_tags WHERE tag = $1`, tag).Scan(&n)
	return n, err
}

// Readable counts the messages of the SIS whose body, as it is stored, has a
// text.
func (l *Ledger) Readable(ctx context.Context, text string) (n int, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM sis_messages WHERE body LIKE $1`, "%"+text+"%").Scan(&n)
	return n, err
}

// PutARowEverywhere adds a row of the same values to every table that a backup
// holds.
func (l *Ledger) PutARowEverywhere(ctx context.Context) error {
	tables, err := tablesOf(ctx, l.read, l.dialect)
	if err != nil {
		return err
	}
	return l.writing(ctx, func(w writer) error {
		for _, table := range tables {
			list, err := columnsOf(ctx, w, table)
			if err != nil {
				return err
			}
			row := make([]any, len(list))
			for i, c := range list {
				if row[i] = any(int64(1)); c.kind == "TEXT" {
					row[i] = "x"
				}
			}
			if err := w.put(ctx, insertingColumns(table, list, ""), [][]any{row}); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		return nil
	})
}
