package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Campus is what the pages know of the exchange with the SIS, and how people say
// what is to become of its records. All of it is within the rights of whoever acts:
// a sync that may not be seen is not there, and names are masked where they must be.
type Campus interface {
	Inbox
	Sections
	Attendance

	// OperatesSync tells whether whoever acts may say something.
	OperatesSync(ctx context.Context, name string) bool
	// StartSIS starts a task of a sync, with arguments that name it.
	StartSIS(ctx context.Context, name, task string, args any) (job.Job, error)
}

// syncs are those that whoever acts may see.
func (s *server) syncs(ctx context.Context) []string {
	return slices.DeleteFunc(slices.Clone(s.Syncs), func(name string) bool { return s.SeesSync != nil && !s.SeesSync(ctx, name) })
}

// syncOf returns the sync that a URL chooses: the first one, unless it names one.
// It is empty where there is none.
func (s *server) syncOf(ctx context.Context, q url.Values) (string, error) {
	syncs, name := s.syncs(ctx), q.Get("sync")
	switch {
	case name != "" && !slices.Contains(syncs, name):
		return "", fault.New(fault.NotFound, "There is no sync “%s”.", name).In("sync")
	case name == "" && len(syncs) > 0:
		return syncs[0], nil
	}
	return name, nil
}

// switcher leads to a page about each sync, if there are several.
func switcher(path string, syncs []string) (links []link) {
	if len(syncs) < 2 {
		return nil
	}
	for _, name := range syncs {
		links = append(links, link{name, with(path, url.Values{}, "sync", name)})
	}
	return links
}

// oneOf returns the value of a field, which must be one of all or absent.
func oneOf[T ~string](q url.Values, field string, all []T, refusal string) (T, error) {
	value := T(q.Get(field))
	if value != "" && !slices.Contains(all, value) {
		return "", fault.New(fault.Invalid, refusal, string(value)).In(field)
	}
	return value, nil
}

// A begun is the job that a form of this page has started, and how far it is.
type begun struct {
	ID, Text string
	Chip     chip
}

// begun returns the job that the URL names, if it may be seen.
func (s *server) begun(r *http.Request) (*begun, error) {
	id := r.URL.Query().Get("job")
	if id == "" {
		return nil, nil
	}
	j, err := s.Jobs.Job(r.Context(), id)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &begun{j.ID, join(" ", j.Description, firstText(j.Error, j.Reason)), chipOfJob(j)}, nil
}

func firstText(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// A word is what a person can say about a record of the SIS: a page that asks for
// a reason, and the job that its form starts.
type word struct {
	path               string // of the page that asks
	Asks, Says, Button string
	Danger             bool
	Wants              string // what is asked for beside the reason; empty: nothing

	// about finds what it is about, and what page goes on.
	about func(s *server, r *http.Request) (topic, error)
	// start starts the job. value is what was asked for beside the reason.
	start func(s *server, r *http.Request, value, reason string) (job.Job, error)
}

// A topic is what a person says something about.
type topic struct {
	What string // in a line
	Note string // what more there is to know before
	Back string // URL
}

type wordPage struct {
	frame
	word
	topic
	URL string // of the form
}

// rail returns the entry of the rail that it belongs to.
func (d word) rail() string {
	list, _, _ := strings.Cut(strings.TrimPrefix(d.path, "/"), "/")
	list, _, _ = strings.Cut(list, ":")
	return list
}

// wordRoutes are the pages that ask, and their forms.
func (s *server) wordRoutes(words []word) (all []route) {
	for _, d := range words {
		all = append(all,
			route{"GET " + d.path, auth.NeedOperate, s.page(s.askWord(d))},
			route{"POST " + d.path, auth.NeedOperate, s.page(s.takeWord(d))})
	}
	return all
}

// askWord serves the page that asks, and does nothing.
func (s *server) askWord(d word) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) (err error) {
		page := wordPage{word: d, URL: r.URL.RequestURI()}
		if page.topic, err = s.topicOf(d, r); err != nil {
			return err
		}
		if page.frame, err = s.frame(r.Context(), d.Button, d.rail()); err != nil {
			return err
		}
		return s.render(w, r, http.StatusOK, "word", page)
	}
}

// takeWord serves the form of that page, and leads back with the job it started.
func (s *server) takeWord(d word) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		reason, err := reasonOf(r)
		if err != nil {
			return err
		}
		about, err := s.topicOf(d, r)
		if err != nil {
			return err
		}
		value := form{values: r.PostForm}.text("value")
		if d.Wants != "" && value == "" {
			return fault.New(fault.Invalid, "“%s” is not answered.", d.Wants).In("value")
		}
		j, err := d.start(s, r, value, reason)
		if err != nil {
			return err
		}
		back, err := url.Parse(about.Back)
		if err != nil {
			return err
		}
		http.Redirect(w, r, with(back.EscapedPath(), back.Query(), "job", j.ID), http.StatusSeeOther)
		return nil
	}
}

// topicOf finds what something is said about, for those who may say it.
func (s *server) topicOf(d word, r *http.Request) (topic, error) {
	about, err := d.about(s, r)
	if err == nil && !s.Campus.OperatesSync(r.Context(), r.PathValue("sync")) {
		err = fault.New(fault.Denied, "This needs the right to operate the sync %s.", r.PathValue("sync"))
	}
	return about, err
}
