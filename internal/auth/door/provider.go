package door

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// A Provider is where people log in with an identity of elsewhere, by OpenID
// Connect: the code flow with PKCE.
type Provider struct {
	Name     string // as people call it
	Issuer   string // its URL
	ClientID string
	Secret   string // of the client
	Callback string // the URL of ours to which it sends people back

	// Claim is the one that lists the groups of a person, and Roles are what
	// the groups may do here.
	Claim string
	Roles []GroupRole

	mu    sync.Mutex
	found *oidc.Provider
}

// A GroupRole is what the members of a group of the provider may do.
type GroupRole struct {
	Group string
	auth.Grant
}

// patience is how long the provider has for one answer.
const patience = 10 * time.Second

// tripLife is how long somebody may be at the provider.
const tripLife = 10 * time.Minute

// A trip is what is remembered, in a cookie, of somebody who is at the
// provider: what its answer must fit to.
type trip struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Next     string    `json:"next"`
	Ends     time.Time `json:"ends"`
}

func (t trip) pack() (string, error) {
	raw, err := json.Marshal(t)
	return base64.RawURLEncoding.EncodeToString(raw), err
}

// errTrip is what an answer is told that nobody here asked for.
var errTrip = fault.New(fault.Denied, "This sign-in was not begun here, or took too long. Begin again.")

func unpack(text string) (t trip, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &t)
	}
	if err != nil || t.State == "" || t.Nonce == "" || t.Verifier == "" {
		return t, errTrip
	}
	return t, nil
}

// client is what asks the provider.
var client = &http.Client{Timeout: patience}

// find looks up what the provider can do, when it is first needed: it may be
// away when we start.
func (p *Provider) find(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), client), p.Issuer)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "%s does not answer as a provider of OpenID Connect does. Try again in a moment.", p.Name).Because(err)
	}
	p.found = found
	return found, nil
}

func (p *Provider) oauth(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: found.Endpoint(), RedirectURL: p.Callback,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}
}

// ToProvider returns where to send somebody who wants to log in at the
// provider, and what to keep in a cookie meanwhile. next is where they want to
// go afterwards.
func (d *Door) ToProvider(ctx context.Context, next string) (address, cookie string, err error) {
	if d.Provider == nil {
		return "", "", fault.New(fault.NotFound, "There is no provider to sign in with.")
	}
	found, err := d.Provider.find(ctx)
	if err != nil {
		return "", "", err
	}
	t := trip{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next, Ends: d.Now().Add(tripLife)}
	if cookie, err = t.pack(); err != nil {
		return "", "", err
	}
	return d.Provider.oauth(found).AuthCodeURL(t.State, oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier)), cookie, nil
}

// FromProvider begins a session of somebody who comes back from the provider
// with its answer. It returns where they wanted to go, besides.
func (d *Door) FromProvider(ctx context.Context, cookie string, answer url.Values, agent, address string) (session, next string, err error) {
	t, c, err := d.answered(ctx, cookie, answer)
	person := ""
	if err == nil {
		person, err = d.welcome(ctx, c)
	}
	if err != nil {
		d.tell(ctx, auth.Refusal{Way: auth.ByProvider, Name: c.Name, Address: address}, err)
		return "", "", err
	}
	session, _, err = d.begin(ctx, person, "", agent, address)
	return session, t.Next, err
}

// answered returns what the provider says of somebody who comes back, if they
// left from here.
func (d *Door) answered(ctx context.Context, cookie string, answer url.Values) (t trip, c claims, err error) {
	if d.Provider == nil {
		return t, c, errTrip
	}
	if t, err = unpack(cookie); err != nil {
		return t, c, err
	}
	if subtle.ConstantTimeCompare([]byte(t.State), []byte(answer.Get("state"))) != 1 || d.Now().After(t.Ends) {
		return t, c, errTrip
	}
	if said := answer.Get("error"); said != "" {
		return t, c, fault.New(fault.Denied, "%s did not let you in: %s.", d.Provider.Name, head(said, 100))
	}
	c, err = d.claims(ctx, t, answer.Get("code"))
	return t, c, err
}

// errAnswer is what an answer is told that cannot be believed.
func (p *Provider) errAnswer(err error) error {
	return fault.New(fault.Denied, "What %s answered cannot be believed. Begin again.", p.Name).Because(err)
}

// claims exchanges a code for what the provider says of the person.
func (d *Door) claims(ctx context.Context, t trip, code string) (claims, error) {
	p := d.Provider
	ctx = oidc.ClientContext(ctx, client)
	found, err := p.find(ctx)
	if err != nil {
		return claims{}, err
	}
	tokens, err := p.oauth(found).Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if err != nil {
		return claims{}, p.errAnswer(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: d.Now}).Verify(ctx, raw)
	if err != nil {
		return claims{}, p.errAnswer(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.Nonce)) != 1 {
		return claims{}, p.errAnswer(nil)
	}
	c := claims{Subject: id.Subject}
	if err := c.read(id.Claims, p.Claim); err != nil {
		return c, p.errAnswer(err)
	}
	if c.complete() || found.UserInfoEndpoint() == "" {
		return c, nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil || info.Subject != id.Subject {
		return c, p.errAnswer(err)
	}
	if err := c.read(info.Claims, p.Claim); err != nil {
		return c, p.errAnswer(err)
	}
	return c, nil
}
