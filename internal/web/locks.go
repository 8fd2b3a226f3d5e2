package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// fewWaiters is how many of those in line for one resource the page shows.
const fewWaiters = 20

type locksPage struct {
	frame
	Sentence string
	Locks    []lockRows
	limitList
}

// lockRows are one resource, who holds it, and who stands in line for it.
type lockRows struct {
	Resource string
	Rows     []lockRow
	More     int // in line, and not shown
}

// A lockRow is one job at a resource.
type lockRow struct {
	Chip      chip
	Mode      string
	Job, Task string
	Client    string
	Since     time.Time
	Holds     bool
}

// locks serves GET /locks: who holds what, who waits, and what bounds them.
func (s *server) locks(w http.ResponseWriter, r *http.Request) error {
	page, err := s.locksPage(r.Context())
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "locks", page)
}

func (s *server) locksPage(ctx context.Context) (page locksPage, err error) {
	if page.frame, err = s.frame(ctx, "Locks", "locks"); err != nil {
		return page, err
	}
	locks, err := s.Locks.List(ctx)
	if err != nil {
		return page, fmt.Errorf("list locks: %w", err)
	}
	if page.limitList, err = s.limitList(ctx); err != nil {
		return page, err
	}
	held, waiting := 0, map[string]bool{}
	for _, l := range locks {
		page.Locks = append(page.Locks, rowsOf(l))
		held += min(len(l.Holders), 1)
		for _, w := range l.Waiters {
			waiting[w.JobID] = true
		}
	}
	page.Sentence = lockSentence(held, len(waiting))
	return page, nil
}

func rowsOf(l job.Lock) lockRows {
	rows := lockRows{Resource: l.Resource, More: max(0, len(l.Waiters)-fewWaiters)}
	for _, h := range l.Holders {
		rows.Rows = append(rows.Rows, lockRow{chip{"Holds", "held", "running"}, h.Mode, h.JobID, h.Task, h.Client, h.Since, true})
	}
	for w := range slices.Values(l.Waiters[:min(len(l.Waiters), fewWaiters)]) {
		rows.Rows = append(rows.Rows, lockRow{chip{"Waits", "waiting", "waiting"}, w.Mode, w.JobID, w.Task, w.Client, w.Since, false})
	}
	return rows
}

func lockSentence(held, waiting int) string {
	if held == 0 && waiting == 0 {
		return "Nothing is locked."
	}
	return counted(int64(held), "resource is held", "resources are held") + ", " + counted(int64(waiting), "job waits.", "jobs wait.")
}

type breakPage struct {
	frame
	Job      job.Job
	Sentence string
	Next     string // where to go afterwards
}

// confirmBreak serves GET /jobs/{id}/break, which asks why and does nothing.
func (s *server) confirmBreak(w http.ResponseWriter, r *http.Request) error {
	j, err := s.Jobs.Job(r.Context(), r.PathValue("id"))
	if err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	if j.State != job.Running {
		return fault.New(fault.Conflict, "The job does not run, so that it holds no locks.")
	}
	frame, err := s.frame(r.Context(), "Break locks", "locks")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "break", breakPage{frame, j, sentence(j, s.now()), cameFrom(r, "/locks")})
}

// breakLocks serves POST /jobs/{id}/break.
func (s *server) breakLocks(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Jobs.Break(r.Context(), r.PathValue("id"), actor(r.Context()), r.PostFormValue("reason")); err != nil {
		return fmt.Errorf("break locks of job: %w", err)
	}
	http.Redirect(w, r, local(r.PostFormValue("next"), "/locks"), http.StatusSeeOther)
	return nil
}
