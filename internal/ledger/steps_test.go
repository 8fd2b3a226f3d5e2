package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// stepsOf records a story event by event, as a recorder does that is idle, or all
// at once, and returns what happened to jobs thereby.
func stepsOf(t *testing.T, l *ledger.Ledger, entries []events.Entry, size int) (all []job.Step) {
	t.Helper()
	after := ""
	for len(entries) > 0 {
		some := entries[:min(size, len(entries))]
		told, _, err := l.RecordSteps(t.Context(), after, some)
		if err != nil {
			t.Fatal(err)
		}
		all, after, entries = append(all, told...), some[len(some)-1].ID, entries[len(some):]
	}
	return all
}

func TestEachThingThatHappensToAJobIsOneStep(t *testing.T) {
	gradebook := &job.Wait{Kind: job.WaitsForLock, For: "gradebook"}
	limit := &job.Wait{Kind: job.WaitsForLimit, For: "x"}
	a := job.Job{ID: "a", Task: "grades.push", Client: "north", Queue: "worker@gpu=yes", State: job.Queued, Created: second(0), Due: second(1)}
	entries := story{}.then(
		events.JobEnqueued{Job: a},
		events.JobEnqueued{Job: a}, // told twice
		events.JobWaiting{ID: "a", Waiting: gradebook, At: second(2)},
		events.JobWaiting{ID: "a", Waiting: gradebook, At: second(3)}, // it waits on
		events.JobWaiting{ID: "a", Waiting: limit, At: second(4)},
		events.JobQueued{ID: "a", At: second(7)},
		events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w", At: second(8)},
		events.AttemptEnded{ID: "a", Task: "grades.push", Attempt: 1, Outcome: job.AttemptLost, State: job.Queued, At: second(10)}, // the sweeper knows no beginning
		events.AttemptStarted{ID: "a", Attempt: 2, Worker: "w", At: second(11)},
		events.AttemptStarted{ID: "a", Attempt: 3, Worker: "v", At: second(14)}, // the second was never heard of again
		events.AttemptEnded{ID: "a", Task: "grades.push", Attempt: 3, Outcome: job.AttemptSucceeded, State: job.Succeeded, Errors: 2, Started: second(15), At: second(17)},
		events.AttemptEnded{ID: "a", Task: "grades.push", Attempt: 3, Outcome: job.AttemptSucceeded, State: job.Succeeded, Errors: 2, Started: second(15), At: second(17)},
	).entries()
	step := func(s job.Step) job.Step {
		s.Task, s.Client, s.Queue = "grades.push", "north", "worker"
		return s
	}
	want := []job.Step{
		step(job.Step{Kind: job.StepEnqueued}),
		step(job.Step{Kind: job.StepWaited, Wait: job.WaitsForLock, Took: 2 * time.Second}),
		step(job.Step{Kind: job.StepWaited, Wait: job.WaitsForLimit, Took: 3 * time.Second}),
		step(job.Step{Kind: job.StepBegan, Took: 7 * time.Second}),
		step(job.Step{Kind: job.StepTried, Outcome: job.AttemptLost, State: job.Queued, Took: 2 * time.Second}),
		step(job.Step{Kind: job.StepTried, Outcome: job.AttemptLost, State: job.Queued, Took: 3 * time.Second}),
		step(job.Step{Kind: job.StepTried, Outcome: job.AttemptSucceeded, State: job.Succeeded, Took: 2 * time.Second}),
		step(job.Step{Kind: job.StepEnded, State: job.Succeeded, Errors: 2}),
	}
	for name, size := range map[string]int{"one by one": 1, "at once": len(entries)} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, l *ledger.Ledger) {
				if diff := cmp.Diff(want, stepsOf(t, l, entries, size)); diff != "" {
					t.Errorf("steps (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWhatIsReadFromTheStreamAgainIsNoStep(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		entries := enqueue("a").then(events.JobEnded{ID: "a", State: job.Aborted, At: second(2)}).entries()
		if got := stepsOf(t, l, entries, 1); len(got) != 2 {
			t.Fatalf("the first time there are %d steps, want 2", len(got))
		}
		if err := l.Rewind(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := stepsOf(t, l, entries, 1); len(got) != 0 {
			t.Errorf("the second time there are steps: %v", got)
		}
	})
}
