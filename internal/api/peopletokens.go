package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// How long a token lives: unless it says otherwise, and at most.
const (
	tokenLife    = 90 * 24 * time.Hour
	maxTokenLife = 366 * 24 * time.Hour
)

// Tokens returns the tokens of a person, or of [Everybody].
func (p People) Tokens(ctx context.Context, person string) ([]auth.Token, error) {
	if err := p.looksAt(ctx, person); err != nil {
		return nil, err
	}
	return p.Access.Tokens(ctx, whose(person))
}

// NewToken makes a token of a person, or of whoever acts, and returns its
// secret, which is kept nowhere. It is good for its grants, or for all that
// whoever acts may, and never for more than the person may.
func (p People) NewToken(ctx context.Context, t auth.Token) (token auth.Token, secret string, err error) {
	w := auth.Of(ctx)
	if t.Person == "" {
		t.Person = w.Name
	}
	if t, err = p.readyToken(ctx, t); err != nil {
		return token, "", err
	}
	if token, secret, err = p.Access.NewToken(ctx, t); err != nil {
		return token, "", err
	}
	noteChange(ctx, nil, token)
	return token, secret, nil
}

// readyToken returns t as it is to be made, or why it may not be.
func (p People) readyToken(ctx context.Context, t auth.Token) (auth.Token, error) {
	w := auth.Of(ctx)
	if w.By != "" {
		return t, preview(w)
	}
	if err := p.looksAt(ctx, t.Person); err != nil {
		return t, err
	}
	person, err := p.Access.Person(ctx, t.Person)
	if fault.KindOf(err) == fault.NotFound {
		return t, fault.New(fault.Invalid, "Tokens belong to people, and %s is none; say whose it is to be.", t.Person).In("person")
	}
	if err != nil {
		return t, err
	}
	if len(t.Grants) == 0 && w.Within != nil {
		t.Grants = w.Within
	}
	if len(t.Grants) == 0 && w.Within != nil {
		return t, fault.New(fault.Denied, "The token that asks is good for nothing, and so would be the new one.")
	}
	if err := p.checkGrants(ctx, w, t.Grants); err != nil {
		return t, err
	}
	if err := p.checkGrants(ctx, person.Who(), t.Grants); err != nil {
		return t, err
	}
	return p.datedToken(t)
}

// datedToken gives t its name and its time, or refuses them.
func (p People) datedToken(t auth.Token) (auth.Token, error) {
	now := p.Now()
	if t.Name = strings.TrimSpace(t.Name); t.Name == "" {
		return t, fault.New(fault.Invalid, "Field name is required: what the token is for.").In("name")
	}
	if len(t.Name) > maxTitle || !isLine(t.Name) {
		return t, fault.New(fault.Invalid, "Field name must be one line of at most %d bytes.", maxTitle).In("name")
	}
	if t.Expires.IsZero() {
		t.Expires = now.Add(tokenLife)
	}
	if !t.Expires.After(now) || t.Expires.Sub(now) > maxTokenLife {
		return t, fault.New(fault.Invalid, "Field expires must be a time from now on, within 366 days.").In("expires")
	}
	return t, nil
}

// RevokeToken ends a token of whoever acts, or of anybody for those who
// administer everything.
func (p People) RevokeToken(ctx context.Context, id string) (auth.Token, error) {
	before, err := ownOf(ctx, p, p.Tokens, func(t auth.Token) bool { return t.ID == id }, "There is no token %s of yours.", id)
	if err != nil {
		return before, err
	}
	if before.Revoked != nil {
		return before, fault.New(fault.Conflict, "The token %s is revoked already.", id)
	}
	if err := p.Access.RevokeToken(ctx, id); err != nil {
		return before, err
	}
	after := before
	after.Revoked = new(p.Now())
	noteChange(ctx, before, after)
	return after, nil
}

// Sessions returns the sessions of a person, or of [Everybody], that have not
// ended; the one that was used last first.
func (p People) Sessions(ctx context.Context, person string) ([]auth.Session, error) {
	if err := p.looksAt(ctx, person); err != nil {
		return nil, err
	}
	all, err := p.Access.Sessions(ctx, whose(person))
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(s auth.Session) bool { return s.Ended != nil || !p.Now().Before(s.Expires) })
	slices.SortStableFunc(all, func(a, b auth.Session) int { return b.Seen.Compare(a.Seen) })
	return all, nil
}

// EndSession ends a session of whoever acts, or of anybody for those who
// administer everything.
func (p People) EndSession(ctx context.Context, id string) (auth.Session, error) {
	before, err := ownOf(ctx, p, p.Sessions, func(s auth.Session) bool { return s.ID == id }, "There is no such session of yours; it may have ended.")
	if err != nil {
		return before, err
	}
	if err := p.Access.EndSession(ctx, id); err != nil {
		return before, err
	}
	after := before
	after.Ended = new(p.Now())
	noteChange(ctx, before, after)
	return after, nil
}

// ownOf returns what is to be ended, if it belongs to whoever acts, or they
// administer everything. To others it does not exist.
func ownOf[T any](ctx context.Context, p People, list func(context.Context, string) ([]T, error), fits func(T) bool, missing string, args ...any) (one T, err error) {
	w := auth.Of(ctx)
	if w.By != "" {
		return one, preview(w)
	}
	if err := p.somebody(ctx); err != nil {
		return one, err
	}
	person := w.Name
	if w.Everywhere(auth.Administer) {
		person = Everybody
	}
	all, err := list(ctx, person)
	if err != nil {
		return one, err
	}
	one, found := find(all, fits)
	if !found {
		return one, fault.New(fault.NotFound, missing, args...)
	}
	return one, nil
}
