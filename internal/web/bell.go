package web

import (
	"context"
	"fmt"
	"net/http"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A bell is what a person presses to hear when a job has ended, and again to
// take that back. The zero bell is not shown.
type bell struct {
	Job string // its id; empty: there is nothing to press
	On  bool   // whoever looks will be told
}

// Press is where pressing it is sent.
func (b bell) Press() string { return jobPath(b.Job) + either(b.On, "/unnotify", "/notify") }

// bells returns the bells of jobs, by id, with one question for all of them. Jobs
// that have ended have none, and nobody has who cannot be reached.
func (s *server) bells(ctx context.Context, jobs []job.Job) (map[string]bell, error) {
	var open []string
	for _, j := range jobs {
		if !j.State.Final() {
			open = append(open, j.ID)
		}
	}
	if s.Notices == nil || len(open) == 0 {
		return nil, nil
	}
	address, err := s.Notices.Address(ctx)
	if err != nil || address == "" {
		return nil, err
	}
	followed, err := s.Notices.Followed(ctx, open)
	if err != nil {
		return nil, fmt.Errorf("read which jobs are followed: %w", err)
	}
	all := make(map[string]bell, len(open))
	for _, id := range open {
		all[id] = bell{id, followed[id]}
	}
	return all, nil
}

// bellOf returns the bell of one job, or why there is none.
func (s *server) bellOf(ctx context.Context, j job.Job) (b bell, missing string, err error) {
	all, err := s.bells(ctx, []job.Job{j})
	b = all[j.ID]
	if err == nil && b.Job == "" && s.Notices != nil && !j.State.Final() {
		missing = reachSentence("", auth.Of(ctx))
	}
	return b, missing, err
}

// ring serves POST /jobs/{id}/notify, and leads back to where it was pressed.
func (s *server) ring(w http.ResponseWriter, r *http.Request) error {
	j, err := s.Notices.Follow(r.Context(), r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("follow job: %w", err)
	}
	http.Redirect(w, r, local(r.PostFormValue("next"), jobPath(j.ID)), http.StatusSeeOther)
	return nil
}

// unring serves POST /jobs/{id}/unnotify, and leads back as well.
func (s *server) unring(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := s.Notices.Unfollow(r.Context(), id); err != nil {
		return fmt.Errorf("no longer follow job: %w", err)
	}
	http.Redirect(w, r, local(r.PostFormValue("next"), jobPath(id)), http.StatusSeeOther)
	return nil
}
