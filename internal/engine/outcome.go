package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// maxBackoff bounds the pause before another attempt.
const maxBackoff = time.Hour

// A policy is how often a task may fail, and how long to wait in between.
type policy struct {
	attempts int
	backoff  time.Duration
}

// pause returns how long to wait after that many failures: doubling, at most
// an hour, and spread by jitter, which is 0.75 to 1.25.
func (p policy) pause(failures int, jitter float64) time.Duration {
	d := p.backoff
	for i := 1; i < failures && d < maxBackoff; i++ {
		d *= 2
	}
	return time.Duration(float64(min(d, maxBackoff)) * jitter)
}

func jitter() float64 { return 0.75 + rand.Float64()/2 }

// An outcome is all that decides what becomes of a job whose attempt ended.
type outcome struct {
	began    time.Time
	policy   policy
	err      error // what the task returned
	cause    error // what ended its context before it returned; nil if nothing did
	stopping bool  // its worker was told to stop, and so was the attempt
	hush     *hush
}

// judge decides what becomes of the job: rec is its record by now.
func (o outcome) judge(rec record, at time.Time, jitter float64) (next record, ended events.AttemptEnded) {
	next = rec
	next.fence, next.Worker, next.Reason, next.Aborting = 0, "", "", false
	next.Crashes, next.alone, next.session = 0, false, ""
	ended = events.AttemptEnded{
		ID: rec.ID, Task: rec.Task, Attempt: rec.Attempt,
		Started: o.began, At: at,
	}
	switch {
	case o.err == nil:
		ended.Outcome, next.State, next.Error = job.AttemptSucceeded, job.Succeeded, ""
	case rec.abortBy != "":
		ended.Outcome, next.State, next.Reason = job.AttemptAborted, job.Aborted, abortReason(rec.abortBy)
	case errors.Is(o.cause, errLeaseLost), errors.Is(o.cause, errBroken):
		ended.Outcome, next.State, next.Due = job.AttemptLost, job.Queued, at
		next.Reason = "Its worker lost contact; it starts again."
	case errors.Is(o.cause, errCrowded):
		ended.Outcome, next.State, next.Due = job.AttemptInterrupted, job.Queued, at
		next.Reason = "Its worker was busy; it starts again."
	case errors.Is(o.cause, errShutdown), o.stopping && !tasks.IsPermanent(o.err):
		ended.Outcome, next.State, next.Due = job.AttemptInterrupted, job.Queued, at
		next.Reason = "Its worker was told to stop; it starts again on another."
	default:
		ended.Outcome = job.AttemptFailed
		o.fail(&next, at, jitter)
		ended.Error = next.Error
	}
	if next.State.Final() {
		next.Ended = &at
	}
	if next.State == job.Retrying {
		ended.Due = &next.Due
	}
	ended.State, ended.Reason, ended.Failures = next.State, next.Reason, next.Failures
	return next, ended
}

// fail counts a failure, which the job may survive.
func (o outcome) fail(next *record, at time.Time, jitter float64) {
	next.Failures++
	next.Error = clip(o.hush.text(o.complaint()), maxText)
	switch {
	case tasks.IsPermanent(o.err):
		next.State, next.Reason = job.Failed, "Failed in a way that another attempt cannot cure."
	case next.Failures >= o.policy.attempts:
		next.State, next.Reason = job.Failed, fmt.Sprintf("Failed %s.", times(next.Failures))
	default:
		next.State = job.Retrying
		next.Reason = fmt.Sprintf("Failed %s; may fail %d more.", times(next.Failures), o.policy.attempts-next.Failures)
		next.Due = at.Add(o.wait(next.Failures, jitter)).Truncate(time.Millisecond)
	}
}

// wait is the pause before the next attempt; the task may have asked for more
// than its policy.
func (o outcome) wait(failures int, jitter float64) time.Duration {
	d := o.policy.pause(failures, jitter)
	if asked, ok := errors.AsType[*tasks.RetryError](o.err); ok {
		d = max(d, asked.After)
	}
	return d
}

// complaint says what went wrong. A time limit that was exceeded is the cause
// of what the task says about its context.
func (o outcome) complaint() string {
	limit, late := errors.AsType[tooLong](o.cause)
	switch {
	case !late:
		return shown(o.err)
	case errors.Is(o.err, context.DeadlineExceeded), errors.Is(o.err, context.Canceled), errors.Is(o.err, limit):
		return limit.Error()
	}
	return limit.Error() + ": " + shown(o.err)
}

// shown is what people read of an error: its sentence, if it has one. The
// cause is in the worker's log.
func shown(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Msg
	}
	return err.Error()
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
