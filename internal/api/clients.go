package api

import (
	"net/http"
	"strings"
	"unicode"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// clients serves GET /api/v1/clients.
func (a *API) clients(w http.ResponseWriter, r *http.Request) error {
	all, err := a.Ledger.Clients(r.Context())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, client.ClientList{Clients: orEmpty(all)})
}

// client serves GET /api/v1/clients/{name}.
func (a *API) client(w http.ResponseWriter, r *http.Request) error {
	c, err := a.Ledger.Client(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return replyClient(w, r, http.StatusOK, c)
}

func replyClient(w http.ResponseWriter, r *http.Request, status int, c job.Client) error {
	tag, err := printOf(c)
	if err != nil {
		return err
	}
	return replyTagged(w, r, status, c, tag)
}

// createClient serves POST /api/v1/clients.
func (a *API) createClient(w http.ResponseWriter, r *http.Request) error {
	var n client.NewClient
	if err := decode(w, r, &n); err != nil {
		return err
	}
	if !job.ValidClientName(n.Name) {
		return fault.New(fault.Invalid, "Field name must be 1 to 50 lower case letters, digits and hyphens, such as north-campus; not %q.", n.Name).In("name")
	}
	if err := checkTitle(n.Title); err != nil {
		return err
	}
	c, err := a.Ledger.CreateClient(r.Context(), job.Client{Name: n.Name, Title: strings.TrimSpace(n.Title), Created: a.Now()})
	if err != nil {
		return err
	}
	return replyClient(w, r, http.StatusCreated, c)
}

// editClient serves POST /api/v1/clients/{name}.
func (a *API) editClient(w http.ResponseWriter, r *http.Request) error {
	var n client.ClientTitle
	if err := decode(w, r, &n); err != nil {
		return err
	}
	if strings.TrimSpace(n.Title) == "" {
		return fault.New(fault.Invalid, "Field title is required: what people call the client.").In("title")
	}
	if err := checkTitle(n.Title); err != nil {
		return err
	}
	return a.changeClient(w, r, func(c *job.Client) { c.Title = strings.TrimSpace(n.Title) })
}

// disableClient serves POST /api/v1/clients/{name}/disable: nothing new is
// started for it; what it has goes on.
func (a *API) disableClient(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	return a.changeClient(w, r, func(c *job.Client) { c.Disabled = true })
}

// enableClient serves POST /api/v1/clients/{name}/enable.
func (a *API) enableClient(w http.ResponseWriter, r *http.Request) error {
	if err := decode(w, r, &nothing{}); err != nil {
		return err
	}
	return a.changeClient(w, r, func(c *job.Client) { c.Disabled = false })
}

func (a *API) changeClient(w http.ResponseWriter, r *http.Request, change func(*job.Client)) error {
	c, err := a.Ledger.Client(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	tag, err := printOf(c)
	if err != nil {
		return err
	}
	if err := checkSeen(r, "The client "+c.Name, tag); err != nil {
		return err
	}
	before := c
	change(&c)
	if c, err = a.Ledger.EditClient(r.Context(), c); err != nil {
		return err
	}
	noteChange(r.Context(), before, c)
	return replyClient(w, r, http.StatusOK, c)
}

const maxTitle = 200

func checkTitle(title string) error {
	if len(title) > maxTitle || strings.ContainsAny(title, "\r\n") {
		return fault.New(fault.Invalid, "Field title must be one line of at most %d bytes.", maxTitle).In("title")
	}
	return nil
}

// isLine reports whether text is one line that reads as it is written: control
// characters, and those that turn the direction, can make a name look like
// another one.
func isLine(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) })
}
