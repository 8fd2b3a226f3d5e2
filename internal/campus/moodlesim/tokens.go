package moodlesim

import (
	"encoding/json"
	"net/http"
)

// service is the short name of the service that the token is for.
const service = "sis_sync"

// serveToken hands the token out to those who know the service user's password.
func (s *Site) serveToken(w http.ResponseWriter, r *http.Request) {
	var result any = map[string]any{
		"error": "Invalid login, please try again", "errorcode": "invalidlogin",
		"stacktrace": nil, "debuginfo": nil, "reproductionlink": nil,
	}
	if s.knows(r.FormValue("username"), r.FormValue("password")) && r.FormValue("service") == service {
		result = map[string]any{"token": s.options.Token, "privatetoken": nil}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(result)
}

// serveSimple is the endpoint for those who come with a password instead of a
// token. No service lets them call anything.
func (s *Site) serveSimple(w http.ResponseWriter, r *http.Request) {
	refusal := refuse("wrongusernamepassword", "Wrong username or password")
	if s.knows(r.FormValue("wsusername"), r.FormValue("wspassword")) {
		refusal = errAccess.because(notAllowed(r.FormValue("wsfunction")))
	}
	answer(w, r.FormValue("moodlewsrestformat"), nil, s.shown(refusal))
}

func (s *Site) knows(name, password string) bool {
	return s.options.Password != "" && name == serviceUser && password == s.options.Password
}
