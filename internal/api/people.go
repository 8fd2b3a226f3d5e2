package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// People is who may log in and with what, as far as whoever acts may see and
// change it. The API and the pages both ask here, so that they refuse alike.
//
// People and what belongs to others are for those who administer everything.
// What is one's own, such as tokens and sessions, is for everybody who is
// somebody. Nobody gives rights that they do not have.
type People struct {
	Access  Access // nil: no people are kept
	Clients interface {
		Client(ctx context.Context, name string) (job.Client, error)
	}
	Now func() time.Time
}

// Everybody asks for what belongs to all people, in place of a name.
const Everybody = "*"

// All returns everybody who may log in.
func (p People) All(ctx context.Context) ([]auth.Person, error) {
	if err := p.administers(ctx); err != nil {
		return nil, err
	}
	return p.Access.People(ctx)
}

// Person returns one of them.
func (p People) Person(ctx context.Context, name string) (auth.Person, error) {
	if err := p.looksAt(ctx, name); err != nil {
		return auth.Person{}, err
	}
	return p.Access.Person(ctx, name)
}

// Add adds a person, and returns the path of the link with which they choose
// their password.
func (p People) Add(ctx context.Context, person auth.Person) (added auth.Person, link string, err error) {
	if err := p.mayChange(ctx); err != nil {
		return added, "", err
	}
	person.Source, person.Created, person.Title, person.Email = auth.FromHere, p.Now(), strings.TrimSpace(person.Title), strings.TrimSpace(person.Email)
	if err := p.check(ctx, person); err != nil {
		return added, "", err
	}
	if link, err = p.Access.AddPerson(ctx, person); err != nil {
		return added, "", err
	}
	if added, err = p.Access.Person(ctx, person.Name); err != nil {
		return added, "", err
	}
	noteChange(ctx, nil, added)
	return added, link, nil
}

// Edit changes a person.
func (p People) Edit(ctx context.Context, name string, e auth.PersonEdit) (auth.Person, error) {
	if err := p.mayChange(ctx); err != nil {
		return auth.Person{}, err
	}
	before, err := p.Access.Person(ctx, name)
	if err != nil {
		return auth.Person{}, err
	}
	if err := p.check(ctx, e.Apply(before)); err != nil {
		return auth.Person{}, err
	}
	before, after, err := p.Access.EditPerson(ctx, name, e)
	if err != nil {
		return auth.Person{}, err
	}
	noteChange(ctx, before, after)
	return after, nil
}

// Invite returns the path of a new link for somebody's password.
func (p People) Invite(ctx context.Context, name string) (link string, err error) {
	if err := p.mayChange(ctx); err != nil {
		return "", err
	}
	person, err := p.Access.Person(ctx, name)
	switch {
	case err != nil:
		return "", err
	case person.Source != auth.FromHere:
		return "", fault.New(fault.Conflict, "%s signs in at the provider, and has no password here.", name)
	case person.Disabled:
		return "", fault.New(fault.Conflict, "%s is disabled; enable them first.", name)
	}
	return p.Access.Invite(ctx, name)
}

// SeeAs lets whoever acts see the pages as that person does, without changing
// anything.
func (p People) SeeAs(ctx context.Context, name string) error {
	if err := p.mayChange(ctx); err != nil {
		return err
	}
	session := auth.Of(ctx).Session
	if session == "" {
		return fault.New(fault.Conflict, "Seeing the pages as somebody else takes a session of your own: sign in as a person.")
	}
	person, err := p.Access.Person(ctx, name)
	if err != nil {
		return err
	}
	if person.Disabled {
		return fault.New(fault.Conflict, "%s is disabled, and sees nothing.", name)
	}
	return p.Access.SeeAs(ctx, session, name)
}

// ChangePassword changes the password of whoever acts.
func (p People) ChangePassword(ctx context.Context, old, password string) error {
	if err := p.somebody(ctx); err != nil {
		return err
	}
	w := auth.Of(ctx)
	switch {
	case w.By != "":
		return preview(w)
	case w.Session == "":
		return fault.New(fault.Denied, "A password is changed by whoever is signed in with it, and not with a token.")
	}
	return p.Access.ChangePassword(ctx, w.Name, old, password)
}

// ChangeEmail changes where whoever acts is sent notices. That of those who sign
// in at the provider comes from there.
func (p People) ChangeEmail(ctx context.Context, email string) error {
	if err := p.somebody(ctx); err != nil {
		return err
	}
	w := auth.Of(ctx)
	switch {
	case w.By != "":
		return preview(w)
	case w.Session == "" && (w.Token == "" || w.Within != nil):
		return fault.New(fault.Denied, "An e-mail address is changed by whoever is signed in, or with a token that is good for all that its person may.")
	}
	before, err := p.Access.Person(ctx, w.Name)
	if err != nil {
		return err
	}
	if before.Source != auth.FromHere {
		return fault.New(fault.Conflict, "Your e-mail address comes from the provider; change it there.").In("email")
	}
	e := auth.PersonEdit{Email: &email}
	if err := checkEmail(e.Apply(before).Email); err != nil {
		return err
	}
	before, after, err := p.Access.EditPerson(ctx, w.Name, e)
	if err != nil {
		return err
	}
	noteChange(ctx, before, after)
	return nil
}

// checkEmail refuses what is no e-mail address; none is one.
func checkEmail(email string) error {
	if email != "" && (len(email) > maxTitle || strings.Count(email, "@") != 1 || strings.ContainsAny(email, " \t\r\n<>,;")) {
		return fault.New(fault.Invalid, "Field email must be one address, such as paul@example.edu.").In("email")
	}
	return nil
}

// check refuses a person who makes no sense, or who would have more rights than
// whoever gives them.
func (p People) check(ctx context.Context, person auth.Person) error {
	if err := person.Validate(); err != nil {
		return err
	}
	if err := checkTitle(person.Title); err != nil {
		return err
	}
	if err := checkEmail(person.Email); err != nil {
		return err
	}
	return p.checkGrants(ctx, auth.Of(ctx), person.Grants)
}

// maxGrants is more than anybody needs.
const maxGrants = 50

// checkGrants refuses grants that make no sense, and those that giver lacks.
func (p People) checkGrants(ctx context.Context, giver auth.Who, grants []auth.Grant) error {
	if len(grants) > maxGrants {
		return fault.New(fault.Invalid, "There are %d grants; %d are the most.", len(grants), maxGrants).In("grants")
	}
	if err := auth.ValidGrants(grants); err != nil {
		return err
	}
	for _, g := range grants {
		if !giver.MayGive(g) {
			return fault.New(fault.Denied, "%s may not give “%s”: nobody gives rights that they do not have.", giver.Name, g).In("grants")
		}
		if err := p.checkClient(ctx, g.Client); err != nil {
			return err
		}
	}
	return nil
}

func (p People) checkClient(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	_, err := p.Clients.Client(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Invalid, "There is no client %s; jobctl clients lists them.", name).In("grants")
	}
	return err
}

// kept refuses where no people are kept.
func (p People) kept() error {
	if p.Access == nil {
		return fault.New(fault.Conflict, "This server keeps no people; the setting access.people has it do so.")
	}
	return nil
}

// administers refuses everybody who does not administer everything.
func (p People) administers(ctx context.Context) error {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return p.kept()
}

// mayChange is administers for what changes something.
func (p People) mayChange(ctx context.Context) error {
	if w := auth.Of(ctx); w.By != "" {
		return preview(w)
	}
	return p.administers(ctx)
}

// somebody refuses nobody.
func (p People) somebody(ctx context.Context) error {
	if err := auth.NeedLogin.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return p.kept()
}

// looksAt refuses who may not see what belongs to a person.
func (p People) looksAt(ctx context.Context, name string) error {
	if name != "" && name == auth.Of(ctx).Name {
		return p.somebody(ctx)
	}
	return p.administers(ctx)
}

func preview(w auth.Who) error {
	return fault.New(fault.Denied, "%s looks at the pages as %s, which changes nothing; end that first.", w.By, w.Name)
}

// whose is the name for which [Access] is asked: nothing for everybody.
func whose(name string) string {
	if name == Everybody {
		return ""
	}
	return name
}

// find returns the one of a list that fits.
func find[T any](all []T, fits func(T) bool) (one T, found bool) {
	i := slices.IndexFunc(all, fits)
	if i < 0 {
		return one, false
	}
	return all[i], true
}
