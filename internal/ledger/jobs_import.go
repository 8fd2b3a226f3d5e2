package ledger

import (
	"context"
	"database/sql"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// An EndedJob is all that is recorded of a job that is over.
type EndedJob struct {
	Job      job.Job
	Attempts []job.Attempt
	Errors   []job.RecordError
	Lines    []job.LogLine
}

// ImportJobs adds jobs that have ended elsewhere, in one transaction, as if
// their events had been recorded. A job that has not ended is refused: the
// engine would not know of it.
func (l *Ledger) ImportJobs(ctx context.Context, jobs []EndedJob) error {
	b := &batch{records: make(map[string]*record, len(jobs)), counts: tally{}}
	for i := range jobs {
		if err := b.take(&jobs[i]); err != nil {
			return err
		}
	}
	err := l.inTx(ctx, func(tx *sql.Tx) error { return b.save(ctx, writer{tx, l.dialect}) })
	return wrap(err, "import %d jobs", len(jobs))
}

// take adds a job that is not known yet, and lets happen to it what did.
func (b *batch) take(e *EndedJob) error {
	j := e.Job
	if !j.State.Final() || j.Ended == nil {
		return fault.New(fault.Invalid, "Job %s is %s, and only jobs that have ended can be imported.", j.ID, j.State).In("state")
	}
	j.State, j.Reason, j.Attempt, j.Failures = job.Queued, "", 0, 0
	r := b.add(key(j.ID), j, j.Created)
	b.addErrors(r, events.JobErrors{ID: r.ID, Errors: e.Errors})
	b.addLines(r, events.JobLogged{ID: r.ID, Lines: e.Lines})
	for _, a := range e.Attempts {
		b.start(r, events.AttemptStarted{ID: r.ID, Attempt: a.Number, Worker: a.Worker, At: a.Started})
		b.finish(r, e.ending(a))
	}
	b.end(r, events.JobEnded{ID: r.ID, State: e.Job.State, Reason: e.Job.Reason, At: *e.Job.Ended})
	r.touched = true
	return nil
}

// ending returns the event that ends attempt a: the last one ends the job, and
// each before it was followed by another.
func (e *EndedJob) ending(a job.Attempt) events.AttemptEnded {
	j := &e.Job
	ended := events.AttemptEnded{
		ID: j.ID, Task: j.Task, Attempt: a.Number, Outcome: a.Outcome, Error: a.Error, Started: a.Started, At: a.Started,
		State: job.Retrying, Failures: a.Number, Progress: j.Progress, Errors: j.Errors,
	}
	if a.Ended != nil {
		ended.At = *a.Ended
	}
	if a.Number == e.Attempts[len(e.Attempts)-1].Number {
		ended.State, ended.Reason, ended.Failures = j.State, j.Reason, j.Failures
	}
	return ended
}
