package ledger

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/backup"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// notKept are tables that a backup does without: goose's own, which a new ledger
// has; what is searched, which is made anew; who is logged in, and who is up.
var notKept = []string{"goose_db_version", "job_texts", "job_words", "sessions", "device_logins", "replicas"}

// A Kept is what a backup holds.
type Kept struct {
	backup.Head
	backup.Tail
}

// Backup writes all that the ledger at location holds to w, as it is at one
// moment, while others go on using it. It does not change the ledger: its schema
// may be older, or newer, than what this program would make of it. The backup
// can be restored into either kind of database.
func Backup(ctx context.Context, location, program string, now time.Time, w io.Writer) (kept Kept, err error) {
	l, err := openAsItIs(location)
	if err != nil {
		return kept, wrap(err, "open ledger")
	}
	defer l.Close()
	tx, err := l.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: l.oneMoment()})
	if err != nil {
		return kept, wrap(err, "begin the backup")
	}
	defer undo(tx)
	kept.Head = backup.Head{Made: now.UTC(), Program: program, Database: l.Kind()}
	if err := tx.QueryRowContext(ctx, schemaVersion).Scan(&kept.Schema); err != nil {
		return kept, noLedger(location, wrap(err, "read the version of the schema"))
	}
	kept.Tail, err = writeTables(ctx, writer{tx, l.dialect}, kept.Head, w)
	kept.Format = backup.Format
	return kept, wrap(err, "back the ledger up")
}

// oneMoment is the isolation in which a transaction sees everything as it was
// when it began. SQLite has no other.
func (d dialect) oneMoment() sql.IsolationLevel {
	if d == postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// openAsItIs opens a ledger and leaves its schema alone. It does not make one.
func openAsItIs(location string) (*Ledger, error) {
	if isServer(location) {
		db, err := sql.Open("pgx", location)
		return &Ledger{read: db, write: db, dialect: postgres}, err
	}
	if _, err := os.Stat(location); err != nil {
		return nil, noLedger(location, err)
	}
	db, err := sql.Open("sqlite", sqliteDSN(location, "query_only(1)"))
	return &Ledger{read: db, write: db}, err
}

// noLedger says that there is none, unless err is that it does not answer.
func noLedger(location string, err error) error {
	if fault.KindOf(err) == fault.Unavailable || errors.Is(err, context.Canceled) {
		return err
	}
	if isServer(location) {
		location = "this address" // which may hold a password
	}
	return fault.New(fault.NotFound, "There is no ledger at %s.", location).Because(err)
}

func writeTables(ctx context.Context, w writer, head backup.Head, to io.Writer) (backup.Tail, error) {
	file, err := backup.NewWriter(to, head)
	if err != nil {
		return backup.Tail{}, err
	}
	tables, err := tablesOf(ctx, w, w.dialect)
	if err != nil {
		return backup.Tail{}, err
	}
	for _, table := range tables {
		if err := writeTable(ctx, w, table, file); err != nil {
			return backup.Tail{}, err
		}
	}
	return file.End()
}

func writeTable(ctx context.Context, w writer, table string, file *backup.Writer) error {
	rows, err := w.QueryContext(ctx, `SELECT * FROM `+table)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	if err := file.Table(table, columns); err != nil {
		return err
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		if err := file.Row(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

const (
	sqliteTables   = `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	postgresTables = `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY relname`

	sqliteReferences = `SELECT m.name, f."table" FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table'`
	postgresRefers   = `SELECT a.relname, b.relname FROM pg_constraint JOIN pg_class AS a ON a.oid = conrelid JOIN pg_class AS b ON b.oid = confrelid
		WHERE contype = 'f' AND connamespace = current_schema()::regnamespace`
)

// tablesOf returns the tables that a backup holds, each behind those that it
// refers to.
func tablesOf(ctx context.Context, q querier, d dialect) ([]string, error) {
	names, refers := sqliteTables, sqliteReferences
	if d == postgres {
		names, refers = postgresTables, postgresRefers
	}
	all, err := list(ctx, q, scanText, names)
	if err != nil {
		return nil, err
	}
	before := map[string][]string{}
	err = every(ctx, q, func(r row) (pair [2]string, err error) {
		err = r.Scan(&pair[0], &pair[1])
		return pair, err
	}, func(pair [2]string) { before[pair[0]] = append(before[pair[0]], pair[1]) }, refers)
	return inOrder(slices.DeleteFunc(all, isNotKept), before), err
}

func isNotKept(table string) bool {
	return strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "job_words_") || slices.Contains(notKept, table)
}

// inOrder returns names such that each stands behind those that it needs.
func inOrder(names []string, needs map[string][]string) (ordered []string) {
	var add func(name string)
	add = func(name string) {
		if slices.Contains(ordered, name) || !slices.Contains(names, name) {
			return
		}
		for _, first := range needs[name] {
			if first != name {
				add(first)
			}
		}
		ordered = append(ordered, name)
	}
	for _, name := range names {
		add(name)
	}
	return ordered
}
