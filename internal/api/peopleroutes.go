package api

import (
	"net/http"
	"strings"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// whoami serves GET /api/v1/whoami.
func (a *API) whoami(w http.ResponseWriter, r *http.Request) error {
	who := auth.Of(r.Context())
	may := who.Grants
	if who.Within != nil {
		may = who.Within
	}
	return reply(w, http.StatusOK, client.Whoami{
		Name: who.Name, Title: who.Title, Via: via(who), Grants: orEmpty(who.Grants), Within: who.Within, May: auth.Words(may),
		Token: who.Token, Session: who.Session, By: who.By,
	})
}

// editSelf serves PATCH /api/v1/whoami.
func (a *API) editSelf(w http.ResponseWriter, r *http.Request) error {
	var e client.SelfEdit
	if err := decode(w, r, &e); err != nil {
		return err
	}
	if e.Email == nil {
		return fault.New(fault.Invalid, "Field email is required; empty takes the address away.").In("email")
	}
	if err := a.People().ChangeEmail(r.Context(), *e.Email); err != nil {
		return err
	}
	p, err := a.People().Person(r.Context(), actor(r.Context()))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, p)
}

// via says what somebody came with.
func via(w auth.Who) string {
	switch {
	case w.Token != "":
		return "token"
	case w.Session != "":
		return "session"
	case w.Name == auth.Installation.Name:
		return "installation"
	}
	return auth.Local.Name
}

// people serves GET /api/v1/people.
func (a *API) people(w http.ResponseWriter, r *http.Request) error {
	all, err := a.People().All(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.PersonList{People: orEmpty(all)})
}

// person serves GET /api/v1/people/{name}.
func (a *API) person(w http.ResponseWriter, r *http.Request) error {
	p, err := a.People().Person(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, p)
}

// addPerson serves POST /api/v1/people.
func (a *API) addPerson(w http.ResponseWriter, r *http.Request) error {
	var n client.NewPerson
	if err := decode(w, r, &n); err != nil {
		return err
	}
	p, link, err := a.People().Add(r.Context(), auth.Person{Name: n.Name, Title: n.Title, Email: n.Email, Grants: n.Grants})
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, client.Invited{Person: p, Link: a.urlOf(r, link)})
}

// editPerson serves PATCH /api/v1/people/{name}.
func (a *API) editPerson(w http.ResponseWriter, r *http.Request) error {
	var e client.PersonEdit
	if err := decode(w, r, &e); err != nil {
		return err
	}
	return a.changePerson(w, r, auth.PersonEdit{Title: e.Title, Email: e.Email, Grants: e.Grants})
}

// disablePerson serves POST /api/v1/people/{name}/disable.
func (a *API) disablePerson(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	return a.changePerson(w, r, auth.PersonEdit{Disabled: new(true)})
}

// enablePerson serves POST /api/v1/people/{name}/enable.
func (a *API) enablePerson(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	return a.changePerson(w, r, auth.PersonEdit{Disabled: new(false)})
}

func (a *API) changePerson(w http.ResponseWriter, r *http.Request, e auth.PersonEdit) error {
	p, err := a.People().Edit(r.Context(), r.PathValue("name"), e)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, p)
}

// invitePerson serves POST /api/v1/people/{name}/invite.
func (a *API) invitePerson(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	link, err := a.People().Invite(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	p, err := a.People().Person(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.Invited{Person: p, Link: a.urlOf(r, link)})
}

// tokens serves GET /api/v1/tokens: one's own, or those of a person.
func (a *API) tokens(w http.ResponseWriter, r *http.Request) error {
	person, err := personAsked(r)
	if err != nil {
		return err
	}
	all, err := a.People().Tokens(r.Context(), person)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.TokenList{Tokens: orEmpty(all)})
}

// createToken serves POST /api/v1/tokens.
func (a *API) createToken(w http.ResponseWriter, r *http.Request) error {
	var n client.NewToken
	if err := decode(w, r, &n); err != nil {
		return err
	}
	t, secret, err := a.People().NewToken(r.Context(), auth.Token{Name: n.Name, Person: n.Person, Grants: n.Grants, Expires: n.Expires})
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, client.MadeToken{Token: t, Secret: secret})
}

// revokeToken serves DELETE /api/v1/tokens/{id}.
func (a *API) revokeToken(w http.ResponseWriter, r *http.Request) error {
	t, err := a.People().RevokeToken(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, t)
}

// sessions serves GET /api/v1/sessions: one's own, or those of a person.
func (a *API) sessions(w http.ResponseWriter, r *http.Request) error {
	person, err := personAsked(r)
	if err != nil {
		return err
	}
	all, err := a.People().Sessions(r.Context(), person)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.SessionList{Sessions: orEmpty(all)})
}

// endSession serves DELETE /api/v1/sessions/{id}.
func (a *API) endSession(w http.ResponseWriter, r *http.Request) error {
	s, err := a.People().EndSession(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, s)
}

// personAsked is whose tokens or sessions are asked for: one's own unless a
// person is named.
func personAsked(r *http.Request) (string, error) {
	q := queryOf(r)
	if person := q.text("person"); person != "" || q.err != nil {
		return person, q.err
	}
	return actor(r.Context()), nil
}

// urlOf returns where people find a path of ours: at the public address, or at
// that which was asked.
func (a *API) urlOf(r *http.Request, path string) string {
	if a.PublicURL != "" {
		return strings.TrimSuffix(a.PublicURL, "/") + path
	}
	scheme := "http"
	if auth.OverTLS(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host + path
}
