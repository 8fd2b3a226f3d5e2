package ledger_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// A story is events in the order in which they happen, one a second from noon.
type story []events.Event

// entries places the events in a stream that begins with 1-0.
func (s story) entries() []events.Entry {
	entries := make([]events.Entry, len(s))
	for i, e := range s {
		entries[i] = events.Entry{ID: fmt.Sprintf("%d-0", i+1), At: second(i + 1), Event: e}
	}
	return entries
}

func (s story) then(more ...events.Event) story { return append(slices.Clip(s), more...) }

// second returns the n-th second after noon.
func second(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }

// newJob returns a job as it is when it is accepted.
func newJob(id string) job.Job {
	return job.Job{
		ID: id, Task: "roster.sync", Description: "Bring it up to date.", Client: "default", Owner: "ada", Queue: "worker",
		Args: json.RawMessage(`{"school":"17"}`), State: job.Queued, Root: id, Due: noon, Created: noon,
	}
}

// enqueue begins a story with the acceptance of jobs.
func enqueue(ids ...string) story {
	var s story
	for _, id := range ids {
		s = append(s, events.JobEnqueued{Job: newJob(id)})
	}
	return s
}

// tell records a story into an empty ledger.
func tell(t *testing.T, l *ledger.Ledger, s story) {
	t.Helper()
	skipped, err := l.Record(t.Context(), "", s.entries())
	if err != nil || skipped != 0 {
		t.Fatalf("record: %d skipped, %v", skipped, err)
	}
}

func read(t *testing.T, l *ledger.Ledger, id string) job.Job {
	t.Helper()
	j, err := l.Job(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}
