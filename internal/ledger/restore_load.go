package ledger

import (
	"context"
	"database/sql"
	"io"
	"slices"

	"github.com/pressly/goose/v3"

	"github.com/beadle-jobs/beadle/internal/backup"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// fillNew makes a ledger of the schema that the backup was made of, and loads
// it.
func fillNew(ctx context.Context, location string, schema int64, file io.Reader) error {
	l, err := openNew(location)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := l.schemaOf(ctx, schema); err != nil {
		return err
	}
	return l.writing(ctx, func(w writer) error {
		tables, err := tablesOf(ctx, w, w.dialect)
		if err != nil {
			return err
		}
		into := &loader{ctx: ctx, w: w, tables: tables}
		if _, _, err := backup.Read(file, func(backup.Head) (backup.Rows, error) { return into, nil }); err != nil {
			return err
		}
		return into.end()
	})
}

// openNew opens a ledger that is not one yet. That it is written safely is up to
// whoever copies it.
func openNew(location string) (*Ledger, error) {
	if isServer(location) {
		return openAsItIs(location)
	}
	db, err := sql.Open("sqlite", sqliteDSN(location, "foreign_keys(1)", "journal_mode(wal)", "synchronous(off)", "cache_size(-32768)"))
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return &Ledger{read: db, write: db}, err
}

// schemaOf brings a new database to a version of the schema.
func (l *Ledger) schemaOf(ctx context.Context, version int64) error {
	steps, err := stepsOf(l.write, l.goose())
	if err == nil {
		_, err = steps.UpTo(ctx, version)
	}
	return err
}

func (d dialect) goose() goose.Dialect {
	if d == postgres {
		return goose.DialectPostgres
	}
	return goose.DialectSQLite3
}

// How much of a backup is held in memory.
const loadBytes = 8 << 20

// A loader writes the rows of a backup into a new ledger.
type loader struct {
	ctx    context.Context
	w      writer
	tables []string // that there are
	bulk   bulk     // of the table that is loaded
	rows   [][]any
	bytes  int
}

// Table implements backup.Rows. What a change of the schema has put into the
// table goes: the backup has it too.
func (o *loader) Table(name string, columns []string) error {
	if err := o.flush(); err != nil {
		return err
	}
	if !slices.Contains(o.tables, name) {
		return foreign(name)
	}
	list, err := columnsOf(o.ctx, o.w, name)
	if err != nil {
		return err
	}
	o.bulk.columns = nil
	for _, wanted := range columns {
		at := slices.IndexFunc(list, func(c column) bool { return c.name == wanted })
		if at < 0 {
			return foreign(name)
		}
		o.bulk.columns = append(o.bulk.columns, list[at])
	}
	o.bulk = insertingColumns(name, o.bulk.columns, "")
	_, err = o.w.ExecContext(o.ctx, `DELETE FROM `+name)
	return err
}

func foreign(table string) error {
	return fault.New(fault.Invalid, "The backup holds a table %q that a ledger of its schema does not have; it is not one of this installation.", table)
}

// Row implements backup.Rows.
func (o *loader) Row(values []any) error {
	for _, v := range values {
		if text, is := v.(string); is {
			o.bytes += len(text)
		}
	}
	o.rows = append(o.rows, slices.Clone(values))
	if len(o.rows) < rowsPerArray && o.bytes < loadBytes {
		return nil
	}
	return o.flush()
}

func (o *loader) flush() error {
	err := o.w.put(o.ctx, o.bulk, o.rows)
	o.rows, o.bytes = o.rows[:0], 0
	return err
}

// end makes the jobs searchable when the ledger is opened: what is searched is
// not in the backup.
func (o *loader) end() error {
	if err := o.flush(); err != nil {
		return err
	}
	return setMeta(o.ctx, o.w.Tx, metaSearched, "")
}

const (
	sqliteColumns   = `SELECT name, CASE type WHEN 'TEXT' THEN 'TEXT' ELSE 'BIGINT' END FROM pragma_table_info($1)`
	postgresColumns = `SELECT column_name, CASE data_type WHEN 'text' THEN 'TEXT' ELSE 'BIGINT' END FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1`
)

func columnsOf(ctx context.Context, w writer, table string) ([]column, error) {
	query := sqliteColumns
	if w.dialect == postgres {
		query = postgresColumns
	}
	return list(ctx, w, func(r row) (c column, err error) {
		err = r.Scan(&c.name, &c.kind)
		return c, err
	}, query, table)
}
