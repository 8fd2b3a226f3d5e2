package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A many is what a list of jobs offers to do to several of them at once.
type many struct {
	Abort, Retry bool // some of the rows can be
	AbortAll     link // to all that match, those on other pages too; empty: there is no such choice
	RetryAll     link
	Here         string // the list, to come back to
}

// Any reports whether there is anything to choose.
func (m many) Any() bool { return m.Abort || m.Retry }

// retryable are the states of jobs that can be run again.
var retryable = []job.State{job.Failed, job.Aborted, job.Expired}

func manyOf(rows []jobRow, f job.Filter) many {
	m := many{Here: listURL(f, "before", f.Before)}
	m.Abort = slices.ContainsFunc(rows, func(r jobRow) bool { return r.CanAbort })
	m.Retry = slices.ContainsFunc(rows, func(r jobRow) bool { return r.CanRetry })
	if m.Abort && f.Chooses() {
		m.AbortAll = link{"Abort all that match", manyPath("abort", f)}
	}
	if m.Retry && f.Chooses() {
		m.RetryAll = link{"Retry all that match", manyPath("retry", f)}
	}
	return m
}

func manyPath(verb string, f job.Filter) string {
	return with("/jobs:"+verb, url.Values{}, "q", f.String(), "next", listURL(f))
}

// A manyDeed is something that is done to many jobs, with its words.
type manyDeed struct {
	Verb    string // and the word that confirms it
	Title   string // of the button
	Done    string // after the number of jobs
	Warning string
	Danger  bool
	do      func(context.Context, job.Bulk) (job.BulkResult, error)
}

func (s *server) abortDeed() manyDeed {
	return manyDeed{"abort", "Abort", "aborted, or told to stop", "Those that run stop within a second or so, and what they have done until then stays done. The others will not start.", true, s.Jobs.AbortMany}
}

func (s *server) retryDeed() manyDeed {
	return manyDeed{"retry", "Retry", "started again, or sooner", "Each runs again as a new job with the same arguments. What has been retried before is not run twice.", false, s.Jobs.RetryMany}
}

type manyPage struct {
	frame
	Deed    manyDeed
	Query   string // the filter that chooses the jobs, or
	IDs     []string
	Count   int
	Sample  []job.Job
	Word    string // to be typed; empty: there are so few jobs that a button will do
	Reason  string
	Mistake string
	Next    string // where to go afterwards
	Command string // what does the same in a terminal; empty: nothing as short
	Result  job.BulkResult
}

// wordAbove is how many jobs are changed by a button alone.
const wordAbove = 100

// askMany returns the page that asks before something is done to many jobs: how
// many, which, and why.
func (s *server) askMany(deed func() manyDeed) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		page, err := s.manyPage(r, deed())
		if err != nil {
			return err
		}
		return s.render(w, r, http.StatusOK, "many", page)
	}
}

// manyPage counts the jobs that a request is about. It changes nothing.
func (s *server) manyPage(r *http.Request, deed manyDeed) (page manyPage, err error) {
	page = manyPage{Deed: deed, Query: r.FormValue("q"), IDs: r.Form["id"], Reason: r.FormValue("reason"), Next: local(r.FormValue("next"), "/jobs")}
	if page.Query == "" && len(page.IDs) == 0 {
		return page, fault.New(fault.Invalid, "No job is chosen. Tick those that are meant in the list, or choose all that match its filter.")
	}
	seen, err := deed.do(r.Context(), job.Bulk{Filter: page.Query, IDs: page.IDs, DryRun: true})
	if err != nil {
		return page, fmt.Errorf("count the jobs to %s: %w", deed.Verb, err)
	}
	page.Count, page.Sample = seen.Count, seen.Sample
	if page.Count > wordAbove {
		page.Word = deed.Verb
	}
	if f, err := job.ParseFilter(page.Query); err == nil && page.Query != "" {
		page.Command = command(deed.Verb, f)
	}
	page.frame, err = s.frame(r.Context(), deed.Title+" jobs", "jobs")
	return page, err
}

// doMany returns what does it, and says then what was done and what was not.
// Where more jobs match by now, or the word was not typed, it asks again.
func (s *server) doMany(deed func() manyDeed) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		page, err := s.manyPage(r, deed())
		if err != nil {
			return err
		}
		expect, err := strconv.Atoi(r.PostFormValue("expect"))
		if err != nil || expect < 0 {
			return fault.New(fault.Invalid, "The form does not say how many jobs were seen; begin at the list.").In("expect")
		}
		if max(expect, page.Count) > wordAbove && strings.TrimSpace(r.PostFormValue("word")) != page.Deed.Verb {
			page.Word = page.Deed.Verb
			return s.askAgain(w, r, page, fault.New(fault.Invalid, "Type “%s” to confirm that %s are meant.", page.Word, counted(int64(page.Count), "job", "jobs")))
		}
		page.Result, err = page.Deed.do(r.Context(), job.Bulk{Filter: page.Query, IDs: page.IDs, Expect: &expect, Reason: page.Reason})
		if late := goOn(w); late != nil {
			return late
		}
		if kind := fault.KindOf(err); kind == fault.Conflict || kind == fault.Invalid {
			return s.askAgain(w, r, page, err)
		}
		if err != nil {
			return fmt.Errorf("%s many jobs: %w", page.Deed.Verb, err)
		}
		return s.render(w, r, http.StatusOK, "many-done", page)
	}
}

// pageTime is how long a browser has for the page that says what was done.
const pageTime = time.Minute

// goOn gives a page more time: many jobs may have taken longer than one has.
func goOn(w http.ResponseWriter) error {
	err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(pageTime))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

func (s *server) askAgain(w http.ResponseWriter, r *http.Request, page manyPage, why error) error {
	page.Mistake = fault.Message(why)
	return s.render(w, r, fault.KindOf(why).Status(), "many", page)
}
