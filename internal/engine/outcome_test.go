package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// running is the record of a job in its nth attempt, of which some failed.
func running(attempt, failures int) record {
	rec := record{fence: 7}
	rec.ID, rec.Task, rec.State, rec.Attempt, rec.Failures, rec.Worker = "j", "t", job.Running, attempt, failures, "w"
	return rec
}

func TestOutcomeOfAnAttempt(t *testing.T) {
	limit := tooLong{30 * time.Minute}
	for name, tc := range map[string]struct {
		err, cause error
		failures   int
		abortBy    string
		outcome    job.Outcome
		state      job.State
		error      string
		reason     string
	}{
		"success":                 {outcome: job.AttemptSucceeded, state: job.Succeeded},
		"success despite abort":   {abortBy: "ada", cause: errAborted, outcome: job.AttemptSucceeded, state: job.Succeeded},
		"failure":                 {err: errOnFire, outcome: job.AttemptFailed, state: job.Retrying, error: errOnFire.Error(), reason: "Failed once; may fail 2 more."},
		"last failure":            {err: errOnFire, failures: 2, outcome: job.AttemptFailed, state: job.Failed, error: errOnFire.Error(), reason: "Failed 3 times."},
		"permanent failure":       {err: fmt.Errorf("print: %w", tasks.Permanent(errOnFire)), outcome: job.AttemptFailed, state: job.Failed, error: "print: " + errOnFire.Error(), reason: "Failed in a way that another attempt cannot cure."},
		"time limit":              {err: context.DeadlineExceeded, cause: limit, outcome: job.AttemptFailed, state: job.Retrying, error: "ran longer than its limit of 30m0s", reason: "Failed once; may fail 2 more."},
		"own words at the limit":  {err: errOnFire, cause: limit, outcome: job.AttemptFailed, state: job.Retrying, error: "ran longer than its limit of 30m0s: " + errOnFire.Error(), reason: "Failed once; may fail 2 more."},
		"abort":                   {err: context.Canceled, cause: errAborted, abortBy: "ada", outcome: job.AttemptAborted, state: job.Aborted, reason: "Aborted by ada."},
		"failure after the abort": {err: errOnFire, abortBy: "ada", outcome: job.AttemptAborted, state: job.Aborted, reason: "Aborted by ada."},
		"abort during a shutdown": {err: context.Canceled, cause: errShutdown, abortBy: "ada", outcome: job.AttemptAborted, state: job.Aborted, reason: "Aborted by ada."},
		"shutdown":                {err: context.Canceled, cause: errShutdown, outcome: job.AttemptInterrupted, state: job.Queued, reason: "Its worker was told to stop; it starts again on another."},
	} {
		t.Run(name, func(t *testing.T) {
			rec := running(3, tc.failures)
			rec.abortBy = tc.abortBy
			o := outcome{policy: policy{attempts: 3, backoff: time.Second}, err: tc.err, cause: tc.cause}

			next, ended := o.judge(rec, time.Unix(1000, 0), 1)

			if ended.Outcome != tc.outcome || next.State != tc.state || next.Error != tc.error || next.Reason != tc.reason {
				t.Errorf("outcome %s, state %s, error %q, reason %q; want %s, %s, %q, %q",
					ended.Outcome, next.State, next.Error, next.Reason, tc.outcome, tc.state, tc.error, tc.reason)
			}
			if next.fence != 0 || next.Worker != "" || (next.Ended != nil) != next.State.Final() {
				t.Errorf("the attempt is still open: %+v", next)
			}
		})
	}
}

func TestPausesDoubleUpToAnHour(t *testing.T) {
	p := policy{backoff: 10 * time.Second}
	for failures, want := range map[int]time.Duration{1: 10 * time.Second, 2: 20 * time.Second, 5: 160 * time.Second, 10: time.Hour, 100_000: time.Hour} {
		if got := p.pause(failures, 1); got != want {
			t.Errorf("after %d failures: %s, want %s", failures, got, want)
		}
	}
}

func TestWaitsAsLongAsTheTaskAsks(t *testing.T) {
	o := outcome{policy: policy{attempts: 3, backoff: time.Second}, err: tasks.RetryAfter(10*time.Minute, errOnFire)}
	next, _ := o.judge(running(1, 0), time.Unix(0, 0), 1)
	if want := time.Unix(600, 0); !next.Due.Equal(want) {
		t.Errorf("due %s, want %s", next.Due, want)
	}
}

// TestEveryOutcomeIsAMoveThatJobsMayMake judges at random.
func TestEveryOutcomeIsAMoveThatJobsMayMake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rec := running(rapid.IntRange(1, 9).Draw(t, "attempt"), rapid.IntRange(0, 4).Draw(t, "failures"))
		rec.abortBy = rapid.SampledFrom([]string{"", "ada"}).Draw(t, "abort")
		o := outcome{
			policy: policy{attempts: rapid.IntRange(1, 5).Draw(t, "attempts"), backoff: time.Duration(rapid.Int64Range(0, 1e13).Draw(t, "backoff"))},
			err:    rapid.SampledFrom([]error{nil, errOnFire, context.Canceled, tasks.Permanent(errOnFire), tasks.RetryAfter(time.Hour, errOnFire)}).Draw(t, "err"),
			cause:  rapid.SampledFrom([]error{nil, errAborted, errShutdown, tooLong{time.Second}}).Draw(t, "cause"),
		}
		at := time.Unix(1_000_000, 0)

		next, ended := o.judge(rec, at, rapid.Float64Range(0.75, 1.25).Draw(t, "jitter"))

		if !rec.State.Can(next.State) {
			t.Fatalf("%s may not become %s", rec.State, next.State)
		}
		if counted := next.Failures - rec.Failures; counted != 0 && counted != 1 || (counted == 1) != (ended.Outcome == job.AttemptFailed) {
			t.Fatalf("%d failures counted for %s", counted, ended.Outcome)
		}
		if next.State == job.Retrying && (next.Due.Before(at) || next.Due.Sub(at) > 5*time.Hour/4 || next.Failures >= o.policy.attempts) {
			t.Fatalf("retried at %s after %d of %d failures", next.Due, next.Failures, o.policy.attempts)
		}
		if o.err == nil && next.State != job.Succeeded || errors.Is(o.err, errOnFire) && next.State == job.Succeeded {
			t.Fatalf("error %v became %s", o.err, next.State)
		}
	})
}
