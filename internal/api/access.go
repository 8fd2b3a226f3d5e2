package api

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/auth"
)

// Access is people and what lets them in. It keeps its promises whoever asks;
// whether somebody may ask is for the faces to check.
type Access interface {
	People(ctx context.Context) ([]auth.Person, error)
	Person(ctx context.Context, name string) (auth.Person, error)

	// AddPerson adds somebody who has no password yet, and returns the path of
	// the link with which they set one. The link works once, for a day.
	AddPerson(ctx context.Context, p auth.Person) (link string, err error)

	// EditPerson changes what e says of a person, and leaves what else others
	// change at this moment. Who is disabled has no sessions any more. It refuses
	// to leave nobody who is a superadmin everywhere and can log in.
	EditPerson(ctx context.Context, name string, e auth.PersonEdit) (was, is auth.Person, err error)

	// Invite returns the path of a new link for somebody's password. The old
	// password and the sessions end when it is used.
	Invite(ctx context.Context, name string) (link string, err error)

	// ChangePassword ends the person's sessions but the one that acts.
	ChangePassword(ctx context.Context, name, old, password string) error

	// Tokens returns those of a person; "": of everybody.
	Tokens(ctx context.Context, person string) ([]auth.Token, error)

	// NewToken makes a token, and returns the secret that is kept nowhere. No
	// grants mean all that the person may; it is never good for more than that.
	NewToken(ctx context.Context, t auth.Token) (token auth.Token, secret string, err error)
	RevokeToken(ctx context.Context, id string) error

	// Sessions returns those of a person, ended ones too; "": of everybody.
	Sessions(ctx context.Context, person string) ([]auth.Session, error)
	EndSession(ctx context.Context, id string) error

	// SeeAs lets the session of a superadmin see the pages as a person sees
	// them, without changing anything. "" ends it.
	SeeAs(ctx context.Context, session, person string) error
}
