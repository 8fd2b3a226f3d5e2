package ledger

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

const sessionColumns = `id, person, created_at, seen_at, expires_at, ended_at, agent, address, seen_as`

func scanSession(r row) (s auth.Session, err error) {
	var created, seen, expires int64
	var ended sql.NullInt64
	err = r.Scan(&s.ID, &s.Person, &created, &seen, &expires, &ended, &s.Agent, &s.Address, &s.As)
	s.Created, s.Seen, s.Expires, s.Ended = instant(created), instant(seen), instant(expires), known(ended)
	return s, err
}

// AddSession adds a login.
func (l *Ledger) AddSession(ctx context.Context, s auth.Session) error {
	err := insert(ctx, l.write, `INSERT INTO sessions (`+sessionColumns+`)`, [][]any{{
		s.ID, key(s.Person), millis(s.Created), millis(s.Seen), millis(s.Expires), maybe(s.Ended), key(s.Agent), key(s.Address), key(s.As),
	}}, ``)
	return wrap(err, "add a session of %s", s.Person)
}

// Session returns one session, also when it has ended.
func (l *Ledger) Session(ctx context.Context, id string) (auth.Session, error) {
	s, err := scanSession(l.read.QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE id = $1`, key(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return s, fault.New(fault.NotFound, "There is no such session.")
	}
	return s, wrap(err, "read session")
}

// Sessions returns the thousand newest sessions of a person, or of everybody,
// ended ones too.
func (l *Ledger) Sessions(ctx context.Context, person string) ([]auth.Session, error) {
	all, err := list(ctx, l.read, scanSession,
		`SELECT `+sessionColumns+` FROM sessions WHERE ($1 = '' OR person = $1) ORDER BY created_at DESC, id LIMIT 1000`, key(person))
	return all, wrap(err, "list sessions")
}

// SeeSession keeps when a session was used.
func (l *Ledger) SeeSession(ctx context.Context, id string, at time.Time) error {
	_, err := l.write.ExecContext(ctx, `UPDATE sessions SET seen_at = $1 WHERE id = $2 AND seen_at < $1`, millis(at), key(id))
	return wrap(err, "keep the use of a session")
}

// SetSessionAs keeps as whom a session sees the pages.
func (l *Ledger) SetSessionAs(ctx context.Context, id, person string) error {
	_, err := l.write.ExecContext(ctx, `UPDATE sessions SET seen_as = $1 WHERE id = $2`, key(person), key(id))
	return wrap(err, "change the view of a session")
}

// EndSession ends a session, if it has not ended.
func (l *Ledger) EndSession(ctx context.Context, id string, at time.Time) error {
	_, err := l.write.ExecContext(ctx, `UPDATE sessions SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL`, millis(at), key(id))
	return wrap(err, "end a session")
}

// EndSessions ends all sessions of a person.
func (l *Ledger) EndSessions(ctx context.Context, person string, at time.Time) error {
	return wrap(endSessions(ctx, l.write, person, at), "end the sessions of %s", person)
}

func endSessions(ctx context.Context, q querier, person string, at time.Time) error {
	_, err := q.ExecContext(ctx, `UPDATE sessions SET ended_at = $1 WHERE person = $2 AND ended_at IS NULL`, millis(at), key(person))
	return err
}
