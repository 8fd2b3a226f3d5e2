package events

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/job"
)

// common returns the events that are read the quick way.
func common() []Event {
	at := time.Date(2026, 3, 2, 12, 0, 0, 123456000, time.UTC)
	j := job.Job{
		ID: "0199a000-0000-7abc-89ab-000000000001", Task: "roster.sync", Description: "Bring it up to date.", Client: "default",
		Owner: "ada", Queue: "worker", Args: json.RawMessage(`{"school":"17","list":[1,{"a":"]}\\\""}]}`), State: job.Queued,
		Root: "0199a000-0000-7abc-89ab-000000000001", Trace: "00-1-2-01", Due: at, Created: at,
	}
	return []Event{
		JobEnqueued{Job: j},
		AttemptStarted{ID: j.ID, Attempt: 1, Worker: "worker-1", At: at},
		AttemptEnded{
			ID: j.ID, Task: j.Task, Attempt: 12, Outcome: job.AttemptFailed, Error: "The SIS is down.", State: job.Failed,
			Reason: "It failed.", Failures: 3, Progress: job.Progress{Stage: "users", Done: 9, Total: 10}, Errors: 3, Started: at, At: at,
		},
	}
}

func TestReadsTheCommonEventsQuickly(t *testing.T) {
	for _, want := range common() {
		kind, body, err := Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := quick(kind, body)
		if !ok {
			t.Errorf("%s is not read the quick way", body)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

// TestTheQuickWayReadsWhatTheOtherDoes spoils the bytes of events: whatever the
// quick way accepts is JSON and means the same to encoding/json.
func TestTheQuickWayReadsWhatTheOtherDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind, body, err := Marshal(rapid.SampledFrom(common()).Draw(t, "event"))
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			body = spoil(t, body)
		}
		got, ok := quick(kind, body)
		if !ok {
			return
		}
		want, err := readers[kind](body)
		if err != nil {
			t.Fatalf("%s is accepted, but: %v", body, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	})
}

// spoil puts a few bytes in the place of others.
func spoil(t *rapid.T, body []byte) []byte {
	from := rapid.IntRange(0, len(body)).Draw(t, "from")
	to := rapid.IntRange(from, min(len(body), from+3)).Draw(t, "to")
	piece := rapid.SampledFrom([]string{"", ",", `"`, "{", "}", "[", "]", "0", "-1", "e5", "null", `\`, "ü", " ", `"id":"b",`, "\x00", "\xff"}).Draw(t, "piece")
	return append(append(append([]byte{}, body[:from]...), piece...), body[to:]...)
}

func BenchmarkUnmarshal(b *testing.B) {
	for _, event := range common() {
		kind, body, err := Marshal(event)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				if _, err := Unmarshal(kind, body); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(kind+"/slowly", func(b *testing.B) {
			for b.Loop() {
				if _, err := readers[kind](body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
