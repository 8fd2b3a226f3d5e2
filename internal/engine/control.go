package engine

import (
	"context"
	"errors"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Abort tells a job to stop. One that no worker holds ends at once. One that
// runs is marked as aborting, its context ends within a second, and it has
// ended when its code returns; if it returned without an error by then, it has
// succeeded all the same. A job that has ended is a [fault.Conflict].
func (e *Engine) Abort(ctx context.Context, id, by string) (job.Job, error) {
	for {
		rec, err := e.read(ctx, id)
		switch {
		case err != nil:
			return job.Job{}, err
		case rec.State.Final():
			return job.Job{}, ended(rec)
		case rec.Aborting:
			e.nudge(ctx, id)
			return rec.Job, nil
		}
		next, done, err := e.abort(ctx, rec, by)
		if done || err != nil {
			return next.Job, err
		}
	}
}

// abort aborts the job as rec says it is, and reports false if it is otherwise
// by now.
func (e *Engine) abort(ctx context.Context, rec record, by string) (next record, ok bool, err error) {
	next = rec
	next.abortBy = first(by, "somebody")
	if rec.fence != 0 {
		next.Aborting = true
		if ok, err = e.apply(ctx, rec, next); ok {
			e.nudge(ctx, rec.ID)
		}
		return next, ok, err
	}
	if next, ok, err = e.endAborted(ctx, next, rec); ok {
		e.forget(ctx, rec)
	}
	return next, ok, err
}

// endAborted ends a job that no attempt holds.
func (e *Engine) endAborted(ctx context.Context, next, was record) (record, bool, error) {
	at := now()
	next.State, next.Reason, next.Ended, next.Aborting = job.Aborted, abortReason(next.abortBy), &at, false
	next.fence, next.Worker = 0, ""
	ok, err := e.apply(ctx, was, next, events.JobEnded{ID: was.ID, Task: was.Task, State: next.State, Reason: next.Reason, At: at})
	return next, ok, err
}

func abortReason(by string) string { return "Aborted by " + by + "." }

func ended(rec record) error {
	return fault.New(fault.Conflict, "Job %s has already %s.", rec.ID, rec.State)
}

// nudge tells the workers to look at the job's abort flag now. They look every
// two seconds anyway.
func (e *Engine) nudge(ctx context.Context, id string) {
	if err := e.rdb.Publish(ctx, abortTopic, id).Err(); err != nil {
		e.log.WarnContext(ctx, "abort noted, the worker will see it later", "job", id, "err", err)
	}
}

// forget takes the asynq task of an ended job away. If it cannot be, it is
// acknowledged when it is delivered.
func (e *Engine) forget(ctx context.Context, rec record) {
	err := e.inspector.DeleteTask(rec.Queue, rec.ID)
	if err != nil && !errors.Is(err, asynq.ErrTaskNotFound) && !errors.Is(err, asynq.ErrQueueNotFound) {
		e.log.DebugContext(ctx, "task of an aborted job stays until it is delivered", "job", rec.ID, "err", err)
	}
}

// Hurry queues a job now that would start or be retried later, or that waits.
// A job that is queued already stays as it is; one that runs or has ended is a
// [fault.Conflict].
func (e *Engine) Hurry(ctx context.Context, id string) (job.Job, error) {
	for {
		rec, err := e.read(ctx, id)
		switch {
		case err != nil:
			return job.Job{}, err
		case rec.State.Final():
			return job.Job{}, ended(rec)
		case rec.State == job.Queued:
			return rec.Job, nil
		case rec.fence != 0 || !rec.State.Can(job.Queued):
			return job.Job{}, fault.New(fault.Conflict, "Job %s is %s.", id, rec.State)
		}
		next := rec
		next.State, next.Reason, next.Due = job.Queued, "", now()
		ok, err := e.applyIntent(ctx, rec, next, events.JobQueued{ID: id, At: next.Due})
		if err != nil {
			return job.Job{}, err
		}
		if ok {
			e.hasten(ctx, next)
			return next.Job, nil
		}
	}
}

// hasten delivers a job that a worker may be putting back at this very moment.
func (e *Engine) hasten(ctx context.Context, rec record) {
	for range 10 {
		if err := e.drive(ctx, rec); !errors.Is(err, errBusy) {
			if err != nil {
				e.log.WarnContext(ctx, "job queued, delivery is left to the sweeper", "job", rec.ID, "err", err)
			}
			return
		}
		if !sleep(ctx, 20*time.Millisecond) {
			return
		}
	}
}

// sleep waits for d and reports whether ctx still lasts.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
