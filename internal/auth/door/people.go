package door

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// linkLife is how long a one-time link is good.
const linkLife = 24 * time.Hour

// People returns everybody who may log in.
func (d *Door) People(ctx context.Context) ([]auth.Person, error) { return d.Store.People(ctx) }

// Person returns one of them.
func (d *Door) Person(ctx context.Context, name string) (auth.Person, error) {
	return d.Store.Person(ctx, name)
}

// AddPerson adds somebody with a password of their own, which they set with the
// link.
func (d *Door) AddPerson(ctx context.Context, p auth.Person) (link string, err error) {
	p.Source, p.Subject, p.Created, p.Seen = auth.FromHere, "", d.Now(), nil
	if err := validPerson(p); err != nil {
		return "", err
	}
	if !d.Passwords {
		return "", fault.New(fault.Conflict, "Nobody has a password here: the settings do not say access.people.")
	}
	if err := d.Store.AddPerson(ctx, p, ""); err != nil {
		return "", err
	}
	return d.newLink(ctx, p.Name)
}

func validPerson(p auth.Person) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if a, err := mail.ParseAddress(p.Email); p.Email != "" && (err != nil || a.Address != p.Email) {
		return fault.New(fault.Invalid, "%q is no e-mail address.", p.Email).In("email")
	}
	if len(p.Title) > 200 || len(p.Email) > 200 {
		return fault.New(fault.Invalid, "Titles and addresses have at most 200 bytes.").In("title")
	}
	return nil
}

// newLink makes a one-time link for a person; "": for the first superadmin.
func (d *Door) newLink(ctx context.Context, person string) (string, error) {
	secret := newSecret()
	return "/setup/" + secret, d.Store.AddLink(ctx, hashOf(secret), person, d.Now().Add(linkLife))
}

// EditPerson changes a person. What somebody of a provider may do is said by
// their groups there.
func (d *Door) EditPerson(ctx context.Context, name string, e auth.PersonEdit) (was, is auth.Person, err error) {
	edit := func(p auth.Person) (auth.Person, error) { return edited(p, e) }
	err = d.Store.EditPerson(ctx, name, edit, func(before, after []auth.Person) error {
		was, is = called(before, name), called(after, name)
		return someoneStays(before, after)
	})
	if err == nil && is.Disabled {
		err = d.Store.EndSessions(ctx, name, d.Now())
	}
	return was, is, err
}

// edited returns p with what e changes, unless that cannot be.
func edited(p auth.Person, e auth.PersonEdit) (auth.Person, error) {
	after := e.Apply(p)
	if p.Source != auth.FromHere && !slices.Equal(p.Grants, after.Grants) {
		return p, fault.New(fault.Conflict, "%s logs in at the provider, whose groups say what they may do.", p.Name).In("grants")
	}
	return after, validPerson(after)
}

// called returns the one of them who has that name.
func called(people []auth.Person, name string) (p auth.Person) {
	if i := slices.IndexFunc(people, func(p auth.Person) bool { return p.Name == name }); i >= 0 {
		p = people[i]
	}
	return p
}

// someoneStays refuses a change after which nobody can administer any more.
func someoneStays(before, after []auth.Person) error {
	if slices.ContainsFunc(before, administers) && !slices.ContainsFunc(after, administers) {
		return fault.New(fault.Conflict, "Nobody would be left who is a superadmin everywhere and can log in.")
	}
	return nil
}

func administers(p auth.Person) bool {
	return !p.Disabled && !p.Invited && p.Who().Everywhere(auth.Administer)
}

// Invite makes a new link for a person's password.
func (d *Door) Invite(ctx context.Context, name string) (link string, err error) {
	p, err := d.Store.Person(ctx, name)
	switch {
	case err != nil:
		return "", err
	case p.Source != auth.FromHere:
		return "", fault.New(fault.Conflict, "%s logs in at the provider and has no password here.", name)
	case p.Disabled:
		return "", fault.New(fault.Conflict, "%s is disabled.", name)
	}
	return d.newLink(ctx, name)
}

// First returns a link for the first superadmin, or "" if there is somebody.
func (d *Door) First(ctx context.Context) (link string, err error) {
	people, err := d.Store.People(ctx)
	if err != nil || len(people) > 0 || !d.Passwords {
		return "", err
	}
	return d.newLink(ctx, "")
}

// Link returns whose link has that secret, if it is still good; "": that of
// the first superadmin. address is where it is opened.
func (d *Door) Link(ctx context.Context, secret, address string) (person string, err error) {
	person, err = d.link(ctx, secret)
	d.tell(ctx, auth.Refusal{Way: auth.ByLink, Address: address}, err)
	return person, err
}

// LinkIsGood reports whether a link with that secret would be taken. It is, too,
// if nobody can tell at the moment.
func (d *Door) LinkIsGood(ctx context.Context, secret string) bool {
	_, err := d.link(ctx, secret)
	return fault.KindOf(err) != fault.NotFound
}

func (d *Door) link(ctx context.Context, secret string) (person string, err error) {
	return d.Store.Link(ctx, hashOf(secret), d.Now())
}

// SetUp uses a link: its person has that password from then on. name is asked
// only of the first superadmin, who chooses it.
func (d *Door) SetUp(ctx context.Context, secret, name, password string) error {
	person, err := d.link(ctx, secret)
	if err != nil {
		return err
	}
	if person != "" {
		name = person
	}
	first := auth.Person{Name: strings.ToLower(strings.TrimSpace(name)), Source: auth.FromHere, Created: d.Now(), Grants: []auth.Grant{{Role: auth.Superadmin}}}
	if err := first.Validate(); person == "" && err != nil {
		return err
	}
	if err := validPassword(name, password); err != nil {
		return err
	}
	hash, err := d.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	if person == "" {
		return d.Store.SetUpFirst(ctx, hashOf(secret), first, hash)
	}
	return d.Store.SetUp(ctx, hashOf(secret), person, hash, d.Now())
}

// ChangePassword changes the password of somebody who knows the old one, and
// ends their other sessions. Wrong ones count as wrong logins.
func (d *Door) ChangePassword(ctx context.Context, name, before, password string) error {
	if err := validPassword(name, password); err != nil {
		return err
	}
	if len(before) > longest {
		return fault.New(fault.Denied, "The old password is another one.").In("old")
	}
	if err := d.takeTry(ctx, name); err != nil {
		return err
	}
	hash, err := d.Store.Password(ctx, name)
	if err != nil {
		return err
	}
	right, err := d.hasher.check(ctx, hash, before)
	if err != nil {
		return err
	}
	if !right {
		return fault.New(fault.Denied, "The old password is another one.").In("old")
	}
	anew, err := d.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	ok, err := d.Store.SetPassword(ctx, name, hash, anew)
	if err == nil && !ok {
		return fault.New(fault.Conflict, "The password was changed by somebody else at this moment.")
	}
	if err != nil {
		return err
	}
	d.try(ctx, "forget wrong logins", d.Store.Forgive(ctx, name))
	return d.endOthers(ctx, name)
}

// endOthers ends the sessions of a person but the one that acts: whoever else
// knew the old password is out.
func (d *Door) endOthers(ctx context.Context, name string) error {
	all, err := d.Store.Sessions(ctx, name)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Ended != nil || s.ID == auth.Of(ctx).Session {
			continue
		}
		if err := d.EndSession(ctx, s.ID); err != nil {
			return err
		}
	}
	return nil
}
