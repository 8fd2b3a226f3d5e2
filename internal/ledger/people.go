package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

const accountColumns = `name, title, email, source, subject, password = '', disabled, created_at, seen_at`

func scanAccount(r row) (p auth.Person, err error) {
	var disabled, created int64
	var noPassword bool
	var seen sql.NullInt64
	err = r.Scan(&p.Name, &p.Title, &p.Email, &p.Source, &p.Subject, &noPassword, &disabled, &created, &seen)
	p.Invited = noPassword && p.Source == auth.FromHere
	p.Disabled, p.Created, p.Seen = disabled != 0, instant(created), known(seen)
	return p, err
}

// People returns everybody who may log in, by name, with their grants.
func (l *Ledger) People(ctx context.Context) ([]auth.Person, error) {
	people, err := peopleOf(ctx, l.read)
	return people, wrap(err, "list people")
}

func peopleOf(ctx context.Context, q querier) ([]auth.Person, error) {
	people, err := list(ctx, q, scanAccount, `SELECT `+accountColumns+` FROM people ORDER BY name`)
	if err != nil {
		return nil, err
	}
	return people, addGrants(ctx, q, people)
}

// Person returns one person.
func (l *Ledger) Person(ctx context.Context, name string) (auth.Person, error) {
	p, err := personCalled(ctx, l.read, name)
	return p, wrap(err, "read person %s", name)
}

func personCalled(ctx context.Context, q querier, name string) (auth.Person, error) {
	p, err := personWhere(ctx, q, `name = $1`, key(name))
	if errors.Is(err, sql.ErrNoRows) {
		return p, fault.New(fault.NotFound, "There is no person %q.", name).In("person")
	}
	return p, err
}

// PersonOfSubject returns the person whom a provider calls subject.
func (l *Ledger) PersonOfSubject(ctx context.Context, issuer, subject string) (auth.Person, error) {
	p, err := personWhere(ctx, l.read, `issuer = $1 AND subject = $2`, key(issuer), key(subject))
	if errors.Is(err, sql.ErrNoRows) {
		return p, fault.New(fault.NotFound, "Nobody of that provider is known by that subject.")
	}
	return p, wrap(err, "read person of provider")
}

func personWhere(ctx context.Context, q querier, condition string, args ...any) (auth.Person, error) {
	p, err := scanAccount(q.QueryRowContext(ctx, `SELECT `+accountColumns+` FROM people WHERE `+condition, args...))
	if err != nil {
		return p, err
	}
	p.Grants, err = grantsOf(ctx, q, p.Name)
	return p, err
}

// AddPerson adds somebody without a password. issuer is empty for those whose
// identity is kept here.
func (l *Ledger) AddPerson(ctx context.Context, p auth.Person, issuer string) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error { return addPerson(ctx, tx, p, issuer, "") })
	return wrap(err, "add person %s", p.Name)
}

func addPerson(ctx context.Context, tx *sql.Tx, p auth.Person, issuer, password string) error {
	ok, err := changed(tx.ExecContext(ctx,
		`INSERT INTO people (name, title, email, source, issuer, subject, password, disabled, created_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO NOTHING`,
		key(p.Name), key(p.Title), key(p.Email), p.Source, key(issuer), key(p.Subject), password, flag(p.Disabled), millis(p.Created), maybe(p.Seen)))
	if err == nil && !ok {
		return fault.New(fault.Conflict, "There already is somebody called %q.", p.Name).In("name")
	}
	if err != nil {
		return err
	}
	return setGrants(ctx, tx, p.Name, p.Grants)
}

// EditPerson changes the title, the address, the grants and whether the person
// is disabled to what edit makes of them, unless it or check refuses what people
// there would be then. One change of people is made after the other, so that
// none takes another one back.
func (l *Ledger) EditPerson(ctx context.Context, name string, edit func(auth.Person) (auth.Person, error), check func(before, after []auth.Person) error) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		if err := (writer{tx, l.dialect}).takePeopleTurn(ctx); err != nil {
			return err
		}
		before, err := peopleOf(ctx, tx)
		if err != nil {
			return err
		}
		if err := editPerson(ctx, tx, name, edit); err != nil {
			return err
		}
		after, err := peopleOf(ctx, tx)
		if err != nil {
			return err
		}
		return check(before, after)
	})
	return wrap(err, "edit person %s", name)
}

func editPerson(ctx context.Context, tx *sql.Tx, name string, edit func(auth.Person) (auth.Person, error)) error {
	p, err := personCalled(ctx, tx, name)
	if err != nil {
		return err
	}
	if p, err = edit(p); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE people SET title = $1, email = $2, disabled = $3 WHERE name = $4`,
		key(p.Title), key(p.Email), flag(p.Disabled), key(name)); err != nil {
		return err
	}
	return setGrants(ctx, tx, name, p.Grants)
}

// takePeopleTurn lets only one transaction change people at a time.
func (w writer) takePeopleTurn(ctx context.Context) error {
	if w.dialect != postgres {
		return nil
	}
	_, err := w.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtext('beadle people ' || current_schema()))`)
	return err
}

// SeePerson keeps when somebody logged in last.
func (l *Ledger) SeePerson(ctx context.Context, name string, at time.Time) error {
	_, err := l.write.ExecContext(ctx, `UPDATE people SET seen_at = $1 WHERE name = $2`, millis(at), key(name))
	return wrap(err, "keep the login of %s", name)
}

// Password returns the hash of somebody's password; "": there is none.
func (l *Ledger) Password(ctx context.Context, name string) (hash string, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT password FROM people WHERE name = $1`, key(name)).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return hash, wrap(err, "read the password of %s", name)
}

// SetPassword replaces a hash by another one; it reports whether the old one
// was still there.
func (l *Ledger) SetPassword(ctx context.Context, name, old, hash string) (bool, error) {
	ok, err := changed(l.write.ExecContext(ctx, `UPDATE people SET password = $1 WHERE name = $2 AND password = $3`, hash, key(name), old))
	return ok, wrap(err, "set the password of %s", name)
}
