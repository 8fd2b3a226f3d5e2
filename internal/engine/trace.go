package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A Tracer makes the spans of jobs. It may be used from several goroutines.
type Tracer interface {
	// Enqueue begins the span of a job's acceptance. It returns the W3C
	// traceparent that goes with the job, which is empty if the job is not
	// traced, and what ends the span.
	Enqueue(ctx context.Context, r job.Request) (traceparent string, end func(job.Job, error))

	// Attempt begins the span of an attempt at a job that has a traceparent, and
	// tells of the wait before it. It returns the context of the task's code, and
	// what ends the span.
	Attempt(ctx context.Context, b job.Beginning) (context.Context, func(job.Outcome))
}

// Trace has spans made of all jobs from now on. Call it before anything else.
func (e *Engine) Trace(t Tracer) { e.tracer = t }

// enqueueTraced is enqueueAll with a span for each job. Jobs that are put back
// had theirs when they were accepted.
func (e *Engine) enqueueTraced(ctx context.Context, all []job.Request) ([]Accepted, error) {
	all = slices.Clone(all)
	ends := make([]func(job.Job, error), len(all))
	for i, r := range all {
		if r.Resume == nil {
			all[i].Trace, ends[i] = e.tracer.Enqueue(ctx, r)
		}
	}
	done, err := e.enqueueAll(ctx, all)
	for i, end := range ends {
		switch {
		case end == nil:
		case err != nil:
			end(job.Job{}, err)
		default:
			end(done[i].Job, done[i].Err)
		}
	}
	return done, err
}

// trace begins the span of an attempt.
func (w *Worker) trace(h *hold, began time.Time) {
	tracer := w.engine.tracer
	if tracer == nil || h.Trace == "" {
		return
	}
	h.work, h.span = tracer.Attempt(h.work, h.beginning(began, w.engine.clock.ahead()))
}

// traced ends the span of an attempt. One that was not recorded is lost.
func (h *hold) traced(outcome job.Outcome, recorded bool) {
	switch {
	case h.span == nil:
	case recorded:
		h.span(outcome)
	default:
		h.span(job.AttemptLost)
	}
}

// beginning is what the record says of the time before an attempt, by the clock
// of this process, which Redis' is ahead of.
func (r *record) beginning(began time.Time, ahead time.Duration) job.Beginning {
	ready := r.Due
	if r.Attempt > 1 && r.Started != nil && !ready.After(*r.Started) {
		ready = began // its worker was lost, and it is not known when it was queued again
	}
	b := job.Beginning{Job: r.Job, Ready: ready.Add(-ahead), Began: began.Add(-ahead)}
	for _, p := range r.waited(began) {
		b.Parked = append(b.Parked, job.Parked{Kind: p.Kind, From: p.From.Add(-ahead), To: p.To.Add(-ahead)})
	}
	return b
}

// waited returns the waits since the last attempt, the first one first. What
// ended without a word, because its time had come, lasted until the next one or
// until the attempt.
func (r *record) waited(began time.Time) []job.Parked {
	var all []job.Parked
	for line := range strings.Lines(r.parked) {
		words := append(strings.Fields(line), "", "", "")
		from, err := fromMillis(words[1])
		if err != nil {
			continue
		}
		to, err := fromMillis(words[2])
		if err != nil {
			to = began
		}
		if n := len(all); n > 0 && all[n-1].To.After(from) {
			all[n-1].To = from
		}
		all = append(all, job.Parked{Kind: job.WaitKind(words[0]), From: from, To: to})
	}
	return all
}
