package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestHowLongJobsStoodInQueuesIsTold(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		told := enqueue("a", "b", "c", "later", "retried", "queued", "old")
		for i, e := range told {
			j := e.(events.JobEnqueued).Job
			switch j.ID {
			case "c":
				j.Client = "north"
			case "later":
				j.Queue, j.State, j.Due = "mail", job.Scheduled, second(30)
			case "old":
				j.Created = noon.Add(-26 * time.Hour)
			}
			told[i] = events.JobEnqueued{Job: j}
		}
		for id, at := range map[string]int{"a": 10, "b": 20, "c": 60, "later": 31, "retried": 50, "old": 50} {
			told = append(told, events.AttemptStarted{ID: id, Attempt: 1, Worker: "w", At: second(at)})
		}
		tell(t, l, told.then(
			events.AttemptEnded{ID: "a", Attempt: 1, Outcome: job.AttemptSucceeded, State: job.Succeeded, At: second(70)},
			events.AttemptEnded{ID: "b", Attempt: 1, Outcome: job.AttemptFailed, State: job.Failed, At: second(70)},
			events.AttemptEnded{ID: "retried", Attempt: 1, Outcome: job.AttemptFailed, State: job.Retrying, At: second(70)},
			events.AttemptStarted{ID: "retried", Attempt: 2, Worker: "w", At: second(80)},
		))
		for _, tt := range []struct {
			name   string
			since  time.Time
			within []job.Reach
			want   job.QueueWaits
		}{
			{"all", noon, nil, job.QueueWaits{Jobs: 4, Queues: map[string]job.QueueWait{
				"worker": {Jobs: 3, Median: 20 * time.Second, Long: time.Minute}, "mail": {Jobs: 1, Median: time.Second, Long: time.Second},
			}}},
			{"the newest", second(40), nil, job.QueueWaits{Jobs: 1, Queues: map[string]job.QueueWait{"worker": {Jobs: 1, Median: time.Minute, Long: time.Minute}}}},
			{"of a client", noon, []job.Reach{{Client: "north"}}, job.QueueWaits{Jobs: 1, Queues: map[string]job.QueueWait{"worker": {Jobs: 1, Median: time.Minute, Long: time.Minute}}}},
			{"of nobody", noon, []job.Reach{}, job.QueueWaits{Queues: map[string]job.QueueWait{}}},
		} {
			got, err := l.QueueWaits(t.Context(), tt.since, tt.within)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
			}
		}
	})
}

func TestHowLongTheJobsOfAQueueRunIsTold(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		part := newJob("part")
		part.Queue = "worker@gpu=yes"
		told := append(enqueue("quick", "slow", "runs", "before", "retried", "queued"), events.JobEnqueued{Job: part})
		for id, at := range map[string]int{"quick": 10, "slow": 20, "runs": 60, "before": 0, "retried": 50, "part": 10} {
			told = append(told, events.AttemptStarted{ID: id, Attempt: 1, Worker: "w", At: second(at)})
		}
		tell(t, l, told.then(
			events.AttemptEnded{ID: "before", Attempt: 1, Outcome: job.AttemptSucceeded, State: job.Succeeded, At: second(5)},
			events.AttemptEnded{ID: "quick", Attempt: 1, Outcome: job.AttemptSucceeded, State: job.Succeeded, At: second(20)},
			events.AttemptEnded{ID: "slow", Attempt: 1, Outcome: job.AttemptFailed, State: job.Failed, At: second(70)},
			events.AttemptEnded{ID: "part", Attempt: 1, Outcome: job.AttemptSucceeded, State: job.Succeeded, At: second(80)},
			events.AttemptEnded{ID: "retried", Attempt: 1, Outcome: job.AttemptFailed, State: job.Retrying, At: second(70)},
			events.AttemptStarted{ID: "retried", Attempt: 2, Worker: "w", At: second(80)},
			events.AttemptEnded{ID: "retried", Attempt: 2, Outcome: job.AttemptSucceeded, State: job.Succeeded, At: second(90)},
		))
		got, err := l.QueueTimes(t.Context(), second(10), second(90))
		// 10 s, 50 s, 30 s so far, and 70 s in a part of the queue
		want := map[string]job.QueueTime{"worker": {Jobs: 4, Mean: 40 * time.Second}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}
