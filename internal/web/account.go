package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
)

type accountPage struct {
	frame
	Who      auth.Who
	May      []string
	Known    bool // people are kept, and this is one
	Password bool // has one here
	Email    string
	Tokens   []tokenRow
	Sessions []sessionRow
	Mistake  string
	Changed  bool // the password, just now
}

type tokenRow struct {
	auth.Token
	Chip   chip
	Grants []string
	Revoke string // the page that asks; empty: it has ended
}

type sessionRow struct {
	auth.Session
	This bool
	End  string
}

// account serves GET /account: who am I, and what may I do.
func (s *server) account(w http.ResponseWriter, r *http.Request) error {
	page, err := s.accountPage(r.Context())
	if err != nil {
		return err
	}
	page.Changed = r.FormValue("changed") != ""
	return s.render(w, r, http.StatusOK, "account", page)
}

func (s *server) accountPage(ctx context.Context) (page accountPage, err error) {
	who := auth.Of(ctx)
	page = accountPage{Who: who, May: auth.Words(who.Grants)}
	if page.frame, err = s.frame(ctx, "Account", "account"); err != nil {
		return page, err
	}
	person, err := s.People.Person(ctx, who.Name)
	if kind := fault.KindOf(err); kind == fault.NotFound || kind == fault.Conflict {
		return page, nil // the installation and this machine are no people
	}
	if err != nil {
		return page, fmt.Errorf("read person: %w", err)
	}
	page.Email = person.Email
	page.Known, page.Password = true, person.Source == auth.FromHere && who.Session != ""
	tokens, err := s.People.Tokens(ctx, who.Name)
	if err != nil {
		return page, fmt.Errorf("list tokens: %w", err)
	}
	sessions, err := s.People.Sessions(ctx, who.Name)
	if err != nil {
		return page, fmt.Errorf("list sessions: %w", err)
	}
	page.Tokens = s.tokenRows(tokens)
	for _, x := range sessions {
		page.Sessions = append(page.Sessions, sessionRow{x, x.ID == who.Session, "/account/sessions/" + url.PathEscape(x.ID) + "/end"})
	}
	return page, nil
}

func (s *server) tokenRows(tokens []auth.Token) (rows []tokenRow) {
	for _, t := range tokens {
		row := tokenRow{Token: t, Chip: chip{"Good", "check", "succeeded"}, Grants: auth.Words(t.Grants), Revoke: "/account/tokens/" + url.PathEscape(t.ID) + "/revoke"}
		switch {
		case t.Revoked != nil:
			row.Chip, row.Revoke = chip{"Revoked", "aborted", "aborted"}, ""
		case !s.Now().Before(t.Expires):
			row.Chip, row.Revoke = chip{"Expired", "expired", "aborted"}, ""
		}
		rows = append(rows, row)
	}
	return rows
}

// mistakeOf returns what to say of a form that cannot be carried out as it is.
func mistakeOf(err error) (sentence string, status int, ok bool) {
	switch kind := fault.KindOf(err); kind {
	case fault.Invalid, fault.Conflict, fault.Denied:
		return fault.Message(err), kind.Status(), true
	}
	return "", 0, false
}

// again shows the account with what was wrong with a form of it.
func (s *server) again(w http.ResponseWriter, r *http.Request, wrong error) error {
	mistake, status, ok := mistakeOf(wrong)
	if !ok {
		return wrong
	}
	page, err := s.accountPage(r.Context())
	if err != nil {
		return err
	}
	page.Mistake = mistake
	return s.render(w, r, status, "account", page)
}

// changePassword serves POST /account/password.
func (s *server) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := s.People.ChangePassword(r.Context(), r.PostFormValue("old_password"), r.PostFormValue("new_password")); err != nil {
		return s.again(w, r, err)
	}
	http.Redirect(w, r, "/account?changed=1", http.StatusSeeOther)
	return nil
}

// changeEmail serves POST /account/email.
func (s *server) changeEmail(w http.ResponseWriter, r *http.Request) error {
	if err := s.People.ChangeEmail(r.Context(), r.PostFormValue("email")); err != nil {
		return s.again(w, r, err)
	}
	http.Redirect(w, r, "/account#email", http.StatusSeeOther)
	return nil
}

// createToken serves POST /account/tokens, and shows the secret.
func (s *server) createToken(w http.ResponseWriter, r *http.Request) error {
	t := auth.Token{Name: r.PostFormValue("name")}
	days, err := strconv.Atoi(r.PostFormValue("days"))
	if err != nil || days < 1 || days > 366 {
		return s.again(w, r, fault.New(fault.Invalid, "A token is good for 1 to 366 days.").In("days"))
	}
	t.Expires = s.Now().Add(time.Duration(days) * 24 * time.Hour)
	if text := strings.TrimSpace(r.PostFormValue("grant")); text != "" {
		g, err := auth.ParseGrant(text)
		if err != nil {
			return s.again(w, r, err)
		}
		t.Grants = []auth.Grant{g}
	}
	made, secret, err := s.People.NewToken(r.Context(), t)
	if err != nil {
		return s.again(w, r, err)
	}
	frame, err := s.frame(r.Context(), "New token", "account")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "secret", secretPage{
		frame, "The token for " + made.Name, "Copy it now: it is not shown again. Programs send it as Authorization: Bearer, and jobctl login --token reads it.",
		secret,
		link{"Back to your account", "/account"},
	})
}

type revokePage struct {
	frame
	ID string
}

// askRevoke serves GET /account/tokens/{token}/revoke, which asks and does
// nothing.
func (s *server) askRevoke(w http.ResponseWriter, r *http.Request) error {
	frame, err := s.frame(r.Context(), "Revoke token", "account")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "revoke-token", revokePage{frame, r.PathValue("token")})
}

// revokeToken serves POST /account/tokens/{token}/revoke.
func (s *server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	t, err := s.People.RevokeToken(r.Context(), r.PathValue("token"))
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	to := "/account"
	if t.Person != actor(r.Context()) {
		to = "/access"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// endSession serves POST /account/sessions/{session}/end.
func (s *server) endSession(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.People.EndSession(r.Context(), r.PathValue("session")); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	http.Redirect(w, r, "/account", http.StatusSeeOther)
	return nil
}
