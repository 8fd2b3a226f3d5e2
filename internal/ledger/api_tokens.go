package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

const tokenColumns = `id, name, person, grants, created_at, expires_at, used_at, revoked_at`

func scanToken(r row) (t auth.Token, err error) {
	var grants string
	var created, expires int64
	var used, revoked sql.NullInt64
	if err := r.Scan(&t.ID, &t.Name, &t.Person, &grants, &created, &expires, &used, &revoked); err != nil {
		return t, err
	}
	t.Created, t.Expires, t.Used, t.Revoked = instant(created), instant(expires), known(used), known(revoked)
	return t, readJSON(grants, &t.Grants)
}

// AddToken adds a token, of whose secret only the hash is kept.
func (l *Ledger) AddToken(ctx context.Context, t auth.Token, hash string) error {
	var grants string
	err := writeJSONList(&grants, t.Grants)
	if err == nil {
		err = insert(ctx, l.write, `INSERT INTO api_tokens (`+tokenColumns+`, hash)`, [][]any{{
			t.ID, key(t.Name), key(t.Person), grants, millis(t.Created), millis(t.Expires), maybe(t.Used), maybe(t.Revoked), hash,
		}}, ``)
	}
	return wrap(err, "add a token of %s", t.Person)
}

// Token returns one token with the hash of its secret.
func (l *Ledger) Token(ctx context.Context, id string) (t auth.Token, hash string, err error) {
	t, err = scanToken(also{l.read.QueryRowContext(ctx, `SELECT `+tokenColumns+`, hash FROM api_tokens WHERE id = $1`, key(id)), []any{&hash}})
	if errors.Is(err, sql.ErrNoRows) {
		return t, "", fault.New(fault.NotFound, "There is no token %q.", id).In("token")
	}
	return t, hash, wrap(err, "read token %s", id)
}

// Tokens returns the tokens of a person, or of everybody, the newest first.
func (l *Ledger) Tokens(ctx context.Context, person string) ([]auth.Token, error) {
	all, err := list(ctx, l.read, scanToken,
		`SELECT `+tokenColumns+` FROM api_tokens WHERE ($1 = '' OR person = $1) ORDER BY created_at DESC, id LIMIT 1000`, key(person))
	return all, wrap(err, "list tokens")
}

// UseToken keeps when a token was used.
func (l *Ledger) UseToken(ctx context.Context, id string, at time.Time) error {
	_, err := l.write.ExecContext(ctx, `UPDATE api_tokens SET used_at = $1 WHERE id = $2`, millis(at), key(id))
	return wrap(err, "keep the use of token %s", id)
}

// RevokeToken makes a token good for nothing, from then on.
func (l *Ledger) RevokeToken(ctx context.Context, id string, at time.Time) error {
	_, err := l.write.ExecContext(ctx, `UPDATE api_tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL`, millis(at), key(id))
	return wrap(err, "revoke token %s", id)
}
