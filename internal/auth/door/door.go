// Package door lets people and programs in, and says who they are.
//
// A person logs in with a password that is kept here, or at an OIDC provider,
// and has a session from then on: a secret in a cookie, of which the store has
// only the hash. A program comes with an API token, of which the same is true.
// Whoever has the token of the installation may log in with it as well.
//
//	                 LogIn, LogInWithToken, FromProvider
//	nobody ───────────────────────────────────────────────▶ session
//	                 Session, Token                            │
//	auth.Who ◀─────────────────────────────────────────────────┘
//
// What somebody may do is looked up each time, so that a grant that is taken
// away, or a person who is disabled, is out with the next request.
//
// # While the store is away
//
// An identity that was checked within the last [believed] is believed for
// reading and for aborting jobs, because both are wanted most when something
// is wrong. Nothing else is let through then, and nobody can log in. The price
// is that a session which another process ended can still read for that long,
// if the store goes away at that moment.
package door

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/auth/tally"
)

// Store is where people, and what lets them in, are kept. What is not there
// is fault.NotFound; a store that is away is fault.Unavailable.
type Store interface {
	PeopleStore
	SessionStore
	TokenStore
	LinkStore

	// Failures are wrong logins in a row with a name. Fail counts one more, if
	// there are as many as were seen.
	Failures(ctx context.Context, name string) (n int, last time.Time, err error)
	Fail(ctx context.Context, name string, seen int, at time.Time) (bool, error)
	Forgive(ctx context.Context, name string) error

	// ForgetOldLogins removes what has expired.
	ForgetOldLogins(ctx context.Context, now time.Time) error
}

// PeopleStore is where people are kept.
type PeopleStore interface {
	People(ctx context.Context) ([]auth.Person, error)
	Person(ctx context.Context, name string) (auth.Person, error)
	PersonOfSubject(ctx context.Context, issuer, subject string) (auth.Person, error)
	AddPerson(ctx context.Context, p auth.Person, issuer string) error
	EditPerson(ctx context.Context, name string, edit func(auth.Person) (auth.Person, error), check func(before, after []auth.Person) error) error
	SeePerson(ctx context.Context, name string, at time.Time) error

	// Password is the hash of one; SetPassword replaces it, if it is still old.
	Password(ctx context.Context, name string) (string, error)
	SetPassword(ctx context.Context, name, old, hash string) (bool, error)
}

// SessionStore is where sessions are kept.
type SessionStore interface {
	AddSession(ctx context.Context, s auth.Session) error
	Session(ctx context.Context, id string) (auth.Session, error)
	Sessions(ctx context.Context, person string) ([]auth.Session, error)
	SeeSession(ctx context.Context, id string, at time.Time) error
	SetSessionAs(ctx context.Context, id, person string) error
	EndSession(ctx context.Context, id string, at time.Time) error
	EndSessions(ctx context.Context, person string, at time.Time) error
}

// TokenStore is where API tokens are kept, with the hash of their secret.
type TokenStore interface {
	AddToken(ctx context.Context, t auth.Token, hash string) error
	Token(ctx context.Context, id string) (auth.Token, string, error)
	Tokens(ctx context.Context, person string) ([]auth.Token, error)
	UseToken(ctx context.Context, id string, at time.Time) error
	RevokeToken(ctx context.Context, id string, at time.Time) error
}

// LinkStore is where one-time links are kept, by the hash of their secret.
type LinkStore interface {
	AddLink(ctx context.Context, hash, person string, expires time.Time) error
	Link(ctx context.Context, hash string, at time.Time) (person string, err error)
	SetUp(ctx context.Context, hash, person, password string, at time.Time) error
	SetUpFirst(ctx context.Context, hash string, p auth.Person, password string) error
}

// Options are how a door is kept.
type Options struct {
	Store     Store
	Passwords bool          // are kept here, and people log in with them
	Token     string        // of the installation; empty: there is none
	Idle      time.Duration // how long a session may be unused
	Longest   time.Duration // how long a session lasts at most
	Provider  *Provider     // nil: there is none
	Now       func() time.Time
	Log       *slog.Logger

	// Refused is told of each login that was refused. Nil: nobody is.
	Refused interface {
		LoginRefused(ctx context.Context, r auth.Refusal)
	}
}

// A Door lets in and keeps out. It is safe for concurrent use.
type Door struct {
	Options
	hasher    *hasher
	addresses *tally.Tally
	memory    *memory
}

// New returns a door.
func New(o Options) *Door {
	return &Door{Options: o, hasher: newHasher(), addresses: tally.New(triesPerAddress, window), memory: &memory{}}
}

// Ways returns how people may log in here.
func (d *Door) Ways() auth.Ways {
	w := auth.Ways{Password: d.Passwords, Token: d.Token != ""}
	if d.Provider != nil {
		w.Provider = d.Provider.Name
	}
	return w
}

// newSecret returns 260 random bits, in letters and digits.
func newSecret() string { return rand.Text() + rand.Text() }

// hashOf returns what is kept of a secret. The secrets are random and long, so
// that a slow hash would add nothing.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// try does what is wanted but not needed; that it went wrong is only logged.
func (d *Door) try(ctx context.Context, doing string, err error) {
	if err != nil {
		d.Log.WarnContext(ctx, "store of logins failed", "doing", doing, "err", err)
	}
}
