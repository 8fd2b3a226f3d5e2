// Package ledger is the durable record: what was asked for, what became of it,
// and what is declared, in SQLite or in PostgreSQL.
//
// There is one file for each table, and one SQL text for both databases:
//
//	$1           placeholders, also where one is used twice
//	TEXT         ids (UUIDv7), names, JSON
//	BIGINT       times as milliseconds since 1970 in UTC; NULL where unknown
//	INTEGER      0 and 1 for no and yes
//
// Job history has one writer, the recorder, and one way in, [Ledger.Record]: it
// takes entries of the event stream, in order, each exactly once, and keeps
// the position that it has reached in the same transaction.
//
// Whatever text comes in is made storable at this edge and nowhere else:
// PostgreSQL refuses zero bytes and broken UTF-8, indexes refuse long keys.
//
// # Schema changes
//
// A change of the schema is a new file in migrations, never an edit of one that
// was released. [Open] brings a database up to date; processes that start
// together take turns.
//
// While an installation is upgraded, programs of two versions use one ledger. So
// a change only adds, and what it adds has a default; what nobody uses any more
// is taken away by a later version, in a file that begins with
//
//	-- second step of 0031
//
// and says in meta that programs must know 31: [Open] refuses a ledger that has
// become too new.
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
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/seal"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	_ "modernc.org/sqlite"             // the "sqlite" driver
)

// A Ledger is an open ledger. It is safe for concurrent use.
type Ledger struct {
	read  *sql.DB
	write *sql.DB   // SQLite: a pool of one, so that writers queue here and not in the file
	ring  seal.Ring // of the bodies of messages

	dialect
}

// Open opens the ledger at location and brings its schema up to date. A
// postgres:// URL is a server; anything else is the path of a SQLite file,
// whose folder is created where it is missing.
func Open(ctx context.Context, location string) (*Ledger, error) {
	open := openSQLite
	if isServer(location) {
		open = openPostgres
	}
	l, err := open(ctx, location)
	if err != nil {
		return nil, wrap(err, "open ledger")
	}
	return l, nil
}

// Close closes the ledger.
func (l *Ledger) Close() error {
	if l.read == l.write {
		return l.write.Close()
	}
	return errors.Join(l.read.Close(), l.write.Close())
}

// Ping reports whether the database answers.
func (l *Ledger) Ping(ctx context.Context) error {
	_, err := l.Position(ctx)
	return err
}

func isServer(location string) bool {
	return strings.HasPrefix(location, "postgres://") || strings.HasPrefix(location, "postgresql://")
}

func openPostgres(ctx context.Context, location string) (*Ledger, error) {
	db, err := openServer(location)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(5)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := migratePostgres(ctx, db); err != nil {
		db.Close()
		return nil, err
	}
	l := &Ledger{read: db, write: db, dialect: postgres}
	if err := cmp.Or(l.groupOld(ctx), l.searchOld(ctx)); err != nil {
		db.Close()
		return nil, err
	}
	return l, nil
}

func openSQLite(ctx context.Context, path string) (*Ledger, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", sqliteDSN(path, "foreign_keys(1)", "journal_mode(wal)", "synchronous(full)", "cache_size(-32768)"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", sqliteDSN(path, "query_only(1)"))
	if err != nil {
		return nil, err
	}
	read.SetMaxIdleConns(8)
	l := &Ledger{read: read, write: write}
	if err := migrateSQLite(ctx, write, path); err != nil {
		l.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := cmp.Or(l.groupOld(ctx), l.searchOld(ctx)); err != nil {
		l.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// sqliteDSN names the file so that no character of its path is taken for
// syntax. Transactions take the write lock when they begin, so that none fails
// half way because another one was faster.
func sqliteDSN(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}
