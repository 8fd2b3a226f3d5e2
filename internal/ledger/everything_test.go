package ledger_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// A history is all that a ledger knows of a job.
type history struct {
	Job      job.Job
	Attempts []job.Attempt
	Waits    job.Waits
	Errors   []job.RecordError
	Lines    []job.LogLine
}

// A world is all that a ledger knows of all jobs.
type world struct {
	Jobs   map[string]history
	Counts map[job.State]int64
}

// everything reads the world from a ledger, or that of one client.
func everything(t testing.TB, l *ledger.Ledger, client string) world {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w := world{Jobs: map[string]history{}}
	jobs, err := l.Jobs(t.Context(), job.Filter{Client: client, Limit: 500})
	must(err)
	for _, j := range jobs {
		h := history{Job: j}
		h.Attempts, err = l.Attempts(t.Context(), j.ID)
		must(err)
		h.Waits, err = l.Waits(t.Context(), j.ID)
		must(err)
		h.Errors, err = l.JobErrors(t.Context(), j.ID, 0, 0)
		must(err)
		h.Lines, err = l.JobLogs(t.Context(), j.ID, 0, 0)
		must(err)
		w.Jobs[j.ID] = h
	}
	w.Counts, err = l.Counts(t.Context(), client)
	must(err)
	for state, n := range w.Counts {
		if n == 0 {
			delete(w.Counts, state)
		}
	}
	return w
}
