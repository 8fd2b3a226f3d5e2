package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Failures returns how many logins with a name went wrong in a row, and when
// the last one did.
func (l *Ledger) Failures(ctx context.Context, name string) (n int, last time.Time, err error) {
	var at int64
	err = l.read.QueryRowContext(ctx, `SELECT failures, last_at FROM login_failures WHERE name = $1`, key(name)).Scan(&n, &at)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return n, instant(at), wrap(err, "read wrong logins")
}

// Fail counts one more wrong login. It reports false, and counts nothing, if
// there are no longer as many as were seen: somebody else tried at that time.
func (l *Ledger) Fail(ctx context.Context, name string, seen int, at time.Time) (bool, error) {
	ok, err := changed(l.write.ExecContext(ctx,
		`INSERT INTO login_failures (name, failures, last_at) VALUES ($1, 1, $2)
		ON CONFLICT (name) DO UPDATE SET failures = login_failures.failures + 1, last_at = excluded.last_at WHERE login_failures.failures = $3`,
		key(name), millis(at), seen))
	return ok, wrap(err, "count a wrong login")
}

// Forgive forgets the wrong logins of a name.
func (l *Ledger) Forgive(ctx context.Context, name string) error {
	_, err := l.write.ExecContext(ctx, `DELETE FROM login_failures WHERE name = $1`, key(name))
	return wrap(err, "forget wrong logins")
}

// ForgetOldLogins removes sessions and links that have expired, and wrong
// logins of more than a day ago.
func (l *Ledger) ForgetOldLogins(ctx context.Context, now time.Time) error {
	for _, old := range []struct {
		table, column string
		before        time.Time
	}{{"sessions", "expires_at", now}, {"setup_links", "expires_at", now}, {"login_failures", "last_at", now.Add(-24 * time.Hour)}} {
		if _, err := l.write.ExecContext(ctx, fmt.Sprintf(`DELETE FROM %s WHERE %s < $1`, old.table, old.column), millis(old.before)); err != nil {
			return wrap(err, "forget old logins")
		}
	}
	return nil
}
