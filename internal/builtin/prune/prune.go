// Package prune is the task that removes what is older than the retention says:
// jobs that have ended, the errors of their records, and their logs.
//
// It is a task like any other: it has a schedule that an administrator may
// change, a page that tells how far it is, and it can be aborted. It removes a
// little at a time and rests as long as that took, so that whoever records what
// happens gets through. Where it is ended, the next run goes on.
package prune

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Name is that of the task and of its schedule.
const Name = "beadle.prune"

// A Sweep removes what is too old, a little with each call.
type Sweep interface {
	// Next returns what it has removed of each client, also where it fails. It
	// reports false when there is no more.
	Next(ctx context.Context) (removed map[string]job.Pruned, more bool, err error)
}

// longestRest is how long it rests at most.
const longestRest = time.Second

// Begin begins to remove what is too old at a time. It reports false as long as
// no scheduler has said how long things are kept.
type Begin func(ctx context.Context, now time.Time) (s Sweep, known bool, err error)

// New returns the task.
func New(begin Begin) tasks.Task {
	return tasks.Spec[struct{}]{
		Name:      Name,
		Summary:   "Remove jobs, record errors and logs that are older than the retention says.",
		Schedules: []tasks.Schedule[struct{}]{{Cron: "30 3 * * *"}},
		Timeout:   6 * time.Hour,
		Unique:    &tasks.Unique{},
		Writes:    func(struct{}) []string { return []string{"/retention"} },
		Run: func(ctx context.Context, job *tasks.Job[struct{}]) error {
			sweep, known, err := begin(ctx, time.Now())
			if err != nil {
				return err
			}
			if !known {
				job.Log.Warn("nothing is removed: no scheduler has said yet how long things are kept")
				job.Progress(tasks.Progress{Stage: "removed nothing: no scheduler has said yet how long things are kept"})
				return nil
			}
			r := run{job: job, sweep: sweep, removed: removed{}}
			err = r.all(ctx)
			r.report()
			return err
		},
	}
}

// errStops asks for another attempt elsewhere, which uses up none.
var errStops = errors.New("the worker stops; the rest is removed by the next attempt")

// A run is one attempt.
type run struct {
	job     *tasks.Job[struct{}]
	sweep   Sweep
	removed removed
}

// removed is what was removed, by client.
type removed map[string]job.Pruned

func (r removed) total() (all job.Pruned) {
	for _, n := range r {
		all = all.Add(n)
	}
	return all
}

func (r *run) all(ctx context.Context) error {
	for {
		start := time.Now()
		more, err := r.some(ctx)
		if err != nil || !more {
			return err
		}
		if err := r.rest(ctx, min(time.Since(start), longestRest)); err != nil {
			return err
		}
	}
}

func (r *run) some(ctx context.Context) (more bool, err error) {
	some, more, err := r.sweep.Next(ctx)
	for client, n := range some {
		r.removed[client] = r.removed[client].Add(n)
	}
	total := r.removed.total()
	r.job.Progress(tasks.Progress{Stage: sentence(total), Done: total.Jobs, Removed: total.Jobs})
	return more, err
}

// rest leaves the ledger to others.
func (r *run) rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.job.WrapUp():
		return errStops
	case <-ctx.Done():
		return ctx.Err()
	}
}

// report says in the log of the job what was removed.
func (r *run) report() {
	for _, client := range slices.Sorted(maps.Keys(r.removed)) {
		n := r.removed[client]
		if n != (job.Pruned{}) {
			r.job.Log.Info("removed", "client", client, "jobs", n.Jobs, "errors", n.Errors, "log_lines", n.Lines)
		}
	}
}

// sentence says what was removed as people read it.
func sentence(n job.Pruned) string {
	return fmt.Sprintf("removed %s, %s and %s",
		counted(n.Jobs, "job"), counted(n.Errors, "record error"), counted(n.Lines, "log line"))
}

func counted(n int64, what string) string {
	return fmt.Sprintf("%d %s", n, cmp.Or(map[int64]string{1: what}[n], what+"s"))
}
