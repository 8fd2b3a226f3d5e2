package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

type abortPage struct {
	frame
	Job      job.Job
	Sentence string
	Next     string // where to go afterwards
}

// confirmAbort serves GET /jobs/{id}/abort, which asks and does nothing. With
// JavaScript its form appears as a dialog on the page that leads here.
func (s *server) confirmAbort(w http.ResponseWriter, r *http.Request) error {
	j, err := s.Jobs.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	if j.State.Final() {
		return fault.New(fault.Conflict, "The job has ended already: it %s.", ended[j.State])
	}
	frame, err := s.frame(r.Context(), "Abort job", "jobs")
	if err != nil {
		return err
	}
	page := abortPage{frame, j, sentence(j, s.now()), cameFrom(r, jobPath(j.ID))}
	return s.render(w, r, http.StatusOK, "abort", page)
}

var ended = map[job.State]string{
	job.Succeeded: "succeeded",
	job.Failed:    "failed",
	job.Aborted:   "was aborted",
	job.Expired:   "expired",
}

// abort serves POST /jobs/{id}/abort.
func (s *server) abort(w http.ResponseWriter, r *http.Request) error {
	j, err := s.Jobs.Abort(r.Context(), r.PathValue("id"), actor(r.Context()))
	if err != nil {
		return fmt.Errorf("abort job: %w", err)
	}
	http.Redirect(w, r, local(r.PostFormValue("next"), jobPath(j.ID)), http.StatusSeeOther)
	return nil
}

// retry serves POST /jobs/{id}/retry and leads to the job that runs now.
func (s *server) retry(w http.ResponseWriter, r *http.Request) error {
	j, err := s.Jobs.Retry(r.Context(), r.PathValue("id"), actor(r.Context()))
	if err != nil {
		return fmt.Errorf("retry job: %w", err)
	}
	http.Redirect(w, r, jobPath(j.ID), http.StatusSeeOther)
	return nil
}

// cameFrom returns the page that led here, to go back to.
func cameFrom(r *http.Request, otherwise string) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || strings.HasSuffix(u.Path, "/abort") || strings.HasSuffix(u.Path, "/errors") || strings.HasSuffix(u.Path, "/break") {
		return otherwise
	}
	return local(u.RequestURI(), otherwise)
}

// local returns next if it is a path of this server, or else the other one. A
// link must not be able to lead a person elsewhere: browsers read // and \ as
// the beginning of another server's name.
func local(next, otherwise string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil {
		return otherwise
	}
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n") {
		return otherwise
	}
	return next
}
