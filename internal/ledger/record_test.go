package ledger_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// The story of one job that fails once, waits, and then succeeds.
func aFailureAndASuccess() story {
	slot := second(-60)
	begins := newJob("a")
	begins.State, begins.Schedule, begins.Slot, begins.Parent, begins.RetryOf = job.Scheduled, "nightly", &slot, "p", "q"
	begins.Trace, begins.Expires = "00-1-2-01", new(second(99))
	return story{
		events.JobEnqueued{Job: begins},
		events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w1", At: second(2)},
		events.JobLogged{ID: "a", Lines: []job.LogLine{{Seq: 1, Attempt: 1, Level: "info", Text: "hello", At: second(3)}}},
		events.AttemptEnded{
			ID: "a", Attempt: 1, Outcome: job.AttemptFailed, Error: "The SIS is down.", State: job.Retrying,
			Reason: "The next attempt is due later.", Failures: 1, Due: new(second(9)), At: second(4),
		},
		events.JobQueued{ID: "a", At: second(5)},
		events.JobWaiting{ID: "a", Reason: "waits for gradebook", At: second(6)},
		events.AttemptStarted{ID: "a", Attempt: 2, Worker: "w2", At: second(7)},
		events.JobErrors{ID: "a", Errors: []job.RecordError{
			{Seq: 1, Attempt: 2, Key: "users.csv:17", Code: "BAD_DATE", Message: "No such day.", At: second(8)},
			{Seq: 2, Attempt: 2, Key: "users.csv:18", Code: "BAD_DATE", Message: "No such day.", At: second(8)},
		}},
		events.AttemptEnded{
			ID: "a", Attempt: 2, Outcome: job.AttemptSucceeded, State: job.Succeeded, Failures: 1, Errors: 3,
			Progress: job.Progress{Stage: "users", Done: 9, Total: 10, Created: 1, Changed: 2, Removed: 3}, At: second(9),
		},
	}
}

func TestRecordsAJobFromItsAcceptanceToItsEnd(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aFailureAndASuccess())
		want := newJob("a")
		want.Schedule, want.Slot, want.Parent, want.RetryOf = "nightly", new(second(-60)), "p", "q"
		want.Trace, want.Expires = "00-1-2-01", new(second(99))
		want.State, want.Attempt, want.Failures, want.Worker = job.Succeeded, 2, 1, "w2"
		want.Error, want.Errors, want.Due = "The SIS is down.", 3, second(9)
		want.Started, want.Ended = new(second(2)), new(second(9))
		want.Progress = job.Progress{Stage: "users", Done: 9, Total: 10, Created: 1, Changed: 2, Removed: 3}
		if diff := cmp.Diff(want, read(t, l, "a")); diff != "" {
			t.Errorf("job (-want +got):\n%s", diff)
		}
		attempts, err := l.Attempts(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]job.Attempt{
			{Number: 1, Worker: "w1", Outcome: job.AttemptFailed, Error: "The SIS is down.", Started: second(2), Ended: new(second(4))},
			{Number: 2, Worker: "w2", Outcome: job.AttemptSucceeded, Started: second(7), Ended: new(second(9))},
		}, attempts); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
	})
}

func TestPagesThroughErrorsAndLogs(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, aFailureAndASuccess())
		found, err := l.JobErrors(t.Context(), "a", 1, 10)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]job.RecordError{
			{Seq: 2, Attempt: 2, Key: "users.csv:18", Code: "BAD_DATE", Message: "No such day.", At: second(8)},
		}, found); diff != "" {
			t.Errorf("record errors behind the first (-want +got):\n%s", diff)
		}
		lines, err := l.JobLogs(t.Context(), "a", 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]job.LogLine{{Seq: 1, Attempt: 1, Level: "info", Text: "hello", At: second(3)}}, lines); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestTheSameEntriesAgainChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		told := aFailureAndASuccess().then(enqueue("b")...).then(
			events.JobWaiting{ID: "b", Reason: "waits", At: second(11)},
			events.JobQueued{ID: "b", At: second(12)},
		)
		tell(t, l, told)
		want := everything(t, l, "")
		for n := range told {
			if err := l.Rewind(t.Context()); err != nil {
				t.Fatal(err)
			}
			tell(t, l, told[:n+1])
			if diff := cmp.Diff(want, everything(t, l, "")); diff != "" {
				t.Fatalf("after the first %d again (-want +got):\n%s", n+1, diff)
			}
		}
	})
}

func TestOnlyOneOfTwoRecordersRecords(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, enqueue("a"))
		want := everything(t, l, "")
		_, err := l.Record(t.Context(), "", enqueue("b").entries())
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("error = %v, want a conflict", err)
		}
		if diff := cmp.Diff(want, everything(t, l, "")); diff != "" {
			t.Errorf("changed all the same (-want +got):\n%s", diff)
		}
	})
}

func TestSkipsAndCountsWhatItCannotPlace(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		told := enqueue("a").then(
			events.AttemptStarted{ID: "nobody", Attempt: 1, At: second(2)},
			events.JobErrors{ID: "nobody", Errors: []job.RecordError{{Seq: 1}}},
			events.JobLogged{ID: "nobody", Lines: []job.LogLine{{Seq: 1}}},
			nil, // of a kind that this build does not know
			events.AttemptStarted{ID: "a", Attempt: 1, At: second(6)},
		)
		skipped, err := l.Record(t.Context(), "", told.entries())
		if skipped != 4 || err != nil {
			t.Errorf("skipped %d, %v; want 4", skipped, err)
		}
		if got := read(t, l, "a").State; got != job.Running {
			t.Errorf("job a is %s, want running: the events behind were applied", got)
		}
	})
}

func TestAFinalStateNeverChanges(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, enqueue("a").then(
			events.JobEnded{ID: "a", State: job.Aborted, Reason: "by ada", At: second(2)},
			events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w", At: second(3)},
			events.AttemptEnded{ID: "a", Attempt: 1, Outcome: job.AttemptSucceeded, State: job.Succeeded, At: second(4)},
			events.JobQueued{ID: "a", At: second(5)},
			events.JobWaiting{ID: "a", At: second(6)},
			events.JobEnqueued{Job: newJob("a")},
			events.JobEnded{ID: "a", State: job.Expired, At: second(8)},
		))
		got := read(t, l, "a")
		if got.State != job.Aborted || got.Reason != "by ada" || !got.Ended.Equal(second(2)) {
			t.Errorf("job is %s %q since %v, want aborted", got.State, got.Reason, got.Ended)
		}
	})
}

func TestAnAttemptThatNeverEndedIsLost(t *testing.T) {
	next := map[string]events.Event{ // by the job that it happens to
		"starts again":     events.AttemptStarted{ID: "starts again", Attempt: 2, Worker: "w2", At: second(7)},
		"ends without it":  events.JobEnded{ID: "ends without it", State: job.Aborted, At: second(8)},
		"waits again":      events.JobWaiting{ID: "waits again", Reason: "Waits.", At: second(9)},
		"is lost by Redis": events.JobEnqueued{Job: newJob("is lost by Redis")},
	}
	each(t, func(t *testing.T, l *ledger.Ledger) {
		var told story
		for id := range next {
			told = told.then(enqueue(id)...).then(events.AttemptStarted{ID: id, Attempt: 1, Worker: "w1", At: second(2)})
		}
		for id := range next {
			told = told.then(next[id])
		}
		tell(t, l, told)
		for id := range next {
			attempts, err := l.Attempts(t.Context(), id)
			if err != nil || len(attempts) == 0 || attempts[0].Outcome != job.AttemptLost || attempts[0].Ended.Before(second(7)) {
				t.Errorf("attempts of a job that %s = %+v, %v; want the first one lost", id, attempts, err)
			}
		}
	})
}

func TestAnOldAttemptDoesNotMoveTheJob(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, enqueue("a").then(
			events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w1", At: second(2)},
			events.AttemptStarted{ID: "a", Attempt: 2, Worker: "w2", At: second(3)},
			events.AttemptEnded{ID: "a", Attempt: 1, Outcome: job.AttemptFailed, State: job.Failed, At: second(4)},
		))
		if got := read(t, l, "a"); got.State != job.Running || got.Worker != "w2" {
			t.Errorf("job is %s at %s, want running at w2", got.State, got.Worker)
		}
	})
}

func TestAJobThatRedisLostGoesOnFromItsNumbers(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		told := aFailureAndASuccess()
		tell(t, l, told[:4])
		requests, err := l.Requests(t.Context(), []string{"a", "nobody"})
		if err != nil {
			t.Fatal(err)
		}
		want := []job.Request{{
			ID: "a", Task: "roster.sync", Args: newJob("a").Args, Client: "default", Owner: "ada", Description: "Bring it up to date.",
			At: second(9), Parent: "p", Root: "a", RetryOf: "q", Schedule: "nightly", Slot: second(-60), Trace: "00-1-2-01", Expires: second(99),
			Resume: &job.Resume{Queue: "worker", Created: noon, Attempt: 1, Failures: 1, Lines: 1},
		}}
		if diff := cmp.Diff(want, requests); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}

		if err := l.SetEpoch(t.Context(), "another"); err != nil {
			t.Fatal(err)
		}
		again := newJob("a")
		again.Attempt, again.Failures, again.Created = 1, 1, second(20)
		tell(t, l, story{events.JobEnqueued{Job: again}}) // in a stream that begins with 1-0 again
		got := read(t, l, "a")
		if got.State != job.Queued || got.Attempt != 1 || got.Failures != 1 || !got.Created.Equal(noon) {
			t.Errorf("job = %+v, want it queued with its numbers and age", got)
		}
	})
}

func TestStoresTextThatNoDatabaseTakes(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		odd := "a\x00b\xff" + strings.Repeat("ü", 3000)
		j := newJob("odd\x00")
		j.Task, j.Description, j.Owner, j.Queue, j.Client, j.Root = odd, odd, odd, odd, odd, odd
		j.Args = []byte(`{"text":"` + "\xff\\u0000" + `"}`)
		tell(t, l, story{
			events.JobEnqueued{Job: j},
			events.AttemptStarted{ID: j.ID, Attempt: 1, Worker: odd, At: second(2)},
			events.JobErrors{ID: j.ID, Errors: []job.RecordError{{Seq: 1, Key: odd, Code: odd, Message: odd, At: second(3)}}},
			events.JobLogged{ID: j.ID, Lines: []job.LogLine{{Seq: 1, Level: odd, Text: odd, At: second(4)}}},
			events.AttemptEnded{ID: j.ID, Attempt: 1, Outcome: job.AttemptFailed, Error: odd, State: job.Failed, Reason: odd, At: second(5)},
		})
		got := read(t, l, j.ID)
		if !strings.HasPrefix(got.Error, "a\uFFFDb\uFFFDü") || string(got.Args) != `{"text":"`+"\uFFFD\\u0000"+`"}` {
			t.Errorf("error = %.20q, args = %s", got.Error, got.Args)
		}
		counts, err := l.Counts(t.Context(), odd)
		if err != nil || counts[job.Failed] != 1 {
			t.Errorf("counts = %v, %v", counts, err)
		}
	})
}

func TestCutsVeryLongErrorsAndSaysSo(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		long := strings.Repeat("ü", 10_000)
		tell(t, l, enqueue("a").then(
			events.AttemptStarted{ID: "a", Attempt: 1, At: second(2)},
			events.AttemptEnded{ID: "a", Attempt: 1, Outcome: job.AttemptFailed, Error: long, State: job.Failed, At: second(3)},
		))
		got := read(t, l, "a").Error
		if len(got) > 8<<10 || !strings.HasSuffix(got, "ü … [cut: 20000 bytes in all]") {
			t.Errorf("error has %d bytes and ends with %q", len(got), got[max(0, len(got)-40):])
		}
	})
}

func TestSaysWhatAJobWaitsFor(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		wait := &job.Wait{Kind: job.WaitsForLock, For: "gradebook", Holder: "b", Task: "statistics", Since: new(second(1))}
		told := enqueue("a").then(events.JobWaiting{ID: "a", Waiting: wait})
		tell(t, l, told)
		got := read(t, l, "a")
		if diff := cmp.Diff(wait, got.Waiting); diff != "" {
			t.Errorf("waiting (-want +got):\n%s", diff)
		}
		if got.Reason != "Waits for gradebook, held by job b statistics, for 1 s." {
			t.Errorf("reason = %q", got.Reason)
		}
		if _, err := l.Record(t.Context(), "2-0", told.then(events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w"}).entries()[2:]); err != nil {
			t.Fatal(err)
		}
		if got := read(t, l, "a"); got.Waiting != nil || got.Reason != "" || !got.Started.Equal(second(3)) {
			t.Errorf("job runs since %v and waits for %+v: %q", got.Started, got.Waiting, got.Reason)
		}
	})
}

func TestCountsWorkersThatDiedInARow(t *testing.T) {
	lost := func(attempt int, done int64, state job.State) events.Event {
		return events.AttemptEnded{
			ID: "a", Attempt: attempt, Outcome: job.AttemptLost, Error: "The worker died.", State: state, Progress: job.Progress{Done: done},
		}
	}
	start := func(attempt int) events.Event {
		return events.AttemptStarted{ID: "a", Attempt: attempt, Worker: "w"}
	}
	for name, tt := range map[string]struct {
		story   story
		crashes int
		state   job.State
	}{
		"twice":            {story{start(1), lost(1, 0, job.Queued), start(2), lost(2, 0, job.Queued)}, 2, job.Queued},
		"with progress":    {story{start(1), lost(1, 0, job.Queued), start(2), lost(2, 5, job.Queued)}, 1, job.Queued},
		"as a poison pill": {story{start(1), lost(1, 0, job.Queued), start(2), lost(2, 0, job.Failed)}, 2, job.Failed},
		"not in a row": {story{start(1), lost(1, 0, job.Queued), start(2), events.AttemptEnded{
			ID: "a", Attempt: 2, Outcome: job.AttemptFailed, State: job.Retrying, Failures: 1,
		}}, 0, job.Retrying},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, l *ledger.Ledger) {
				tell(t, l, enqueue("a").then(tt.story...))
				if got := read(t, l, "a"); got.Crashes != tt.crashes || got.State != tt.state {
					t.Errorf("job is %s after %d crashes, want %s after %d", got.State, got.Crashes, tt.state, tt.crashes)
				}
				attempts, err := l.Attempts(t.Context(), "a")
				if err != nil || len(attempts) != 2 || attempts[0].Outcome != job.AttemptLost || attempts[0].Error != "The worker died." {
					t.Errorf("attempts = %+v, %v; want two, the first one lost with its reason", attempts, err)
				}
			})
		})
	}
}

func TestSaysWhoTookLocksAway(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, enqueue("a").then(
			events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w"},
			events.JobStuck{ID: "a", Worker: "w"},
		))
		if got := read(t, l, "a"); got.State != job.Running || !strings.Contains(got.Reason, "still runs at worker w") {
			t.Errorf("a stuck job is %s: %q", got.State, got.Reason)
		}
		if _, err := l.Record(t.Context(), "3-0", []events.Entry{
			{ID: "4-0", At: second(4), Event: events.LocksBroken{ID: "a", By: "ada", Reason: "The term starts."}},
			{ID: "4-0", At: second(4), Event: events.AttemptStarted{ID: "a", Attempt: 2, Worker: "v"}},
		}); err != nil {
			t.Fatal(err)
		}
		attempts, err := l.Attempts(t.Context(), "a")
		want := []job.Attempt{
			{
				Number: 1, Worker: "w", Outcome: job.AttemptLost, Started: second(2), Ended: new(second(4)),
				Error: "Its locks were taken away by ada: The term starts.",
			},
			{Number: 2, Worker: "v", Outcome: job.AttemptRunning, Started: second(4)},
		}
		if diff := cmp.Diff(want, attempts); err != nil || diff != "" {
			t.Errorf("attempts, %v (-want +got):\n%s", err, diff)
		}
	})
}
