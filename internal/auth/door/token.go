package door

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// longestToken is how long a token is good for at most.
const longestToken = 366 * 24 * time.Hour

// tokenPrefix begins every API token, so that a search for leaked secrets finds
// them: beadle_<id>_<secret>.
const tokenPrefix = "beadle_"

// Tokens returns those of a person, or of everybody.
func (d *Door) Tokens(ctx context.Context, person string) ([]auth.Token, error) {
	return d.Store.Tokens(ctx, person)
}

// NewToken makes a token for a person who may log in. It needs an end, and is
// refused more than the person may.
func (d *Door) NewToken(ctx context.Context, t auth.Token) (token auth.Token, secret string, err error) {
	if err := d.validToken(ctx, t); err != nil {
		return t, "", err
	}
	t.ID, t.Created, t.Used, t.Revoked = strings.ToLower(rand.Text()[:12]), d.Now(), nil, nil
	secret = newSecret()
	if err := d.Store.AddToken(ctx, t, hashOf(secret)); err != nil {
		return t, "", err
	}
	return t, tokenPrefix + t.ID + "_" + secret, nil
}

func (d *Door) validToken(ctx context.Context, t auth.Token) error {
	left := t.Expires.Sub(d.Now())
	switch {
	case strings.TrimSpace(t.Name) == "" || len(t.Name) > 100:
		return fault.New(fault.Invalid, "Say in a few words what the token is for.").In("name")
	case t.Expires.IsZero() || left <= 0 || left > longestToken:
		return fault.New(fault.Invalid, "A token ends some day, at most 366 days from now.").In("expires")
	}
	p, err := d.Store.Person(ctx, t.Person)
	if err != nil {
		return err
	}
	if p.Disabled {
		return fault.New(fault.Conflict, "%s is disabled and can have no new tokens.", p.Name).In("person")
	}
	if err := auth.ValidGrants(t.Grants); err != nil {
		return err
	}
	for _, g := range t.Grants {
		if !p.Who().MayGive(g) {
			return fault.New(fault.Denied, "%s may not do all that %q gives, so that a token cannot either.", p.Name, g).In("grants")
		}
	}
	return nil
}

// RevokeToken makes a token good for nothing.
func (d *Door) RevokeToken(ctx context.Context, id string) error {
	_, hash, err := d.Store.Token(ctx, id)
	if err != nil {
		return err
	}
	d.memory.forget(hash)
	return d.Store.RevokeToken(ctx, id, d.Now())
}

// errToken is what a token is told that is not known.
var errToken = fault.New(fault.Denied, "This token is not known here.")

// WhoOfToken returns whose token it is, with what it is good for. The token of
// the installation is known as well. believe is as in [Door.WhoOfSession].
func (d *Door) WhoOfToken(ctx context.Context, token string, believe bool) (auth.Who, error) {
	if d.isInstallation(token) {
		return auth.Installation, nil
	}
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	id, secret, both := strings.Cut(rest, "_")
	if !ok || !both {
		return auth.Who{}, errToken
	}
	hash := hashOf(secret)
	return d.remembering(hash, believe, func() (auth.Who, error) { return d.whoOfToken(ctx, id, hash) })
}

func (d *Door) whoOfToken(ctx context.Context, id, hash string) (w auth.Who, err error) {
	t, want, err := d.Store.Token(ctx, id)
	if fault.KindOf(err) == fault.NotFound || err == nil && subtle.ConstantTimeCompare([]byte(hash), []byte(want)) != 1 {
		return w, errToken
	}
	if err != nil {
		return w, err
	}
	now := d.Now()
	switch {
	case t.Revoked != nil:
		return w, refused(t.Person, "token "+t.ID+" was revoked", "This token was revoked. Make a new one.")
	case !now.Before(t.Expires):
		return w, refused(t.Person, "token "+t.ID+" has expired", "This token has expired. Make a new one.")
	}
	if w, err = d.owner(ctx, t.Person, false); err != nil {
		return auth.Who{}, err
	}
	if t.Used == nil || now.Sub(*t.Used) >= time.Minute {
		d.try(ctx, "keep the use of a token", d.Store.UseToken(ctx, t.ID, now))
	}
	w.Token = t.ID
	if len(t.Grants) > 0 {
		w.Within = t.Grants
	}
	return w, nil
}
