package ledger

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"strconv"

	"github.com/pressly/goose/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// takeSchemaTurn waits until nobody else changes the schema in PostgreSQL.
const takeSchemaTurn = `SELECT pg_advisory_xact_lock(hashtext('beadle ledger ' || current_schema()))`

// migratePostgres brings the schema up to date while it holds an advisory lock
// that belongs to the schema.
func migratePostgres(ctx context.Context, db *sql.DB) error {
	lock, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer undo(lock)
	if _, err := lock.ExecContext(ctx, takeSchemaTurn); err != nil {
		return err
	}
	return migrate(ctx, db, goose.DialectPostgres)
}

// sampleIndexes makes SQLite look into the indexes that it knows too little of.
const sampleIndexes = `PRAGMA optimize = 0x10002`

// migrateSQLite brings the schema up to date while it holds a file beside the
// ledger. The lock is SQLite's own, so it is gone when its process is.
func migrateSQLite(ctx context.Context, db *sql.DB, path string) error {
	return inTurn(ctx, path, func() error {
		if err := migrate(ctx, db, goose.DialectSQLite3); err != nil {
			return err
		}
		_, err := db.ExecContext(ctx, sampleIndexes)
		return err
	})
}

// inTurn calls do when nobody else changes the schema of the SQLite file.
func inTurn(ctx context.Context, path string, do func() error) error {
	gate, err := sql.Open("sqlite", sqliteDSN(path+".lock", "busy_timeout(60000)"))
	if err != nil {
		return err
	}
	defer gate.Close()
	lock, err := gate.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer undo(lock)
	return do()
}

func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect) error {
	steps, err := stepsOf(db, dialect)
	if err != nil {
		return err
	}
	if _, err := steps.Up(ctx); err != nil {
		return err
	}
	return suits(ctx, db, newest(steps))
}

// newest returns the last change of the schema that this program knows.
func newest(steps *goose.Provider) int64 {
	all := steps.ListSources() // in order
	return all[len(all)-1].Version
}

// suits is an error if a newer program has taken something out of the schema
// that this one uses, which knows its changes up to known. What newer programs
// have only added does no harm.
func suits(ctx context.Context, db *sql.DB, known int64) error {
	needs, err := meta(ctx, db, metaNeeds)
	if err != nil {
		return err
	}
	if least, err := strconv.ParseInt(needs, 10, 64); err != nil || least > known {
		return fault.New(fault.Conflict,
			"The ledger was changed for a newer version of Beadle: this one knows its schema up to %d, and %s is the least that is needed. Start the newer version, or restore a backup from before.", known, needs)
	}
	return nil
}

// stepsOf returns the changes of the schema: those whose text both databases
// understand, and that of the search, which each does in its own way.
func stepsOf(db *sql.DB, dialect goose.Dialect) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	search := sqliteSearch
	if dialect == goose.DialectPostgres {
		search = postgresSearch
	}
	return goose.NewProvider(dialect, db, files, goose.WithGoMigrations(search.migration()))
}
