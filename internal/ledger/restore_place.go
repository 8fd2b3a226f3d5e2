package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A room is where a new ledger is made beside the one whose place it takes.
type room struct {
	location string

	takePlace func(ctx context.Context) error // in one step
	remove    func(ctx context.Context) error // what is left of it
}

// makeRoom makes room for a new ledger beside that at location.
func makeRoom(ctx context.Context, location string) (room, error) {
	if isServer(location) {
		return makeSchema(ctx, location)
	}
	path := location + ".restoring"
	r := room{
		location: path,
		takePlace: func(ctx context.Context) error {
			return inTurn(ctx, location, func() error { return copyFile(ctx, path, location) })
		},
		remove: func(context.Context) error { return removeFile(path) },
	}
	return r, cmp.Or(os.MkdirAll(filepath.Dir(location), 0o700), removeFile(path))
}

// removeFile removes a SQLite file and what belongs to it.
func removeFile(path string) (err error) {
	for _, end := range []string{"", "-wal", "-shm", ".lock", ".lock-journal"} {
		if e := os.Remove(path + end); !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// copyFile writes the pages of one SQLite file over those of another, in one
// transaction: whoever has that one open sees the new content.
func copyFile(ctx context.Context, from, to string) error {
	source, err := sql.Open("sqlite", sqliteDSN(from, "query_only(1)"))
	if err != nil {
		return err
	}
	defer source.Close()
	conn, err := source.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		pages, err := driver.(interface {
			NewBackup(to string) (*sqlite.Backup, error)
		}).NewBackup(sqliteDSN(to, "journal_mode(wal)", "synchronous(full)"))
		if err != nil {
			return err
		}
		_, err = pages.Step(-1)
		return errors.Join(err, pages.Finish())
	})
}

// makeSchema makes a schema beside that of the ledger.
func makeSchema(ctx context.Context, location string) (r room, err error) {
	db, err := sql.Open("pgx", location)
	if err != nil {
		return r, err
	}
	defer db.Close()
	var mine string
	if err := db.QueryRowContext(ctx, `SELECT current_schema()`).Scan(&mine); err != nil {
		return r, err
	}
	beside := mine + "_restoring"
	r.location, err = withSchema(location, beside)
	r.takePlace = func(ctx context.Context) error { return moveSchema(ctx, location, beside, mine) }
	r.remove = func(ctx context.Context) error { return onServer(ctx, location, dropSchema(beside)) }
	if err != nil {
		return r, err
	}
	if err := onServer(ctx, location, dropSchema(beside)+`; CREATE SCHEMA `+quote(beside)); err != nil {
		return r, fault.New(fault.Invalid, "The schema %s, in which the ledger is restored first, cannot be made: the user of the ledger must own the database, or have CREATE on it.", beside).Because(err)
	}
	return r, nil
}

func dropSchema(name string) string { return `DROP SCHEMA IF EXISTS ` + quote(name) + ` CASCADE` }

func withSchema(location, schema string) (string, error) {
	u, err := url.Parse(location)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("search_path", quote(schema))
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func onServer(ctx context.Context, location, statements string) error {
	db, err := sql.Open("pgx", location)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statements)
	return err
}

// moveSchema moves all tables from one schema into another, where those of the
// same name go.
func moveSchema(ctx context.Context, location, from, to string) error {
	db, err := sql.Open("pgx", location)
	if err != nil {
		return err
	}
	defer db.Close()
	l := &Ledger{read: db, write: db, dialect: postgres}
	return l.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, takeSchemaTurn); err != nil {
			return err
		}
		tables, err := list(ctx, tx, scanText, `SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r'`, quote(from))
		for _, table := range tables {
			if err != nil {
				break
			}
			_, err = tx.ExecContext(ctx, fmt.Sprintf(`DROP TABLE IF EXISTS %[2]s.%[3]s CASCADE; ALTER TABLE %[1]s.%[3]s SET SCHEMA %[2]s`, quote(from), quote(to), quote(table)))
		}
		return err
	})
}

// quote returns a name as PostgreSQL reads it.
func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
