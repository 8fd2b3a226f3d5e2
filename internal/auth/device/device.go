// Package device lets a program in that has no browser, such as jobctl on a
// server, in the way of RFC 8628.
//
// The program asks and is given a secret, which it keeps, and a short code,
// which it shows. A person types the code into a page where they are logged in,
// sees what asks and from where, and lets it in or not. Meanwhile the program
// asks how its login stands, not more often than it was told, and is given an
// API token of that person, once.
//
// The ledger holds the hash of the secret, so that any replica answers. A login
// that nobody decides on is over after [Life].
package device

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/auth/tally"
	"github.com/beadle-jobs/beadle/internal/fault"
)

const (
	// Life is how long a person has to decide.
	Life = 10 * time.Minute
	// Interval is how long a program waits between two questions, and what is
	// put on top each time that it does not.
	Interval = 5 * time.Second
	// TokenLife is how long the token of a device is good.
	TokenLife = 90 * 24 * time.Hour

	most      = 200 // that nobody has decided on, at a time
	perMinute = 10  // from one address
	guesses   = 10  // wrong codes of a person in a minute
)

// Store keeps logins; the ledger is one.
type Store interface {
	// AddDeviceLogin refuses more than most that nobody has decided on.
	AddDeviceLogin(ctx context.Context, hash string, d auth.DeviceLogin, most int) error
	DeviceLogin(ctx context.Context, hash string) (auth.DeviceLogin, error)
	DeviceLoginOfCode(ctx context.Context, code string) (auth.DeviceLogin, error)
	AskedDeviceLogin(ctx context.Context, hash string, at time.Time, wait time.Duration) error
	// MoveDeviceLogin reports whether the login was in the first state.
	MoveDeviceLogin(ctx context.Context, code, from, to, person string) (bool, error)
}

// Tokens makes API tokens.
type Tokens interface {
	NewToken(ctx context.Context, t auth.Token) (auth.Token, string, error)
}

// Logins is the logins of devices.
type Logins struct {
	store  Store
	tokens Tokens
	now    func() time.Time
	starts *tally.Tally
	wrong  *tally.Tally
}

// New returns logins that are kept in s and end in tokens of t.
func New(s Store, t Tokens, now func() time.Time) *Logins {
	return &Logins{s, t, now, tally.New(perMinute, time.Minute), tally.New(guesses, time.Minute)}
}

// Start begins the login of a program on a machine, and returns its secret and
// what to show. It refuses an address that asks too often.
func (l *Logins) Start(ctx context.Context, machine, address string) (secret string, d auth.DeviceLogin, err error) {
	now := l.now()
	if !l.starts.Another(tally.Place(address), now) {
		return "", d, busy("Too many programs asked from your address; try again in a minute.")
	}
	secret = newSecret()
	d = auth.DeviceLogin{Code: newCode(), Machine: machine, Address: address, Created: now, Expires: now.Add(Life), Interval: Interval, State: auth.DevicePending}
	return secret, d, l.store.AddDeviceLogin(ctx, hashOf(secret), d, most)
}

// Poll says how the login of a secret stands. An unknown one has expired.
func (l *Logins) Poll(ctx context.Context, secret string) (a auth.DeviceAnswer, err error) {
	d, err := l.store.DeviceLogin(ctx, hashOf(secret))
	if fault.KindOf(err) == fault.NotFound || err == nil && !l.now().Before(d.Expires) {
		return auth.DeviceAnswer{}, nil
	}
	if err != nil {
		return a, err
	}
	if a, err = l.paced(ctx, hashOf(secret), d); err != nil || a.TooSoon || d.State != auth.DeviceApproved {
		return a, err
	}
	return l.collect(ctx, d)
}

// paced answers how d stands, and notes that it asked.
func (l *Logins) paced(ctx context.Context, hash string, d auth.DeviceLogin) (auth.DeviceAnswer, error) {
	now := l.now()
	a := auth.DeviceAnswer{State: d.State, Interval: d.Interval}
	if now.Sub(d.Asked) < d.Interval {
		a.TooSoon = true
		a.Interval = min(d.Interval+Interval, Life)
	}
	return a, l.store.AskedDeviceLogin(ctx, hash, now, a.Interval)
}

// collect makes the token of a login that was approved, for the first who asks.
func (l *Logins) collect(ctx context.Context, d auth.DeviceLogin) (a auth.DeviceAnswer, err error) {
	first, err := l.store.MoveDeviceLogin(ctx, d.Code, auth.DeviceApproved, auth.DeviceCollected, d.Person)
	if err != nil || !first {
		return a, err
	}
	a.State = auth.DeviceCollected
	a.Token, a.Secret, err = l.tokens.NewToken(ctx, auth.Token{Name: "jobctl on " + d.Machine, Person: d.Person, Expires: l.now().Add(TokenLife)})
	return a, err
}

// Asked returns the login that waits under a code, for a person to decide on.
// Whoever types many wrong codes has to wait.
func (l *Logins) Asked(ctx context.Context, code string) (auth.DeviceLogin, error) {
	w, now := auth.Of(ctx), l.now()
	if err := decides(w); err != nil {
		return auth.DeviceLogin{}, err
	}
	if l.wrong.Full(w.Name, now) {
		return auth.DeviceLogin{}, busy("You typed too many wrong codes; try again in a minute.")
	}
	d, err := l.store.DeviceLoginOfCode(ctx, Code(code))
	if fault.KindOf(err) == fault.NotFound || err == nil && (!now.Before(d.Expires) || d.State != auth.DevicePending) {
		l.wrong.Another(w.Name, now)
		return auth.DeviceLogin{}, fault.New(fault.NotFound, "No program waits with the code “%s”. Codes are good for 10 minutes; start the login again.", code).In("code")
	}
	return d, err
}

// Settle lets the program of a code in as whoever acts, or refuses it.
func (l *Logins) Settle(ctx context.Context, code string, approve bool) (auth.DeviceLogin, error) {
	d, err := l.Asked(ctx, code)
	if err != nil {
		return d, err
	}
	d.State, d.Person = auth.DeviceDenied, auth.Of(ctx).Name
	if approve {
		d.State = auth.DeviceApproved
	}
	moved, err := l.store.MoveDeviceLogin(ctx, d.Code, auth.DevicePending, d.State, d.Person)
	if err == nil && !moved {
		return d, fault.New(fault.Conflict, "Somebody has decided on this code already.")
	}
	return d, err
}

// decides refuses who has no rights of their own to hand to a program: that
// takes a person in a session.
func decides(w auth.Who) error {
	switch {
	case w.By != "":
		return fault.New(fault.Denied, "%s looks at the pages as %s, which lets nothing in.", w.By, w.Name)
	case w.Session == "" || w.Token != "" || w.Name == auth.Installation.Name || w.Name == auth.Local.Name:
		return fault.New(fault.Denied, "A program is let in by a person: sign in with your name.")
	}
	return nil
}

func busy(sentence string) error {
	e := fault.New(fault.Unavailable, "%s", sentence)
	e.After = time.Minute
	return e
}

func newSecret() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // it never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// letters of codes make no words and look like no others.
const letters = "BCDFGHJKLMNPQRSTVWXZ"

func newCode() string {
	code := make([]byte, 8)
	for i := range code {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(letters)))) // it never fails
		code[i] = letters[n.Int64()]
	}
	return Code(string(code))
}

// Code returns a code as it is kept, from what a person typed: case, blanks and
// hyphens do not matter.
func Code(typed string) string {
	code := strings.Map(func(r rune) rune {
		if strings.ContainsRune(letters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(typed[:min(len(typed), 64)]))
	if len(code) != 8 {
		return code
	}
	return code[:4] + "-" + code[4:]
}
