package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Errors is what the pages read of errors by what they have in common.
type Errors interface {
	ErrorGroups(ctx context.Context, f job.ErrorFilter) ([]job.ErrorGroup, error)

	// ErrorGroup and GroupErrors take the name of a client, or none for all.
	ErrorGroup(ctx context.Context, fingerprint, client string) (job.ErrorGroup, error)

	// GroupErrors returns errors newest first, from behind the cursor before.
	GroupErrors(ctx context.Context, fingerprint, client, before string, limit int) ([]job.GroupedError, error)
}

type errorsPage struct {
	frame
	Sentence string
	Filter   job.ErrorFilter
	From, To string // as they were typed
	Tasks    []string
	Clients  []job.Client
	Filtered bool
	Rows     []errorRow
	Newest   string // URLs; empty: nowhere to go
	Older    string
}

// An errorRow is a group as the list shows it.
type errorRow struct {
	job.ErrorGroup
	URL string
}

// errorGroups serves GET /errors: what goes wrong, last seen first.
func (s *server) errorGroups(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f, err := s.errorFilter(q)
	if err != nil {
		return err
	}
	page, err := s.errorsPage(r.Context(), f, q)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "errors", page)
}

// errorFilter reads the filter that a URL is.
func (s *server) errorFilter(q url.Values) (f job.ErrorFilter, err error) {
	f = job.ErrorFilter{
		Task: strings.TrimSpace(q.Get("task")), Client: strings.TrimSpace(q.Get("client")), Text: strings.TrimSpace(q.Get("q")),
		Before: q.Get("before"), Limit: perPage + 1,
	}
	if f.From, err = s.day(q, "from"); err != nil {
		return f, err
	}
	if f.To, err = s.day(q, "to"); err == nil && !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1) // the day itself is meant too
	}
	return f, err
}

func (s *server) errorsPage(ctx context.Context, f job.ErrorFilter, q url.Values) (page errorsPage, err error) {
	page = errorsPage{Filter: f, From: q.Get("from"), To: q.Get("to")}
	page.Filtered = f.Task != "" || f.Client != "" || f.Text != "" || !f.From.IsZero() || !f.To.IsZero()
	if page.frame, err = s.frame(ctx, "Errors", "errors"); err != nil {
		return page, err
	}
	if page.Tasks, err = s.tasks(ctx); err != nil {
		return page, err
	}
	if page.Clients, err = s.Catalogue.Clients(ctx); err != nil {
		return page, fmt.Errorf("list clients: %w", err)
	}
	groups, err := s.Errors.ErrorGroups(ctx, f)
	if err != nil {
		return page, fmt.Errorf("list groups of errors: %w", err)
	}
	page.fill(groups, q)
	return page, nil
}

// fill puts the groups into rows, and links to the pages beside this one.
func (p *errorsPage) fill(groups []job.ErrorGroup, q url.Values) {
	if p.Filter.Before != "" {
		p.Newest = with("/errors", q, "before", "")
	}
	more := ""
	if len(groups) > perPage {
		groups, more = groups[:perPage], " or more"
		p.Older = with("/errors", q, "before", groups[perPage-1].Cursor())
	}
	for _, g := range groups {
		p.Rows = append(p.Rows, errorRow{g, with("/errors/"+url.PathEscape(g.Fingerprint), url.Values{}, "client", p.Filter.Client)})
	}
	switch len(groups) {
	case 0:
		p.Sentence = "No error is recorded."
		if p.Filtered || p.Filter.Before != "" {
			p.Sentence = "No error matches."
		}
	case 1:
		p.Sentence = "One kind of error."
	default:
		p.Sentence = number(int64(len(groups))) + more + " kinds of errors, last seen first."
	}
}

type errorGroupPage struct {
	frame
	Group    job.ErrorGroup
	Sentence string
	Client   string // only what it has of the group; empty: all
	File     string // the URL of all errors as CSV
	Rows     []job.GroupedError
	Newest   string // URLs; empty: nowhere to go
	Older    string
}

// errorGroup serves GET /errors/{fingerprint}: a group and its newest errors.
func (s *server) errorGroup(w http.ResponseWriter, r *http.Request) error {
	q, fingerprint := r.URL.Query(), r.PathValue("fingerprint")
	page := errorGroupPage{Client: strings.TrimSpace(q.Get("client"))}
	var err error
	if page.Group, err = s.Errors.ErrorGroup(r.Context(), fingerprint, page.Client); err != nil {
		return fmt.Errorf("read group of errors: %w", err)
	}
	if page.frame, err = s.frame(r.Context(), headline(page.Group.Pattern), "errors"); err != nil {
		return err
	}
	page.Rows, err = s.Errors.GroupErrors(r.Context(), page.Group.Fingerprint, page.Client, q.Get("before"), perPage+1)
	if err != nil {
		return fmt.Errorf("list errors of group %s: %w", fingerprint, err)
	}
	page.settle(q)
	return s.render(w, r, http.StatusOK, "error-group", page)
}

// settle says what the group is, and links to the pages beside this one.
func (p *errorGroupPage) settle(q url.Values) {
	g, here := p.Group, "/errors/"+url.PathEscape(p.Group.Fingerprint)
	p.Sentence = counted(g.Errors, "error", "errors") + " of " + counted(g.Jobs, "job", "jobs")
	if g.Clients > 1 {
		p.Sentence += " of " + counted(g.Clients, "client", "clients")
	}
	if p.Client != "" {
		p.Sentence += " of client " + p.Client
	}
	p.Sentence += "."
	p.File = with("/api/v1"+here, url.Values{}, "format", "csv", "client", p.Client)
	if q.Get("before") != "" {
		p.Newest = with(here, q, "before", "")
	}
	if len(p.Rows) > perPage {
		p.Rows = p.Rows[:perPage]
		p.Older = with(here, q, "before", p.Rows[perPage-1].Cursor())
	}
}
