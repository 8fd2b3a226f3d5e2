package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/auth"
)

// People is who may log in and with what, as far as whoever looks at the pages
// may see and change it.
type People interface {
	All(ctx context.Context) ([]auth.Person, error)
	Person(ctx context.Context, name string) (auth.Person, error)
	// Add and Invite return the path of the link for the person's password.
	Add(ctx context.Context, p auth.Person) (added auth.Person, link string, err error)
	Edit(ctx context.Context, name string, e auth.PersonEdit) (auth.Person, error)
	Invite(ctx context.Context, name string) (link string, err error)
	SeeAs(ctx context.Context, name string) error
	ChangePassword(ctx context.Context, old, password string) error
	ChangeEmail(ctx context.Context, email string) error

	// Tokens and Sessions are those of a person; "*": of everybody.
	Tokens(ctx context.Context, person string) ([]auth.Token, error)
	NewToken(ctx context.Context, t auth.Token) (token auth.Token, secret string, err error)
	RevokeToken(ctx context.Context, id string) (auth.Token, error)
	Sessions(ctx context.Context, person string) ([]auth.Session, error)
	EndSession(ctx context.Context, id string) (auth.Session, error)
}

func (s *server) peopleRoutes() []route {
	if s.People == nil {
		return nil
	}
	return []route{
		{"GET /access", auth.NeedAdmin, s.page(s.access)},
		{"GET /access/new", auth.NeedAdmin, s.page(s.newPerson)},
		{"POST /access/new", auth.NeedAdmin, s.page(s.addPerson)},
		{"GET /access/people/{person}", auth.NeedAdmin, s.page(s.editPerson)},
		{"POST /access/people/{person}", auth.NeedAdmin, s.page(s.savePerson)},
		{"GET /access/people/{person}/disable", auth.NeedAdmin, s.page(s.askDisable)},
		{"POST /access/people/{person}/disable", auth.NeedAdmin, s.page(s.switchPerson(true))},
		{"POST /access/people/{person}/enable", auth.NeedAdmin, s.page(s.switchPerson(false))},
		{"GET /access/people/{person}/invite", auth.NeedAdmin, s.page(s.askInvite)},
		{"POST /access/people/{person}/invite", auth.NeedAdmin, s.page(s.invite)},
		{"POST /access/people/{person}/see-as", auth.NeedAdmin, s.page(s.seeAs)},
		{"GET /account", auth.NeedLogin, s.page(s.account)},
		{"GET /account/password", auth.NeedLogin, s.page(s.account)}, // what a form answers is asked for again, to keep it up to date
		{"GET /account/tokens", auth.NeedLogin, s.page(s.account)},
		{"POST /account/password", auth.NeedLogin, s.page(s.changePassword)},
		{"POST /account/email", auth.NeedLogin, s.page(s.changeEmail)},
		{"POST /account/tokens", auth.NeedLogin, s.page(s.createToken)},
		{"GET /account/tokens/{token}/revoke", auth.NeedLogin, s.page(s.askRevoke)},
		{"POST /account/tokens/{token}/revoke", auth.NeedLogin, s.page(s.revokeToken)},
		{"POST /account/sessions/{session}/end", auth.NeedLogin, s.page(s.endSession)},
	}
}

type accessPage struct {
	frame
	Sentence string
	People   []personRow
	Tokens   []tokenRow
	Roles    []auth.Role
	Rights   []rightRow
	CanSeeAs bool // by a session, which can be lent
}

type personRow struct {
	auth.Person
	Chip   chip
	Grants []string
	Path   string
}

// A rightRow says which roles may do something.
type rightRow struct {
	Text string
	Has  []bool // by role
}

// rightWords say what each right is.
var rightWords = []struct {
	right auth.Right
	text  string
}{
	{auth.Own, "Start jobs, and see, abort and retry one’s own"},
	{auth.See, "See all jobs, schedules, errors, workers, locks and limits"},
	{auth.Operate, "Change jobs of others, schedules, locks, limits, queues and workers"},
	{auth.Administer, "Change people, tokens, clients and retention; see the audit and secret arguments"},
}

// access serves GET /access: who may log in, and what they may do.
func (s *server) access(w http.ResponseWriter, r *http.Request) error {
	page := accessPage{Roles: auth.Roles, Rights: rightRows(), CanSeeAs: auth.Of(r.Context()).Session != ""}
	var err error
	if page.frame, err = s.frame(r.Context(), "Access", "access"); err != nil {
		return err
	}
	people, err := s.People.All(r.Context())
	if err != nil {
		return fmt.Errorf("list people: %w", err)
	}
	tokens, err := s.People.Tokens(r.Context(), "*")
	if err != nil {
		return fmt.Errorf("list tokens: %w", err)
	}
	for _, p := range people {
		page.People = append(page.People, personRow{p, personChip(p), auth.Words(p.Grants), personPath(p.Name)})
	}
	page.Tokens = s.tokenRows(tokens)
	page.Sentence = peopleSentence(people)
	return s.render(w, r, http.StatusOK, "access", page)
}

func rightRows() (rows []rightRow) {
	for _, words := range rightWords {
		row := rightRow{Text: words.text}
		for _, role := range auth.Roles {
			row.Has = append(row.Has, role.Has(words.right))
		}
		rows = append(rows, row)
	}
	return rows
}

func peopleSentence(people []auth.Person) string {
	disabled, invited := 0, 0
	for _, p := range people {
		switch {
		case p.Disabled:
			disabled++
		case p.Invited:
			invited++
		}
	}
	text := counted(int64(len(people)), "person", "people")
	if invited > 0 {
		text += ", " + number(int64(invited)) + " invited"
	}
	if disabled > 0 {
		text += ", " + number(int64(disabled)) + " disabled"
	}
	return text + "."
}

func personChip(p auth.Person) chip {
	switch {
	case p.Disabled:
		return chip{"Disabled", "aborted", "aborted"}
	case p.Invited:
		return chip{"Invited", "clock", "waiting"}
	}
	return chip{"Enabled", "check", "succeeded"}
}

func personPath(name string) string { return "/access/people/" + url.PathEscape(name) }

type personPage struct {
	frame
	Person  auth.Person
	New     bool
	Rows    []auth.Grant // those of the person, and empty ones to fill in
	Roles   []auth.Role
	Clients []string
	Mistake string
	Path    string
}

// spareGrants is how many more grants the form has room for.
const spareGrants = 3

func (s *server) personPage(ctx context.Context, p auth.Person, isNew bool) (page personPage, err error) {
	page = personPage{Person: p, New: isNew, Roles: auth.Roles, Path: personPath(p.Name)}
	title := "Add a person"
	if !isNew {
		title = p.Name
	}
	if page.frame, err = s.frame(ctx, title, "access"); err != nil {
		return page, err
	}
	page.Rows = append(slices.Clone(p.Grants), make([]auth.Grant, spareGrants)...)
	clients, err := s.Catalogue.Clients(ctx)
	if err != nil {
		return page, fmt.Errorf("list clients: %w", err)
	}
	for _, c := range clients {
		page.Clients = append(page.Clients, c.Name)
	}
	return page, nil
}

// newPerson serves GET /access/new.
func (s *server) newPerson(w http.ResponseWriter, r *http.Request) error {
	page, err := s.personPage(r.Context(), auth.Person{}, true)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "person", page)
}

// personOf reads the form of a person.
func personOf(r *http.Request) auth.Person {
	p := auth.Person{Name: strings.TrimSpace(r.PostFormValue("name")), Title: r.PostFormValue("title"), Email: r.PostFormValue("email"), Grants: []auth.Grant{}}
	roles, clients, tasks := r.PostForm["role"], r.PostForm["client"], r.PostForm["tasks"]
	for i, role := range roles {
		if role != "" && i < len(clients) && i < len(tasks) {
			p.Grants = append(p.Grants, auth.Grant{Role: auth.Role(role), Client: clients[i], Tasks: strings.TrimSpace(tasks[i])})
		}
	}
	return p
}

// addPerson serves POST /access/new, and shows the link for the password.
func (s *server) addPerson(w http.ResponseWriter, r *http.Request) error {
	p := personOf(r)
	added, link, err := s.People.Add(r.Context(), p)
	if err != nil {
		return s.retryPerson(w, r, p, true, err)
	}
	return s.showLink(w, r, added.Name, link)
}

// retryPerson shows the form again, with what is wrong with it.
func (s *server) retryPerson(w http.ResponseWriter, r *http.Request, p auth.Person, isNew bool, wrong error) error {
	mistake, status, ok := mistakeOf(wrong)
	if !ok {
		return wrong
	}
	page, err := s.personPage(r.Context(), p, isNew)
	if err != nil {
		return err
	}
	page.Mistake = mistake
	return s.render(w, r, status, "person", page)
}

// editPerson serves GET /access/people/{person}.
func (s *server) editPerson(w http.ResponseWriter, r *http.Request) error {
	p, err := s.People.Person(r.Context(), r.PathValue("person"))
	if err != nil {
		return fmt.Errorf("read person: %w", err)
	}
	page, err := s.personPage(r.Context(), p, false)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "person", page)
}

// savePerson serves POST /access/people/{person}.
func (s *server) savePerson(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("person")
	p := personOf(r)
	_, err := s.People.Edit(r.Context(), name, auth.PersonEdit{Title: &p.Title, Email: &p.Email, Grants: &p.Grants})
	if err != nil {
		was, gone := s.People.Person(r.Context(), name)
		if gone != nil {
			return err
		}
		p.Name, p.Source, p.Disabled, p.Invited = was.Name, was.Source, was.Disabled, was.Invited
		return s.retryPerson(w, r, p, false, err)
	}
	http.Redirect(w, r, "/access", http.StatusSeeOther)
	return nil
}

// askDisable serves GET /access/people/{person}/disable, which asks and does
// nothing.
func (s *server) askDisable(w http.ResponseWriter, r *http.Request) error {
	return s.askPerson(w, r, "disable-person")
}

// askInvite serves GET /access/people/{person}/invite, which asks and does
// nothing.
func (s *server) askInvite(w http.ResponseWriter, r *http.Request) error {
	return s.askPerson(w, r, "invite-person")
}

func (s *server) askPerson(w http.ResponseWriter, r *http.Request, template string) error {
	p, err := s.People.Person(r.Context(), r.PathValue("person"))
	if err != nil {
		return fmt.Errorf("read person: %w", err)
	}
	page, err := s.personPage(r.Context(), p, false)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, template, page)
}

// switchPerson serves POST /access/people/{person}/disable and …/enable.
func (s *server) switchPerson(disabled bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := s.People.Edit(r.Context(), r.PathValue("person"), auth.PersonEdit{Disabled: &disabled}); err != nil {
			return fmt.Errorf("switch person: %w", err)
		}
		http.Redirect(w, r, "/access", http.StatusSeeOther)
		return nil
	}
}

// invite serves POST /access/people/{person}/invite, and shows the link.
func (s *server) invite(w http.ResponseWriter, r *http.Request) error {
	link, err := s.People.Invite(r.Context(), r.PathValue("person"))
	if err != nil {
		return fmt.Errorf("invite person: %w", err)
	}
	return s.showLink(w, r, r.PathValue("person"), link)
}

// seeAs serves POST /access/people/{person}/see-as, and leads to what that
// person sees first.
func (s *server) seeAs(w http.ResponseWriter, r *http.Request) error {
	if err := s.People.SeeAs(r.Context(), r.PathValue("person")); err != nil {
		return fmt.Errorf("see as a person: %w", err)
	}
	http.Redirect(w, r, "/jobs", http.StatusSeeOther)
	return nil
}

type secretPage struct {
	frame
	Head, Sentence string
	Secret         string
	Back           link
}

// showLink shows the link for somebody's password, which is told here only.
func (s *server) showLink(w http.ResponseWriter, r *http.Request, name, path string) error {
	frame, err := s.frame(r.Context(), "Invited", "access")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "secret", secretPage{
		frame, "Give this link to " + name, "With it they choose a password. It works once, for a day, and is not shown again.",
		s.address(r) + path,
		link{"Back to access", "/access"},
	})
}

// address is where people find these pages.
func (s *server) address(r *http.Request) string {
	if s.PublicURL != "" {
		return strings.TrimSuffix(s.PublicURL, "/")
	}
	if auth.OverTLS(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
