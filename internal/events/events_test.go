package events_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// every is one event of each kind.
var every = []events.Event{
	events.JobEnqueued{Job: job.Job{ID: "a", Task: "roster.sync", Args: json.RawMessage(`{}`), State: job.Queued, Created: noon, Due: noon}},
	events.JobWaiting{ID: "a", Reason: "Waits for gradebook.", At: noon},
	events.JobQueued{ID: "a", At: noon},
	events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w", At: noon},
	events.AttemptEnded{ID: "a", Task: "roster.sync", Attempt: 1, Outcome: job.AttemptSucceeded, State: job.Succeeded, Started: noon, At: noon},
	events.JobEnded{ID: "a", Task: "roster.sync", State: job.Aborted, Reason: "Aborted by ann.", At: noon},
	events.JobErrors{ID: "a", Errors: []job.RecordError{{Seq: 1, Key: "users.csv:3", Code: "BAD_DATE", At: noon}}},
	events.JobLogged{ID: "a", Lines: []job.LogLine{{Seq: 1, Level: "info", Text: "hello", At: noon}}},
}

func TestEventsComeBackAsTheyWere(t *testing.T) {
	for _, want := range every {
		kind, body, err := events.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := events.Unmarshal(kind, body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
		if got.JobID() != "a" {
			t.Errorf("%s: job id %q, want a", kind, got.JobID())
		}
	}
}

func TestAnUnknownKindIsPassedOver(t *testing.T) {
	if e, err := events.Unmarshal("job.teleported", []byte(`{}`)); e != nil || err != nil {
		t.Errorf("got %v, %v; want nothing", e, err)
	}
}

func TestABrokenBodyIsAnError(t *testing.T) {
	if _, err := events.Unmarshal("job.waiting", []byte(`{`)); err == nil {
		t.Error("half a body was accepted")
	}
}

func TestPositionsAreComparedAsNumbers(t *testing.T) {
	inOrder := []string{"", "9-0", "9-1", "9-10", "10-0", "1764000000000-2"}
	for i, a := range inOrder {
		for k, b := range inOrder {
			if got := events.Later(a, b); got != (i > k) {
				t.Errorf("Later(%q, %q) = %t", a, b, got)
			}
		}
	}
}
