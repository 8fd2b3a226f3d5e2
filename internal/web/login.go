package web

import (
	"net/http"
	"net/url"
	"strings"
)

// TokenCookie is the cookie that carries the token which opens the pages.
const TokenCookie = "beadle_token"

type loginPage struct {
	frame
	Next  string
	Wrong bool
}

// login serves GET /login, which asks for the token.
func (s *server) login(w http.ResponseWriter, r *http.Request) error {
	next := local(r.FormValue("next"), "/jobs")
	if s.CheckToken == nil {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	return s.render(w, r, http.StatusOK, "login", loginPage{s.quietFrame("Sign in"), next, false})
}

// checkLogin serves POST /login: it puts a right token into a cookie that
// scripts cannot read, and goes on to where the person wanted to go. A link on
// another site, in a mail or a chat, opens a page without asking again; what
// changes something takes no cookie from there.
func (s *server) checkLogin(w http.ResponseWriter, r *http.Request) error {
	next := local(r.PostFormValue("next"), "/jobs")
	token := strings.TrimSpace(r.PostFormValue("token"))
	if s.CheckToken != nil && !s.CheckToken(token) {
		s.Log.WarnContext(r.Context(), "wrong token at the login page", "remote", r.RemoteAddr)
		return s.render(w, r, http.StatusForbidden, "login", loginPage{s.quietFrame("Sign in"), next, true})
	}
	if s.CheckToken != nil {
		http.SetCookie(w, &http.Cookie{
			Name: TokenCookie, Value: url.QueryEscape(token), Path: "/", MaxAge: 90 * 24 * 60 * 60,
			HttpOnly: true, Secure: secure(r), SameSite: http.SameSiteLaxMode,
		})
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// secure reports whether the browser speaks TLS to us, or to a proxy in front.
func secure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
