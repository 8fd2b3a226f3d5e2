package auth

import (
	"fmt"
	"net/http"
	"strings"
)

// Ways are how people may log in at an installation.
type Ways struct {
	Password bool   // of a person
	Token    bool   // of the installation
	Provider string // what people call the OIDC provider; empty: there is none
}

// Ended is why an identity that was good once is refused. The audit is told:
// it may be a stolen one.
type Ended struct {
	Whose string // the person
	Why   string // what became of it, such as "the session was ended"
}

func (e *Ended) Error() string { return fmt.Sprintf("an identity of %s: %s", e.Whose, e.Why) }

// A Way is one of those in which people log in.
type Way string

// The ways.
const (
	ByPassword Way = "password"
	ByToken    Way = "token of the installation"
	ByProvider Way = "provider"
	ByLink     Way = "one-time link"
)

// A Refusal is a login that was refused, as the audit is told of it. What
// somebody came with is not in it.
type Refusal struct {
	Way     Way
	Name    string // who was tried, as it was given, of at most 100 characters; empty: nobody was named
	Address string // where it came from, without a port
	Why     string // a sentence; it may tell more than whoever tried is told
	Wait    bool   // there were too many before
}

// SessionCookie returns the name of the cookie that holds a session. Over TLS
// its prefix keeps other hosts of the same domain from setting it.
func SessionCookie(r *http.Request) string {
	if OverTLS(r) {
		return "__Host-beadle_session"
	}
	return "beadle_session"
}

// SessionOf returns what the cookie of r holds; "": it has none.
func SessionOf(r *http.Request) string {
	cookie, err := r.Cookie(SessionCookie(r))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// OverTLS reports whether the browser speaks TLS to us, or to a proxy in front.
// The header is there only where a proxy of ours has set it: the guard takes out
// what others say.
func OverTLS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
