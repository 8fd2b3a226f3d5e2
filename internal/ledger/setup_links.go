package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// errLink is what all links are told that are no longer good.
var errLink = fault.New(fault.NotFound, "This link was used already, or is too old. Ask for a new one.")

// AddLink adds a link with which a person sets a password; "" is the first
// superadmin, whoever that will be.
func (l *Ledger) AddLink(ctx context.Context, hash, person string, expires time.Time) error {
	err := insert(ctx, l.write, `INSERT INTO setup_links (hash, person, expires_at)`, [][]any{{hash, key(person), millis(expires)}}, ``)
	return wrap(err, "add a link")
}

// Link returns whose link it is, if it is still good.
func (l *Ledger) Link(ctx context.Context, hash string, at time.Time) (person string, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT person FROM setup_links WHERE hash = $1 AND expires_at > $2`, hash, millis(at)).Scan(&person)
	if errors.Is(err, sql.ErrNoRows) {
		return "", errLink
	}
	return person, wrap(err, "read a link")
}

// useLink takes a link away, with the others of its person.
func useLink(ctx context.Context, tx *sql.Tx, hash, person string, at time.Time) error {
	ok, err := changed(tx.ExecContext(ctx, `DELETE FROM setup_links WHERE hash = $1 AND person = $2 AND expires_at > $3`, hash, key(person), millis(at)))
	if err == nil && !ok {
		return errLink
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM setup_links WHERE person = $1`, key(person))
	}
	return err
}

// SetUp uses a link: the person has that password from then on, and nothing
// that was open with the old one.
func (l *Ledger) SetUp(ctx context.Context, hash, person, password string, at time.Time) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		if err := useLink(ctx, tx, hash, person, at); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE people SET password = $1 WHERE name = $2`, password, key(person)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM login_failures WHERE name = $1`, key(person)); err != nil {
			return err
		}
		return endSessions(ctx, tx, person, at)
	})
	return wrap(err, "set up %s", person)
}

// SetUpFirst uses the link of the first superadmin, who is p. It is good only
// while there is nobody.
func (l *Ledger) SetUpFirst(ctx context.Context, hash string, p auth.Person, password string) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		if err := (writer{tx, l.dialect}).takePeopleTurn(ctx); err != nil {
			return err
		}
		if err := useLink(ctx, tx, hash, "", p.Created); err != nil {
			return err
		}
		others, err := peopleOf(ctx, tx)
		if err == nil && len(others) > 0 {
			return fault.New(fault.Conflict, "There already are people here. Ask a superadmin for a link of your own.")
		}
		if err != nil {
			return err
		}
		return addPerson(ctx, tx, p, "", password)
	})
	return wrap(err, "set up the first superadmin")
}
