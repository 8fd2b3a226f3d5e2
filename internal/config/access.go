package config

import (
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// Access says how people log in, besides with the token of the installation.
type Access struct {
	People      bool          `yaml:"people" env:"PEOPLE"`             // have passwords that are kept here
	SessionIdle time.Duration `yaml:"session_idle" env:"SESSION_IDLE"` // how long one may be unused
	SessionMax  time.Duration `yaml:"session_max" env:"SESSION_MAX"`   // how long one lasts at most
	OIDC        OIDC          `yaml:"oidc"`
}

// OIDC is a provider of OpenID Connect where people log in.
type OIDC struct {
	Name             string     `yaml:"name"` // as people call it
	Issuer           string     `yaml:"issuer"`
	ClientID         string     `yaml:"client_id"`
	ClientSecretFile string     `yaml:"client_secret_file"`
	GroupsClaim      string     `yaml:"groups_claim"` // where it lists the groups of a person
	Roles            []OIDCRole `yaml:"roles"`
}

// OIDCRole is what the members of a group may do.
type OIDCRole struct {
	Group  string `yaml:"group"`
	Role   string `yaml:"role"`
	Client string `yaml:"client"` // empty: every client
	Tasks  string `yaml:"tasks"`  // empty: every task
}

// Grant returns what r gives.
func (r OIDCRole) Grant() auth.Grant {
	return auth.Grant{Role: auth.Role(r.Role), Client: r.Client, Tasks: r.Tasks}
}

// Asks reports whether people have to log in.
func (a Access) Asks() bool { return a.People || a.OIDC.Issuer != "" }

// ClientSecret returns the secret that the provider knows us by, or "" if no
// file is named.
func (o OIDC) ClientSecret() (string, error) {
	if o.ClientSecretFile == "" {
		return "", nil
	}
	return secret("access.oidc.client_secret_file", o.ClientSecretFile)
}

func (a Access) validate(publicURL string, say func(format string, args ...any)) {
	if a.SessionIdle < time.Minute {
		say("access.session_idle is %s: it must be 1m or more", a.SessionIdle)
	}
	if a.SessionMax < a.SessionIdle || a.SessionMax > 90*24*time.Hour {
		say("access.session_max is %s: it must be session_idle or more, and 2160h at most", a.SessionMax)
	}
	if a.OIDC.Issuer != "" || a.OIDC.ClientID != "" || len(a.OIDC.Roles) > 0 {
		a.OIDC.validate(publicURL, say)
	}
}

func (o OIDC) validate(publicURL string, say func(format string, args ...any)) {
	if !isWebURL(o.Issuer) || isPlain(o.Issuer) {
		say("access.oidc.issuer is %q: it must be the https:// URL of the provider", o.Issuer)
	}
	if o.Name == "" {
		say("access.oidc.name is missing: say what people call the provider")
	}
	if o.ClientID == "" {
		say("access.oidc.client_id is missing: the provider gives one")
	}
	if publicURL == "" {
		say("public_url is missing: the provider sends people back to it")
	}
	if len(o.Roles) == 0 {
		say("access.oidc.roles is empty: nobody could do anything")
	}
	for i, r := range o.Roles {
		if r.Group == "" {
			say("access.oidc.roles[%d].group is missing", i)
		}
		if err := auth.ValidGrants([]auth.Grant{r.Grant()}); err != nil {
			say("access.oidc.roles[%d]: %s", i, strings.TrimSuffix(fault.Message(err), "."))
		}
	}
}

// isWebURL reports whether text is the URL of a site, without a query.
func isWebURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// isPlain reports whether the site at that URL is reached over a network without
// TLS, where anybody on the way could say who people are.
func isPlain(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" {
		return false
	}
	a, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() != "localhost" && (err != nil || !a.IsLoopback())
}
