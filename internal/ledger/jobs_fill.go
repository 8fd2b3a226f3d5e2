package ledger

import (
	"context"
	"errors"
)

// Fill calls fill, which imports many jobs, while the table of jobs has no
// indexes, and makes them again: that is faster than to keep them in order.
// Lists are slow meanwhile, and for ever if the process is killed, so this is
// for a ledger that is of no use to anybody until it is filled.
func (l *Ledger) Fill(ctx context.Context, fill func() error) error {
	indexes, err := l.jobIndexes(ctx)
	if err != nil {
		return wrap(err, "read the indexes of jobs")
	}
	for _, index := range indexes {
		if err := l.exec(ctx, "DROP INDEX "+index.name); err != nil {
			return wrap(err, "drop index %s", index.name)
		}
	}
	err = fill()
	ctx = context.WithoutCancel(ctx) // whatever became of it, the indexes come back
	for _, index := range indexes {
		err = errors.Join(err, wrap(l.exec(ctx, index.definition), "make index %s", index.name))
	}
	return errors.Join(err, wrap(l.analyze(ctx), "sample the indexes of jobs"))
}

// analyze refreshes the statistics for the choice of index.
func (l *Ledger) analyze(ctx context.Context) error {
	if l.dialect == postgres {
		return l.exec(ctx, `ANALYZE jobs, job_tags`)
	}
	return l.exec(ctx, sampleIndexes)
}

func (l *Ledger) exec(ctx context.Context, statement string) error {
	_, err := l.write.ExecContext(ctx, statement)
	return err
}

type index struct{ name, definition string }

// jobIndexes returns the indexes of jobs but that of the primary key.
func (l *Ledger) jobIndexes(ctx context.Context) ([]index, error) {
	query := `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'jobs' AND sql IS NOT NULL`
	if l.dialect == postgres {
		query = `SELECT indexname, indexdef FROM pg_indexes
			WHERE schemaname = current_schema() AND tablename = 'jobs' AND indexname <> 'jobs_pkey'`
	}
	return list(ctx, l.read, func(r row) (i index, err error) {
		err = r.Scan(&i.name, &i.definition)
		return i, err
	}, query)
}
