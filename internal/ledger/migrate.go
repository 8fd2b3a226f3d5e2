package ledger

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migratePostgres brings the schema up to date while it holds an advisory lock
// that belongs to the schema.
func migratePostgres(ctx context.Context, db *sql.DB) error {
	lock, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer undo(lock)
	if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtext('beadle ledger ' || current_schema()))`); err != nil {
		return err
	}
	return migrate(ctx, db, goose.DialectPostgres)
}

// sampleIndexes makes SQLite look into the indexes that it knows too little of.
const sampleIndexes = `PRAGMA optimize = 0x10002`

// migrateSQLite brings the schema up to date while it holds a file beside the
// ledger. The lock is SQLite's own, so it is gone when its process is.
func migrateSQLite(ctx context.Context, db *sql.DB, path string) error {
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
	if err := migrate(ctx, db, goose.DialectSQLite3); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, sampleIndexes)
	return err
}

func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect) error {
	steps, err := stepsOf(db, dialect)
	if err != nil {
		return err
	}
	_, err = steps.Up(ctx)
	return err
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
