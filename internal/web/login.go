package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// Door lets people in and out. What it refuses it says in a sentence.
type Door interface {
	Ways() auth.Ways

	// LogIn and its like begin a session, and return what goes into its cookie.
	LogIn(ctx context.Context, name, password, agent, address string) (cookie string, s auth.Session, err error)
	LogInWithToken(ctx context.Context, token, agent, address string) (cookie string, s auth.Session, err error)
	LogOut(ctx context.Context, cookie string) error

	// ToProvider returns where to send somebody, and what to keep in a cookie
	// until they come back with an answer.
	ToProvider(ctx context.Context, next string) (address, cookie string, err error)
	FromProvider(ctx context.Context, cookie string, answer url.Values, agent, address string) (session, next string, err error)

	// Link returns whose one-time link has that secret; "": that of the first
	// superadmin, who chooses a name.
	Link(ctx context.Context, secret, address string) (person string, err error)
	SetUp(ctx context.Context, secret, name, password string) error

	// SeeAs lets a session see the pages as a person; "": as its own again.
	SeeAs(ctx context.Context, session, person string) error
}

// doorRoutes are open: nobody is known there yet.
func (s *server) doorRoutes() []route {
	all := []route{
		{"GET /login", auth.NeedNothing, s.page(s.login)},
		{"POST /login", auth.NeedNothing, s.page(s.checkLogin)},
	}
	if s.Door == nil {
		return all
	}
	return append(all,
		route{"POST /logout", auth.NeedNothing, s.page(s.logout)},
		route{"GET /login/oidc", auth.NeedNothing, s.page(s.toProvider)},
		route{"GET /login/oidc/callback", auth.NeedNothing, s.page(s.fromProvider)},
		route{"GET /setup/{secret}", auth.NeedNothing, s.page(s.setup)},
		route{"POST /setup/{secret}", auth.NeedNothing, s.page(s.saveSetup)},
		route{"POST /see-as/end", auth.NeedLogin, s.page(s.endPreview)},
	)
}

type loginPage struct {
	frame
	auth.Ways
	Next  string
	Name  string
	Wrong string // why it was refused
}

// ToProvider is where the button for the provider leads.
func (p loginPage) ToProvider() string { return "/login/oidc?next=" + url.QueryEscape(p.Next) }

// login serves GET /login.
func (s *server) login(w http.ResponseWriter, r *http.Request) error {
	next := local(r.FormValue("next"), "/jobs")
	if s.Door == nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	return s.render(w, r, http.StatusOK, "login", loginPage{frame: s.quietFrame("Sign in"), Ways: s.Door.Ways(), Next: next})
}

// checkLogin serves POST /login, and goes on to where the person wanted to go.
func (s *server) checkLogin(w http.ResponseWriter, r *http.Request) error {
	next := local(r.PostFormValue("next"), "/jobs")
	if s.Door == nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	cookie, err := s.enter(r)
	if err != nil {
		return s.refuseLogin(w, r, next, err)
	}
	s.keepSession(w, r, cookie)
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// enter begins a session with what the form says.
func (s *server) enter(r *http.Request) (cookie string, err error) {
	if token := strings.TrimSpace(r.PostFormValue("token")); token != "" {
		cookie, _, err = s.Door.LogInWithToken(r.Context(), token, r.UserAgent(), r.RemoteAddr)
		return cookie, err
	}
	cookie, _, err = s.Door.LogIn(r.Context(), r.PostFormValue("name"), r.PostFormValue("password"), r.UserAgent(), r.RemoteAddr)
	return cookie, err
}

// refuseLogin shows the form again, with the reason.
func (s *server) refuseLogin(w http.ResponseWriter, r *http.Request, next string, err error) error {
	status := http.StatusForbidden
	switch fault.KindOf(err) {
	case fault.Denied:
	case fault.Unavailable:
		status = http.StatusTooManyRequests
		comeBack(w, err)
	default:
		return err
	}
	page := loginPage{frame: s.quietFrame("Sign in"), Ways: s.Door.Ways(), Next: next, Name: r.PostFormValue("name"), Wrong: fault.Message(err)}
	return s.render(w, r, status, "login", page)
}

// keepSession puts a session into a cookie that scripts cannot read, and ends
// the one that was there. A link on another site, in a mail or a chat, opens a
// page without asking again; what changes something takes no cookie from there.
func (s *server) keepSession(w http.ResponseWriter, r *http.Request, cookie string) {
	if before := auth.SessionOf(r); before != "" {
		if err := s.Door.LogOut(r.Context(), before); err != nil {
			s.Log.WarnContext(r.Context(), "session of before not ended", "err", err)
		}
	}
	setCookie(w, r, auth.SessionCookie(r), cookie, 0)
}

// setCookie sets a cookie for all pages; of no age, until the browser closes.
func setCookie(w http.ResponseWriter, r *http.Request, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: auth.OverTLS(r), SameSite: http.SameSiteLaxMode,
	})
}

// logout serves POST /logout.
func (s *server) logout(w http.ResponseWriter, r *http.Request) error {
	if cookie := auth.SessionOf(r); cookie != "" {
		if err := s.Door.LogOut(r.Context(), cookie); err != nil {
			return err
		}
	}
	setCookie(w, r, auth.SessionCookie(r), "", -1)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// tripCookie remembers somebody who is at the provider.
func tripCookie(r *http.Request) string {
	if auth.OverTLS(r) {
		return "__Host-beadle_oidc"
	}
	return "beadle_oidc"
}

// toProvider serves GET /login/oidc.
func (s *server) toProvider(w http.ResponseWriter, r *http.Request) error {
	address, cookie, err := s.Door.ToProvider(r.Context(), local(r.FormValue("next"), "/jobs"))
	if err != nil {
		return err
	}
	setCookie(w, r, tripCookie(r), cookie, 600)
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// fromProvider serves GET /login/oidc/callback.
func (s *server) fromProvider(w http.ResponseWriter, r *http.Request) error {
	trip := ""
	if c, err := r.Cookie(tripCookie(r)); err == nil {
		trip = c.Value
	}
	setCookie(w, r, tripCookie(r), "", -1)
	cookie, next, err := s.Door.FromProvider(r.Context(), trip, r.URL.Query(), r.UserAgent(), r.RemoteAddr)
	if fault.KindOf(err) == fault.Denied && err != nil {
		return s.refuseLogin(w, r, "/jobs", err)
	}
	if err != nil {
		return err
	}
	s.keepSession(w, r, cookie)
	http.Redirect(w, r, local(next, "/jobs"), http.StatusSeeOther)
	return nil
}

type setupPage struct {
	frame
	Person string // empty: the first superadmin, who chooses
	Name   string
	Wrong  string
}

// setup serves GET /setup/{secret}: the page that a one-time link opens.
func (s *server) setup(w http.ResponseWriter, r *http.Request) error {
	person, err := s.Door.Link(r.Context(), r.PathValue("secret"), r.RemoteAddr)
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return s.render(w, r, http.StatusOK, "setup", setupPage{frame: s.quietFrame("Choose a password"), Person: person})
}

// saveSetup serves POST /setup/{secret}.
func (s *server) saveSetup(w http.ResponseWriter, r *http.Request) error {
	secret, name, password := r.PathValue("secret"), r.PostFormValue("name"), r.PostFormValue("password")
	person, err := s.Door.Link(r.Context(), secret, r.RemoteAddr)
	if err != nil {
		return err
	}
	if password != r.PostFormValue("password_again") {
		err = fault.New(fault.Invalid, "The two passwords differ.")
	} else {
		err = s.Door.SetUp(r.Context(), secret, name, password)
	}
	if fault.KindOf(err) == fault.Invalid && err != nil {
		page := setupPage{frame: s.quietFrame("Choose a password"), Person: person, Name: name, Wrong: fault.Message(err)}
		return s.render(w, r, http.StatusBadRequest, "setup", page)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}

// endPreview serves POST /see-as/end.
func (s *server) endPreview(w http.ResponseWriter, r *http.Request) error {
	if err := s.Door.SeeAs(r.Context(), auth.Of(r.Context()).Session, ""); err != nil {
		return err
	}
	http.Redirect(w, r, "/jobs", http.StatusSeeOther)
	return nil
}
