package ledger

import (
	"context"
	"path/filepath"
	"syscall"

	"github.com/beadle-jobs/beadle/internal/job"
)

// What a database is asked about itself: its version, its size in bytes, and
// the last change of its schema.
const (
	sqliteFacts   = `SELECT sqlite_version(), (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())`
	postgresFacts = `SELECT current_setting('server_version'), pg_database_size(current_database())`
	schemaVersion = `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`
)

// Kind is which database it is, as people call it.
func (l *Ledger) Kind() string {
	if l.dialect == postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}

// Facts says what database it is and how large.
func (l *Ledger) Facts(ctx context.Context) (job.LedgerFacts, error) {
	query := sqliteFacts
	if l.dialect == postgres {
		query = postgresFacts
	}
	f := job.LedgerFacts{Kind: l.Kind()}
	var size, migration int64
	if err := l.read.QueryRowContext(ctx, query).Scan(&f.Version, &size); err != nil {
		return f, wrap(err, "read what the database is")
	}
	if err := l.read.QueryRowContext(ctx, schemaVersion).Scan(&migration); err != nil {
		return f, wrap(err, "read the version of the schema")
	}
	f.Answers, f.Size, f.Migration = true, &size, &migration
	f.Free = l.free(ctx)
	return f, nil
}

// free returns how many bytes are free where the SQLite file is; nil if that is
// not known.
func (l *Ledger) free(ctx context.Context) *int64 {
	var file string
	var disk syscall.Statfs_t
	if l.dialect == postgres || l.read.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&file) != nil {
		return nil
	}
	if syscall.Statfs(filepath.Dir(file), &disk) != nil {
		return nil
	}
	return new(int64(disk.Bavail) * int64(disk.Bsize)) //nolint:unconvert // its type differs from system to system
}
