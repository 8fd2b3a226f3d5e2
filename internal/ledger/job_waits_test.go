package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestWhatAJobWaitedForIsKept(t *testing.T) {
	gradebook := &job.Wait{Kind: job.WaitsForLock, For: "gradebook", Holder: "h", Task: "stats.nightly"}
	each(t, func(t *testing.T, l *ledger.Ledger) {
		told := enqueue("a", "b").then(
			events.JobWaiting{ID: "a", Waiting: gradebook, At: second(3)},
			events.JobQueued{ID: "a", At: second(13)},
			events.JobWaiting{ID: "a", Waiting: &job.Wait{Kind: job.WaitsForLimit, For: "x"}, At: second(14)},
			events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w", At: second(20)},
			events.AttemptStarted{ID: "b", Attempt: 1, Worker: "w", At: second(20)},
			events.AttemptEnded{ID: "a", Attempt: 1, Outcome: job.AttemptFailed, State: job.Retrying, At: second(21)},
			events.JobWaiting{ID: "a", Waiting: gradebook, At: second(30)},
		)
		after := ""
		for _, entry := range told.entries() { // one by one, as a recorder does that is idle
			if _, err := l.Record(t.Context(), after, []events.Entry{entry}); err != nil {
				t.Fatal(err)
			}
			after = entry.ID
		}
		since := second(30)
		want := job.Waits{
			{Kind: job.WaitsForLock, For: "gradebook", Holder: "h", Task: "stats.nightly", Began: second(3), Took: job.Seconds(10 * time.Second), Times: 1},
			{Kind: job.WaitsForLimit, For: "x", Began: second(14), Took: job.Seconds(6 * time.Second), Times: 1},
			{Kind: job.WaitsForLock, For: "gradebook", Holder: "h", Task: "stats.nightly", Began: second(30), Since: &since, Times: 1},
		}
		got, err := l.Waits(t.Context(), "a")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("waits (-want +got): %v\n%s", err, diff)
		}
		if got, err := l.Waits(t.Context(), "b"); len(got) > 0 || err != nil {
			t.Errorf("a job that did not wait has %v, %v", got, err)
		}
	})
}
