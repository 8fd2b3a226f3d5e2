package sqlsource

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// DB is a [sis.Source] of tables and views.
type DB struct {
	DB *sql.DB

	// Queries are a SELECT, or the name of a table or view, for each stream.
	Queries map[sis.Stream]string

	Placeholder string        // of the first parameter of a statement; empty: $1
	Overlap     time.Duration // how much is read again with a cursor; 0: 30 minutes
	Timeout     time.Duration // of one pull; 0: 10 minutes
	Watch       sis.Watch     // is told of each pull, by its stream; nil: nobody is
}

var _ sis.Source = DB{}

// Snapshot implements [sis.Source]. The id is the moment: a pull reads what
// the database holds then.
func (d DB) Snapshot(ctx context.Context) (string, error) {
	return time.Now().UTC().Format(time.RFC3339Nano), ctx.Err()
}

// Pull implements [sis.Source].
func (d DB) Pull(ctx context.Context, r sis.Request, emit func(sis.Record) error) (result sis.Result, err error) {
	var stopped error // by emit, which is not about the database
	ended := d.Watch.Begin(ctx, "pull "+string(r.Stream))
	defer func() {
		if stopped != nil {
			ended(nil)
			return
		}
		ended(err)
	}()
	query, ok := d.Queries[r.Stream]
	if !ok {
		return sis.Result{}, &sis.Error{Code: "CONFIG_INVALID", Message: fmt.Sprintf("There is no query for %q.", r.Stream)}
	}
	since, err := parseCursor(r.Cursor)
	if err != nil {
		return sis.Result{}, err
	}
	within, cancel := context.WithTimeout(ctx, cmp.Or(d.Timeout, 10*time.Minute))
	defer cancel()
	tx, err := begin(within, d.DB)
	if err != nil {
		return sis.Result{}, explain(ctx, r.Stream, err)
	}
	defer tx.Rollback() //nolint:errcheck // it was only read from
	p := &pull{DB: d, tx: tx, stream: r.Stream, from: fromOf(query), emit: func(r sis.Record) error { stopped = emit(r); return stopped }, high: since}
	err = p.run(within, since)
	return p.result, explain(ctx, r.Stream, err)
}

// begin begins a transaction in which nothing moves, or the best that the
// database has.
func begin(ctx context.Context, db *sql.DB) (tx *sql.Tx, err error) {
	for _, options := range []*sql.TxOptions{
		{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, {ReadOnly: true}, nil,
	} {
		if tx, err = db.BeginTx(ctx, options); err == nil || ctx.Err() != nil {
			return tx, err
		}
	}
	return tx, err
}
