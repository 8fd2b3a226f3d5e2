package scheduler

import (
	"fmt"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/metric"
)

func TestTheWalkerHearsOfJobsThatEnd(t *testing.T) {
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	ended := make(chan []string, 1)
	c, position := counted{records, metric.New("", metric.Bounds{}).Jobs(), ended}, ""
	noon := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	for i, tt := range []struct {
		name  string
		event events.Event
		want  int
	}{
		{"accepted", events.JobEnqueued{Job: job.Job{ID: "a", Task: "users.import", Client: "default", Root: "a", Due: noon, Created: noon, State: job.Queued}}, 0},
		{"to be tried again", events.AttemptEnded{ID: "a", Attempt: 1, Outcome: job.AttemptFailed, State: job.Retrying, Started: noon, At: noon}, 0},
		{"succeeded", events.AttemptEnded{ID: "a", Attempt: 2, Outcome: job.AttemptSucceeded, State: job.Succeeded, Started: noon, At: noon}, 1},
		{"aborted, and nobody has looked yet", events.JobEnded{ID: "a", State: job.Aborted, At: noon}, 1},
	} {
		entry := events.Entry{ID: fmt.Sprintf("%d-0", i+1), At: noon, Event: tt.event}
		if _, err := c.Record(t.Context(), position, []events.Entry{entry}); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if position = entry.ID; len(ended) != tt.want {
			t.Errorf("%s: the walker is told %d times, want %d", tt.name, len(ended), tt.want)
		}
	}
}
