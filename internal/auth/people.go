package auth

import (
	"regexp"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// Where a person's identity comes from.
const (
	FromHere = "local" // a password that is kept here
	FromOIDC = "oidc"  // the provider, who also says what groups the person is in
)

// A Person is somebody who may log in.
type Person struct {
	Name     string     `json:"name"`  // what they log in with, and what jobs call them
	Title    string     `json:"title"` // as people call them
	Email    string     `json:"email,omitempty"`
	Source   string     `json:"source"`            // [FromHere] or [FromOIDC]
	Subject  string     `json:"subject,omitempty"` // the provider's own name of the person
	Grants   []Grant    `json:"grants"`
	Disabled bool       `json:"disabled,omitempty"`
	Invited  bool       `json:"invited,omitempty"` // has no password yet
	Created  time.Time  `json:"created"`
	Seen     *time.Time `json:"seen,omitempty"` // logged in last
}

// Who returns p as the sender of a request.
func (p Person) Who() Who { return Who{Name: p.Name, Title: p.Title, Grants: p.Grants} }

// names are what jobs, audit rows and addresses can all hold.
var names = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// Validate refuses a person whose name or grants make no sense.
func (p Person) Validate() error {
	switch {
	case !names.MatchString(p.Name):
		return fault.New(fault.Invalid, "The name %q must be 1 to 64 of a-z, 0-9, dot, dash, underscore and @, and begin with a letter or digit.", p.Name).In("name")
	case p.Name == Local.Name || p.Name == Nobody || p.Name == Installation.Name:
		return fault.New(fault.Invalid, "The name %q means something else here; take another.", p.Name).In("name")
	}
	return ValidGrants(p.Grants)
}

// patterns are the tasks of a grant.
var patterns = regexp.MustCompile(`^(|\*|[a-z0-9][a-z0-9._-]*(\.\*)?)$`)

// ValidGrants refuses grants that name no role, or tasks that no pattern is.
func ValidGrants(grants []Grant) error {
	for _, g := range grants {
		if !g.Role.Valid() {
			return fault.New(fault.Invalid, "There is no role %q; the roles are viewer, power-user, operator and superadmin.", g.Role).In("grants")
		}
		if !patterns.MatchString(g.Tasks) {
			return fault.New(fault.Invalid, "Tasks of a grant are a task or those that begin so, such as sis.*; %q is neither.", g.Tasks).In("grants")
		}
	}
	return nil
}

// Nobody is who the audit names for what was refused at the door.
const Nobody = "nobody"

// Installation is who comes with the token of the settings, which belongs to
// the installation and to no person.
var Installation = Who{Name: "token", Grants: []Grant{{Role: Superadmin}}}

// A Token lets a program do what its person may, within its own grants.
type Token struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`   // what it is for
	Person  string     `json:"person"` // whose it is
	Grants  []Grant    `json:"grants"` // what it is good for; never more than the person may
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Used    *time.Time `json:"used,omitempty"`    // last, to the minute
	Revoked *time.Time `json:"revoked,omitempty"` // no longer good since then
}

// A Session is one login of a person in one browser.
type Session struct {
	ID      string     `json:"id"` // not what the cookie holds
	Person  string     `json:"person"`
	Created time.Time  `json:"created"`
	Seen    time.Time  `json:"seen"`    // used last, to the minute
	Expires time.Time  `json:"expires"` // at the latest
	Ended   *time.Time `json:"ended,omitempty"`
	Agent   string     `json:"agent"` // the browser, as it calls itself
	Address string     `json:"address"`
	As      string     `json:"as,omitempty"` // the person whose view a superadmin previews
}
