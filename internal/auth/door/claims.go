package door

import (
	"cmp"
	"context"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// claims are what a provider says of a person.
type claims struct {
	Subject string
	Name    string // for logging in
	Title   string
	Email   string
	Groups  []string
}

// complete reports whether nothing more need be asked.
func (c claims) complete() bool { return c.Name != "" && len(c.Groups) > 0 }

// read adds what a token or the user info says. What is not text is left out;
// the groups are a list, or one text.
func (c *claims) read(from func(any) error, groups string) error {
	var all map[string]any
	if err := from(&all); err != nil {
		return fmt.Errorf("read the claims: %w", err)
	}
	text := func(name string) string { s, _ := all[name].(string); return s }
	c.Name = cmp.Or(text("preferred_username"), c.Name, text("email"))
	c.Title = cmp.Or(head(text("name"), 200), c.Title)
	if a, err := mail.ParseAddress(text("email")); err == nil && len(a.Address) <= 200 {
		c.Email = a.Address
	}
	switch list := all[groups].(type) {
	case string:
		c.Groups = []string{list}
	case []any:
		c.Groups = nil
		for _, g := range list {
			if s, ok := g.(string); ok {
				c.Groups = append(c.Groups, s)
			}
		}
	}
	return nil
}

// grants returns what the groups may do here.
func (p *Provider) grants(groups []string) (grants []auth.Grant) {
	for _, r := range p.Roles {
		if slices.Contains(groups, r.Group) && !slices.Contains(grants, r.Grant) {
			grants = append(grants, r.Grant)
		}
	}
	return grants
}

// welcome returns the name of the person here, who is added at the first time
// and has the grants of their groups from then on.
func (d *Door) welcome(ctx context.Context, c claims) (name string, err error) {
	grants := d.Provider.grants(c.Groups)
	p, err := d.Store.PersonOfSubject(ctx, d.Provider.Issuer, c.Subject)
	if fault.KindOf(err) == fault.NotFound {
		return d.addOf(ctx, c, grants)
	}
	if err != nil {
		return "", err
	}
	edit := func(p auth.Person) (auth.Person, error) {
		if p.Disabled {
			return p, fault.New(fault.Denied, "This account is disabled. Ask a superadmin.")
		}
		p.Title, p.Email, p.Grants = cmp.Or(c.Title, p.Title), cmp.Or(c.Email, p.Email), grants
		return p, nil
	}
	if err := d.Store.EditPerson(ctx, p.Name, edit, func(_, _ []auth.Person) error { return nil }); err != nil {
		return "", err
	}
	if len(grants) == 0 {
		d.try(ctx, "end sessions", d.Store.EndSessions(ctx, p.Name, d.Now()))
		return "", d.Provider.noGroup(c.Groups)
	}
	return p.Name, nil
}

// noGroup says which groups were seen, so that whoever keeps the settings can
// tell what is missing.
func (p *Provider) noGroup(groups []string) error {
	seen := "no groups"
	if len(groups) > 0 {
		short := make([]string, 0, 20)
		for _, g := range groups[:min(len(groups), 20)] {
			short = append(short, fmt.Sprintf("%q", head(g, 60)))
		}
		seen = "the groups " + strings.Join(short, ", ")
	}
	return fault.New(fault.Denied, "%s says that you are in %s, and none of them may do anything here. Ask whoever keeps the settings for access.oidc.roles.", p.Name, seen)
}

// addOf adds somebody of the provider under a name that is free. A name never
// joins them with somebody who is here already: names are not proof.
func (d *Door) addOf(ctx context.Context, c claims, grants []auth.Grant) (string, error) {
	if len(grants) == 0 {
		return "", d.Provider.noGroup(c.Groups)
	}
	now := d.Now()
	p := auth.Person{Title: c.Title, Email: c.Email, Source: auth.FromOIDC, Subject: c.Subject, Grants: grants, Created: now, Seen: &now}
	for i := 1; i < 100; i++ {
		p.Name = nameOf(c.Name, i)
		if p.Validate() != nil {
			continue
		}
		if err := d.Store.AddPerson(ctx, p, d.Provider.Issuer); fault.KindOf(err) != fault.Conflict {
			return p.Name, err
		}
	}
	return "", fault.New(fault.Conflict, "There are too many people called %s already.", nameOf(c.Name, 1))
}

// notInNames is what names cannot hold.
var notInNames = regexp.MustCompile(`[^a-z0-9._@-]+`)

// nameOf makes a name that jobs can hold: the i-th choice for what a provider
// calls somebody.
func nameOf(said string, i int) string {
	name := strings.TrimLeft(notInNames.ReplaceAllString(strings.ToLower(said), "-"), "._@-")
	name = cmp.Or(name, "person")
	end := ""
	if i > 1 {
		end = fmt.Sprintf("-%d", i)
	}
	return name[:min(len(name), 64-len(end))] + end
}
