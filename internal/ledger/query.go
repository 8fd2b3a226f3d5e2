package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// A querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// A row is one row of a result.
type row interface{ Scan(dest ...any) error }

// also is a row with more columns than its reader knows of.
type also struct {
	row
	more []any
}

func (a also) Scan(dest ...any) error { return a.row.Scan(append(dest, a.more...)...) }

// inTx calls do in a transaction, which is undone if do fails.
func (l *Ledger) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := l.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer undo(tx)
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// writing calls do in a transaction that knows its database.
func (l *Ledger) writing(ctx context.Context, do func(w writer) error) error {
	return l.inTx(ctx, func(tx *sql.Tx) error { return do(writer{tx, l.dialect}) })
}

// undo ends a transaction that was not committed.
func undo(tx *sql.Tx) { _ = tx.Rollback() }

// list returns all rows of a query.
func list[T any](ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any) (all []T, err error) {
	err = every(ctx, q, scan, func(one T) { all = append(all, one) }, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// every calls take with each row of a query. What take does not keep costs no
// memory, however many rows there are.
func every[T any](ctx context.Context, q querier, scan func(row) (T, error), take func(T), query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return err
		}
		take(one)
	}
	return rows.Err()
}

// scanText reads a row of one text.
func scanText(r row) (text string, err error) {
	err = r.Scan(&text)
	return text, err
}

// How much goes into one statement. The SQLite driver's work grows with the
// square of the number of placeholders; PostgreSQL would take more.
const rowsPerInsert = 20

// insert writes rows in as few statements as it takes: head, then the rows'
// placeholders, then tail.
func insert(ctx context.Context, q querier, head string, rows [][]any, tail string) error {
	for len(rows) > 0 {
		some := rows[:min(len(rows), rowsPerInsert)]
		rows = rows[len(some):]
		var values []any
		for _, r := range some {
			values = append(values, r...)
		}
		query := head + ` VALUES ` + placeholders(len(some), len(some[0])) + ` ` + tail
		if _, err := q.ExecContext(ctx, query, values...); err != nil {
			return err
		}
	}
	return nil
}

// placeholders returns "($1, $2), ($3, $4)" for two rows of two.
func placeholders(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i%columns > 0:
			b.WriteString(", ")
		case i > 0:
			b.WriteString("), (")
		default:
			b.WriteByte('(')
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteByte(')')
	return b.String()
}

// anys returns texts as arguments of a query.
func anys[S ~string](texts []S) []any {
	args := make([]any, len(texts))
	for i, text := range texts {
		args[i] = string(text)
	}
	return args
}

// atMost returns how many rows to read at most when limit is asked for; zero
// means a thousand.
func atMost(limit int) int {
	if limit <= 0 {
		return 1000
	}
	return limit
}

// changed reports whether the statement changed a row.
func changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// wrap says what was being done when err happened, and that the ledger is away
// if that is the reason.
func wrap(err error, doing string, args ...any) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf(doing+": %w", append(args, err)...)
	if away(err) {
		return fault.New(fault.Unavailable, "The ledger database does not answer. Try again in a moment.").Because(err)
	}
	return err
}

// away reports whether err says that the database cannot be reached or is too
// busy, rather than that it refuses what was asked.
func away(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok || errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err) {
		return true
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch refused.Code[:2] {
		case "08", "53", "57": // connection, resources, told to stop
			return true
		}
		return false
	}
	if refused, ok := errors.AsType[*sqlite.Error](err); ok {
		return refused.Code()&0xff == sqlitelib.SQLITE_BUSY
	}
	return false
}
