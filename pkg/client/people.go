package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
)

// The vocabulary of access, as it stands in the API.
type (
	// A Person is somebody who may log in.
	Person = auth.Person
	// A Grant is a role over some jobs.
	Grant = auth.Grant
	// A Token lets a program do what its person may.
	Token = auth.Token
	// A Session is one login in one browser.
	Session = auth.Session
)

// A NewPerson asks for somebody to be let in.
type NewPerson struct {
	Name   string  `json:"name"`
	Title  string  `json:"title,omitempty"`
	Email  string  `json:"email,omitempty"`
	Grants []Grant `json:"grants,omitempty"`
}

// A PersonEdit is what is to change of a person; nil: it stays.
type PersonEdit struct {
	Title  *string  `json:"title,omitempty"`
	Email  *string  `json:"email,omitempty"`
	Grants *[]Grant `json:"grants,omitempty"`
}

// Invited is a person and the link with which they choose a password. It works
// once and for a day, and is told nowhere else.
type Invited struct {
	Person Person `json:"person"`
	Link   string `json:"link"`
}

// A NewToken asks for an API token.
type NewToken struct {
	Name    string    `json:"name"`             // what it is for
	Person  string    `json:"person,omitempty"` // whose it is; empty: one's own
	Grants  []Grant   `json:"grants,omitempty"` // what it is good for; none: all that the person may
	Expires time.Time `json:"expires,omitzero"` // zero: in 90 days
}

// A MadeToken is a new token with its secret, which is told nowhere else.
type MadeToken struct {
	Token  Token  `json:"token"`
	Secret string `json:"secret"`
}

// Whoami is who the server takes the sender of a request for.
type Whoami struct {
	Name    string   `json:"name"`
	Title   string   `json:"title,omitempty"`
	Via     string   `json:"via"`              // session, token, installation or local
	Grants  []Grant  `json:"grants"`           // of the person
	Within  []Grant  `json:"within,omitempty"` // what the token is good for, besides; none: all of it
	May     []string `json:"may"`              // grants, or within, in words
	Token   string   `json:"token,omitempty"`  // the id of the token
	Session string   `json:"session,omitempty"`
	By      string   `json:"by,omitempty"` // the superadmin who previews what that person sees
}

// A SelfEdit is what somebody changes of themselves; nil: it stays.
type SelfEdit struct {
	Email *string `json:"email,omitempty"` // empty takes it away
}

// Lists of access, as the API wraps them.
type (
	// PersonList is everybody who may log in.
	PersonList struct {
		People []Person `json:"people"`
	}
	// TokenList is the tokens of somebody, or of everybody.
	TokenList struct {
		Tokens []Token `json:"tokens"`
	}
	// SessionList is the sessions of somebody, or of everybody.
	SessionList struct {
		Sessions []Session `json:"sessions"`
	}
)

// Whoami returns who the server takes c for.
func (c *Client) Whoami(ctx context.Context) (Whoami, error) {
	return get[Whoami](ctx, c, path("whoami"), nil)
}

// EditSelf changes what somebody may change of themselves: where they are sent
// notices.
func (c *Client) EditSelf(ctx context.Context, e SelfEdit) (person Person, err error) {
	_, err = c.do(ctx, http.MethodPatch, path("whoami"), e, &person)
	return person, err
}

// People returns everybody who may log in.
func (c *Client) People(ctx context.Context) ([]Person, error) {
	list, err := get[PersonList](ctx, c, path("people"), nil)
	return list.People, err
}

// Person returns one of them.
func (c *Client) Person(ctx context.Context, name string) (Person, error) {
	return get[Person](ctx, c, path("people", name), nil)
}

// AddPerson adds a person, and returns the link with which they choose their
// password.
func (c *Client) AddPerson(ctx context.Context, n NewPerson) (Invited, error) {
	return post[Invited](ctx, c, path("people"), n)
}

// EditPerson changes a person.
func (c *Client) EditPerson(ctx context.Context, name string, e PersonEdit) (person Person, err error) {
	_, err = c.do(ctx, http.MethodPatch, path("people", name), e, &person)
	return person, err
}

// InvitePerson returns a new link with which a person chooses their password.
// The old password holds until then.
func (c *Client) InvitePerson(ctx context.Context, name string) (Invited, error) {
	return post[Invited](ctx, c, path("people", name, "invite"), nil)
}

// DisablePerson keeps a person out, and ends their sessions.
func (c *Client) DisablePerson(ctx context.Context, name string) (Person, error) {
	return post[Person](ctx, c, path("people", name, "disable"), nil)
}

// EnablePerson undoes [Client.DisablePerson].
func (c *Client) EnablePerson(ctx context.Context, name string) (Person, error) {
	return post[Person](ctx, c, path("people", name, "enable"), nil)
}

// Tokens returns the tokens of a person; "": one's own, "*": everybody's.
func (c *Client) Tokens(ctx context.Context, person string) ([]Token, error) {
	q := url.Values{}
	set(q, "person", person)
	list, err := get[TokenList](ctx, c, path("tokens"), q)
	return list.Tokens, err
}

// CreateToken makes an API token. Its secret is in this answer only.
func (c *Client) CreateToken(ctx context.Context, n NewToken) (MadeToken, error) {
	return post[MadeToken](ctx, c, path("tokens"), n)
}

// RevokeToken ends a token.
func (c *Client) RevokeToken(ctx context.Context, id string) (token Token, err error) {
	_, err = c.do(ctx, http.MethodDelete, path("tokens", id), nil, &token)
	return token, err
}

// Sessions returns the sessions of a person that have not ended; "": one's
// own, "*": everybody's.
func (c *Client) Sessions(ctx context.Context, person string) ([]Session, error) {
	q := url.Values{}
	set(q, "person", person)
	list, err := get[SessionList](ctx, c, path("sessions"), q)
	return list.Sessions, err
}

// EndSession ends a session.
func (c *Client) EndSession(ctx context.Context, id string) (session Session, err error) {
	_, err = c.do(ctx, http.MethodDelete, path("sessions", id), nil, &session)
	return session, err
}
