package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Queues is what the pages read of queues, and change.
type Queues interface {
	Queues(ctx context.Context) ([]job.Queue, error)

	// Pauses returns what keeps jobs from starting, of [job.EveryQueue] too.
	Pauses(ctx context.Context) ([]job.Pause, error)

	// Pause refuses one without a note.
	Pause(ctx context.Context, p job.Pause) (job.Pause, error)
	Resume(ctx context.Context, queue string) (job.Pause, error)
}

type queuesPage struct {
	frame
	Sentence string
	Queues   []queueRow
	All      string // why no queue starts jobs; empty: they may
	May      bool   // pause and resume
	limitList
}

// A queueRow is one queue.
type queueRow struct {
	job.Queue
	Chip                                   chip
	Says                                   string // why its jobs do not start
	Own                                    bool   // it is paused by itself
	Queued, Waiting, Later, Running, Staff int64
}

// queues serves GET /queues: where jobs stand until a worker takes them.
func (s *server) queues(w http.ResponseWriter, r *http.Request) error {
	page, err := s.queuesPage(r.Context())
	if err != nil {
		return err
	}
	if page.limitList, err = s.limitList(r.Context()); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "queues", page)
}

func (s *server) queuesPage(ctx context.Context) (page queuesPage, err error) {
	if page.frame, err = s.frame(ctx, "Queues", "queues"); err != nil {
		return page, err
	}
	return page, s.addQueues(ctx, &page)
}

// addQueues adds the queues, and what keeps their jobs from starting.
func (s *server) addQueues(ctx context.Context, page *queuesPage) error {
	all, err := s.Queues.Queues(ctx)
	if err != nil {
		return fmt.Errorf("list queues: %w", err)
	}
	pauses, err := s.Queues.Pauses(ctx)
	if err != nil {
		return fmt.Errorf("list pauses: %w", err)
	}
	page.May = auth.Of(ctx).Everywhere(auth.Operate)
	own := map[string]bool{}
	for _, p := range pauses {
		own[p.Queue] = true
		if p.Queue == job.EveryQueue {
			page.All = p.Sentence(s.Now())
		}
	}
	for _, q := range all {
		page.Queues = append(page.Queues, s.queueRow(q, own[q.Name]))
	}
	page.Sentence = queueSentence(page.Queues)
	return nil
}

func (s *server) queueRow(q job.Queue, own bool) queueRow {
	row := queueRow{
		Queue: q, Own: own, Chip: chip{"Open", "check", "succeeded"},
		Queued: q.Counts[job.Queued], Waiting: q.Counts[job.Waiting], Running: q.Counts[job.Running],
		Later: q.Counts[job.Scheduled] + q.Counts[job.Retrying], Staff: int64(len(q.Workers)),
	}
	switch {
	case q.Pause != nil:
		row.Chip, row.Says = chip{"Paused", "pause", "held"}, q.Pause.Sentence(s.Now())
	case len(q.Workers) == 0 && row.Queued > 0:
		row.Chip, row.Says = chip{"Nobody", "alert", "failed"}, "No worker takes jobs from it."
	}
	return row
}

func queueSentence(rows []queueRow) string {
	var queued, paused int64
	for _, q := range rows {
		queued += q.Queued
		if q.Pause != nil {
			paused++
		}
	}
	text := counted(queued, "job is queued", "jobs are queued")
	if paused > 0 {
		text += ", and " + counted(paused, "queue is paused", "queues are paused")
	}
	return text + "."
}

type pauseQueuePage struct {
	frame
	Queue string // empty: all of them
	Path  string
	Zone  string
}

// confirmPause serves GET /queues/{queue}/pause, which asks why and does nothing.
func (s *server) confirmPause(w http.ResponseWriter, r *http.Request) error {
	frame, err := s.frame(r.Context(), "Pause queue", "queues")
	if err != nil {
		return err
	}
	name := r.PathValue("queue")
	page := pauseQueuePage{frame, strings.TrimPrefix(name, job.EveryQueue), queuePath(name), s.Zone.String()}
	return s.render(w, r, http.StatusOK, "pause-queue", page)
}

// pauseQueue serves POST /queues/{queue}/pause.
func (s *server) pauseQueue(w http.ResponseWriter, r *http.Request) error {
	p := job.Pause{Queue: r.PathValue("queue"), By: actor(r.Context()), Note: r.PostFormValue("note")}
	if text := r.PostFormValue("until"); text != "" {
		until, err := time.ParseInLocation("2006-01-02T15:04", text, s.Zone)
		if err != nil {
			return fault.New(fault.Invalid, "“%s” is not a time.", text).In("until")
		}
		p.Until = &until
	}
	if _, err := s.Queues.Pause(r.Context(), p); err != nil {
		return fmt.Errorf("pause queue: %w", err)
	}
	http.Redirect(w, r, "/queues", http.StatusSeeOther)
	return nil
}

// resumeQueue serves POST /queues/{queue}/resume.
func (s *server) resumeQueue(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Queues.Resume(r.Context(), r.PathValue("queue")); err != nil {
		return fmt.Errorf("resume queue: %w", err)
	}
	http.Redirect(w, r, "/queues", http.StatusSeeOther)
	return nil
}

func queuePath(name string) string { return "/queues/" + url.PathEscape(name) }
