package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// Door says who comes with a token or a session. believe allows an answer from
// memory while what is known of people cannot be asked. Who was let in once,
// and is no longer, is refused with an [auth.Ended] behind the sentence.
type Door interface {
	WhoOfToken(ctx context.Context, token string, believe bool) (auth.Who, error)
	WhoOfSession(ctx context.Context, cookie string, believe bool) (auth.Who, error)
}

// asks reports whether people have to say who they are.
func (o GuardOptions) asks() bool { return o.Door != nil || o.Token != "" }

// open are the paths of logging in and out, which nobody needs to be known for.
var open = map[string]bool{
	"/login": true, "/login/oidc": true, "/login/oidc/callback": true, "/logout": true,
	"/api/v1/login/device": true, "/api/v1/login/device/token": true,
}

// isOpen reports whether a path may be asked by somebody who is not known.
func isOpen(path string) bool {
	return isProbe(path) || open[path] || strings.HasPrefix(path, "/setup/") || strings.HasPrefix(path, "/static/")
}

// identify says in the context of a request who sends it, and refuses who is
// not known.
func (o GuardOptions) identify(next http.Handler) http.Handler {
	if !o.asks() {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, as(r, auth.Local)) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isOpen(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		who, err := o.who(r)
		if err == nil {
			err = previews(who, r)
		}
		if err != nil {
			turnAway(w, r, who, err)
			return
		}
		next.ServeHTTP(w, as(r, who))
	})
}

// Still reports whether the sender of r is who they were when they were let in,
// with the same rights. Answers that go on for long ask now and then.
func (o GuardOptions) Still(r *http.Request) bool {
	if !o.asks() {
		return true
	}
	w, err := o.who(r)
	return err == nil && reflect.DeepEqual(w, auth.Of(r.Context()))
}

// errStranger is what is told who came with nothing.
var errStranger = fault.New(fault.Denied, "This server asks for a token: set BEADLE_TOKEN, or send Authorization: Bearer.")

// who returns who sends r: by the token in its header, else by the session in
// its cookie.
func (o GuardOptions) who(r *http.Request) (auth.Who, error) {
	if token := tokenOf(r); token != "" {
		return o.whoOfToken(r, token)
	}
	if cookie := auth.SessionOf(r); cookie != "" && o.Door != nil {
		return o.Door.WhoOfSession(r.Context(), cookie, urgent(r))
	}
	return auth.Who{}, errStranger
}

func (o GuardOptions) whoOfToken(r *http.Request, token string) (auth.Who, error) {
	switch {
	case o.Door != nil:
		return o.Door.WhoOfToken(r.Context(), token, urgent(r))
	case SameToken(o.Token)(token):
		return auth.Installation, nil
	}
	return auth.Who{}, errStranger
}

// tokenOf returns the token in the header of r.
func tokenOf(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// urgent reports whether r only reads, or aborts a job: that goes on while
// nobody can be asked who somebody is.
func urgent(r *http.Request) bool {
	return reads(r) || strings.HasSuffix(r.URL.Path, "/abort")
}

func reads(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}

// previews refuses changes by a superadmin who sees the pages as somebody
// else, but for the end of that.
func previews(w auth.Who, r *http.Request) error {
	if w.By == "" || reads(r) || r.URL.Path == "/see-as/end" {
		return nil
	}
	return fault.New(fault.Denied, "You see this as %s, and cannot change anything until you end that.", w.Name)
}

// turnAway refuses a request: a person is asked to log in.
func turnAway(w http.ResponseWriter, r *http.Request, who auth.Who, err error) {
	if ended, ok := errors.AsType[*auth.Ended](err); ok {
		noteVisitor(r.Context(), ended)
	}
	switch {
	case fault.KindOf(err) != fault.Denied:
		refuse(w, fault.KindOf(err).Status(), err)
	case !who.Nobody():
		refuse(w, http.StatusForbidden, err)
	case wantsPage(r):
		http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	default:
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, err)
	}
}

// wantsPage reports whether a person looks at the answer.
func wantsPage(r *http.Request) bool {
	return r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/api/") && strings.Contains(r.Header.Get("Accept"), "text/html")
}
