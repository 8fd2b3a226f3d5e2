package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A rush is many schedules that are due at once. It stands between a walker
// and the engine, as a [timetable.Queue], and notes when jobs are accepted.
type rush struct {
	*engine.Engine
	platform *platform
	due      time.Time
	runs     []atomic.Int64 // by the number in the arguments of the job

	mu      sync.Mutex
	lags    []time.Duration // from due until a job was acknowledged to be enqueued
	decided []job.Slot
	last    time.Time // when one was decided
}

func newRush(p *platform, o Timetable) *rush {
	due := time.Now().Add(registering(o.Schedules)).Truncate(time.Second).Add(time.Second)
	return &rush{Engine: p.engine, platform: p, due: due, runs: make([]atomic.Int64, o.Schedules)}
}

// task counts the runs of each schedule's job.
func (h *rush) task() tasks.Task {
	return does(func(_ context.Context, j *tasks.Job[args]) error {
		h.runs[j.Args.N].Add(1)
		return nil
	})
}

func (h *rush) walker() *timetable.Walker {
	return &timetable.Walker{
		Ledger: h.platform.ledger, Queue: h, Log: h.platform.bed.log, Now: time.Now, Observe: h.observe,
	}
}

// EnqueueBatch implements [timetable.Queue].
func (h *rush) EnqueueBatch(ctx context.Context, all []job.Request) ([]timetable.Accepted, error) {
	accepted, err := h.Engine.EnqueueBatch(ctx, all)
	if err != nil {
		return nil, err
	}
	lag := time.Since(h.due)
	h.mu.Lock()
	defer h.mu.Unlock()
	done := make([]timetable.Accepted, len(accepted))
	for i, a := range accepted {
		done[i] = timetable.Accepted{Job: a.Job, Err: a.Err}
		if a.Err == nil {
			h.lags = append(h.lags, lag)
		}
	}
	return done, nil
}

func (h *rush) observe(slot job.Slot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.decided, h.last = append(h.decided, slot), time.Now()
}

// over waits until all slots are decided and their jobs have ended.
func (h *rush) over(ctx context.Context) error {
	ctx, cancel := context.WithDeadlineCause(ctx, h.due.Add(5*time.Minute), errors.New("slots are open five minutes after they were due"))
	defer cancel()
	err := poll(ctx, 20*time.Millisecond, func() (bool, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.decided) >= len(h.runs), nil
	})
	if err == nil {
		err = h.platform.settled(ctx)
	}
	return cmp.Or(context.Cause(ctx), err)
}

// report adds how soon the jobs were enqueued, once it is certain that each
// schedule ran once.
func (h *rush) report(r *Report) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	none, twice := h.wrong()
	if none+twice > 0 {
		return fmt.Errorf("of %d schedules %d missed their slot and %d ran twice, where each should run once", len(h.runs), none, twice)
	}
	slices.Sort(h.lags)
	r.spread(firstJobs, ours, h.lags[:min(early, len(h.lags))])
	r.add(allJobs, "ms", ours, millis(h.lags[len(h.lags)-1]))
	r.add(allSettled, "ms", ours, millis(h.last.Sub(h.due)))
	r.add(missed, "slots", ours, float64(none))
	r.add(doubled, "slots", ours, float64(twice))
	return nil
}

// wrong returns how many schedules have not run, and how many ran more
// than once.
func (h *rush) wrong() (none, twice int) {
	for i := range h.runs {
		switch n := h.runs[i].Load(); {
		case n == 0:
			none++
		case n > 1:
			twice++
		}
	}
	twice += max(len(h.decided)-len(h.runs), 0)
	return none, twice
}
