package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// attempt makes one attempt at a job and records its outcome. refusal is an
// error that is known before the start.
func (w *Worker) attempt(h *hold, rec record, task tasks.Task, refusal error) error {
	at := now()
	rec, ok, err := w.begin(h, rec, at)
	switch {
	case err != nil:
		return w.again(h.id, err)
	case !ok:
		return putBack{0, "the job has changed"}
	}
	report := newReport(w, h, rec)
	cause, err := error(nil), tasks.Permanent(refusal)
	if refusal == nil {
		cause, err = w.run(h, rec, task, report)
	}
	report.close()
	if h.lease.Err() != nil {
		w.log.Warn("contact lost, the attempt's outcome is not recorded", "job", rec.ID, "attempt", rec.Attempt)
		return putBack{retryLock, errLeaseLost.Error()}
	}
	info := task.Info()
	return w.finish(h, report, outcome{
		attempt: rec, policy: policy{attempts: info.Attempts, backoff: info.Backoff},
		began: at, err: err, cause: cause,
	})
}

// begin opens an attempt in the record. It reports false if the job has
// changed since it was read.
func (w *Worker) begin(h *hold, was record, at time.Time) (record, bool, error) {
	next := was
	next.State, next.Reason, next.Worker, next.fence = job.Running, "", w.options.Name, h.grant.Fence
	next.Attempt++
	next.Progress = job.Progress{}
	if next.Started == nil {
		next.Started = &at
	}
	started := events.AttemptStarted{ID: was.ID, Attempt: next.Attempt, Worker: next.Worker, At: at}
	ok, err := w.engine.apply(h.lease, was, next, started)
	if ok || err != nil {
		return next, ok, err
	}
	// The reply to a first try may have been lost on the way: look who is in.
	next, err = w.engine.read(h.lease, was.ID)
	return next, next.fence == h.grant.Fence, err
}

// run calls the task's code and returns what ended its context, if anything
// did, and what it returned itself.
func (w *Worker) run(h *hold, rec record, task tasks.Task, report *report) (cause, err error) {
	limit := task.Info().Timeout
	ctx, cancel := context.WithTimeoutCause(h.work, limit, tooLong{limit})
	defer cancel()
	if rec.abortBy != "" {
		h.end(errAborted)
	}
	log := report.logger(w.log.With("job", rec.ID, "task", rec.Task, "attempt", rec.Attempt))
	err = guard(func() error {
		return task.Attempt(ctx, tasks.Attempt{
			JobID: rec.ID, Client: rec.Client, Number: rec.Attempt, Args: rec.Args, Log: log, Sink: report,
		})
	})
	if p, ok := errors.AsType[panicked](err); ok {
		log.Error("task panicked", "panic", p.value, "stack", p.stack)
	}
	return context.Cause(ctx), err
}

// A panicked is the error of code that panicked.
type panicked struct{ value, stack string }

func (p panicked) Error() string { return "panic: " + p.value }

// guard calls f. A panic is its error, and so is that of an error whose text
// cannot be read.
func guard(f func() error) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = panicked{fmt.Sprint(x), string(debug.Stack())}
		}
	}()
	if err = f(); err != nil {
		_ = err.Error()
	}
	return err
}

// finish records the outcome of an attempt, for as long as the lease lives,
// and returns what asynq is told.
func (w *Worker) finish(h *hold, report *report, o outcome) error {
	for pause := firstPause; ; {
		rec, done, err := w.conclude(h, report, o)
		switch {
		case done && rec.State.Final():
			return nil
		case done:
			return putBack{max(0, time.Until(wholeSecond(rec.Due))), first(rec.Error, rec.Reason, "put back into the queue")}
		case err == nil:
			continue // the record has changed: decide again
		}
		w.log.Warn("outcome of an attempt not recorded yet", "job", o.attempt.ID, "err", err)
		if !sleep(h.lease, pause) {
			return putBack{retryLock, errLeaseLost.Error()}
		}
		pause = min(2*pause, maxPause)
	}
}

// conclude records the outcome if the attempt is still open. It reports true
// if there is nothing left to do: it has been recorded, now or by a try whose
// reply got lost, or the job has passed on to somebody else.
func (w *Worker) conclude(h *hold, report *report, o outcome) (record, bool, error) {
	rec, err := w.engine.read(h.lease, o.attempt.ID)
	if err != nil || rec.fence != h.grant.Fence {
		return rec, err == nil, err
	}
	next, ended := o.judge(rec, now(), jitter())
	said := report.rest(rec)
	next.Progress, next.Errors, next.lines = said.progress, said.errors, said.lines
	ended.Progress, ended.Errors = said.progress, said.errors
	done, err := w.engine.apply(h.lease, rec, next, append(said.events, ended)...)
	if done {
		w.tell(next, ended, o.err)
	}
	return next, done, err
}

// tell logs how an attempt ended, with the whole of what the task returned.
func (w *Worker) tell(j record, ended events.AttemptEnded, err error) {
	w.log.Info("attempt ended", "job", j.ID, "task", j.Task, "attempt", j.Attempt, "outcome", ended.Outcome,
		"state", j.State, "took", ended.At.Sub(ended.Started), "record_errors", j.Errors, "err", err)
}
