package ledger

import (
	"cmp"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A batch applies events to what is recorded of their jobs, in memory: what an
// event means for the record is all here, and nothing here knows SQL.
type batch struct {
	records  map[string]*record // by job id
	errors   []jobError
	failures []failure
	groups   groups
	lines    []jobLine
	counts   tally
	steps    []job.Step
	skipped  int
}

// A record is what is known of one job.
type record struct {
	job.Job
	known    bool   // recorded before this batch
	seen     string // stream entry of the last event that was applied
	before   string // the same, when the batch began
	was      detail // when the batch began
	attempts map[int]*attempt
	waits    job.Waits
	waited   bool // began or ended a wait in this batch
	touched  bool
	over     bool // had ended when the batch began
}

type attempt struct {
	job.Attempt
	written bool // has a row of its own
	touched bool // changed since

	fingerprint, client string // of a failure of this batch
}

type jobError struct {
	of *record
	job.RecordError
}

type jobLine struct {
	job string
	job.LogLine
}

// apply applies the event of entry, unless it was applied before. Several events
// may come from one stream entry, all of them in one batch.
func (b *batch) apply(entry events.Entry) {
	if entry.Event == nil {
		b.skipped++
		return
	}
	id := key(entry.Event.JobID())
	r := b.records[id]
	enqueued, isEnqueued := entry.Event.(events.JobEnqueued)
	switch {
	case r == nil && isEnqueued:
		r = b.add(id, enqueued.Job, entry.At)
	case r == nil:
		b.skipped++
		return
	case !events.Later(entry.ID, r.before):
		return
	default:
		b.happen(r, entry)
	}
	r.seen, r.touched = entry.ID, true
}

// add begins the record of a job.
func (b *batch) add(id string, j job.Job, at time.Time) *record {
	r := &record{Job: j, attempts: map[int]*attempt{}}
	r.ID = id
	r.Client = cmp.Or(key(j.Client), job.DefaultClient)
	r.Root = cmp.Or(j.Root, id)
	r.State, r.Waiting, r.Started, r.Ended = "", nil, nil, nil
	if r.Created.IsZero() {
		r.Created = at
	}
	if !j.State.Valid() {
		j.State = job.Queued
	}
	b.step(r, job.Step{Kind: job.StepEnqueued})
	b.move(r, j.State, j.Reason, at)
	b.waitFor(r, j.Waiting, at)
	b.records[id] = r
	return r
}

// happen applies an event to a job that is known. One that does not say when it
// happened was told when it did.
func (b *batch) happen(r *record, entry events.Entry) {
	switch e := entry.Event.(type) {
	case events.JobEnqueued:
		b.resume(r, e.Job, entry.At)
	case events.JobWaiting:
		b.wait(r, e, cmp.Or(e.At, entry.At))
	case events.JobQueued:
		b.putBack(r, job.Queued, e.Reason, cmp.Or(e.At, entry.At))
	case events.AttemptStarted:
		e.At = cmp.Or(e.At, entry.At)
		b.start(r, e)
	case events.AttemptEnded:
		e.At = cmp.Or(e.At, entry.At)
		b.finish(r, e)
	case events.JobEnded:
		e.At = cmp.Or(e.At, entry.At)
		b.end(r, e)
	case events.JobStuck:
		r.stick(e)
	case events.LocksBroken:
		b.breakLocks(r, e, cmp.Or(e.At, entry.At))
	case events.JobErrors:
		b.addErrors(r, e)
	case events.JobLogged:
		b.addLines(r, e)
	default:
		b.skipped++
	}
}

// resume applies the second acceptance of a job: Redis lost it, and got it back
// from here.
func (b *batch) resume(r *record, j job.Job, at time.Time) {
	if r.State.Final() {
		return
	}
	r.Attempt = max(r.Attempt, j.Attempt)
	r.Failures = max(r.Failures, j.Failures)
	r.Due = j.Due
	b.putBack(r, j.State, j.Reason, at)
	b.waitFor(r, j.Waiting, at)
}

// wait parks a job.
func (b *batch) wait(r *record, e events.JobWaiting, at time.Time) {
	if e.Reason == "" && e.Waiting != nil {
		e.Reason = e.Waiting.Sentence(at)
	}
	b.putBack(r, job.Waiting, e.Reason, at)
	b.waitFor(r, e.Waiting, at)
}

// waitFor says what a job waits for from now on, provided that it does.
func (b *batch) waitFor(r *record, w *job.Wait, at time.Time) {
	if r.State != job.Waiting {
		return
	}
	r.Waiting = w
	if w == nil {
		w = &job.Wait{}
	}
	was, waited := r.waits.Open()
	r.waits, r.waited = r.waits.Begin(*w, at), true
	if now, _ := r.waits.Open(); waited && now.Since != was.Since {
		b.waited(r, was, at)
	}
}

// goOn ends the wait of a job, if it had one.
func (b *batch) goOn(r *record, at time.Time) {
	if r.State != job.Waiting {
		return
	}
	if was, waited := r.waits.Open(); waited {
		b.waited(r, was, at)
	}
	r.waits, r.waited = r.waits.End(at), true
}

// stick says of a job that was told to stop that its code still runs.
func (r *record) stick(e events.JobStuck) {
	if r.State == job.Running {
		r.Reason = "Was told to stop more than 30 s ago; its code still runs at worker " + e.Worker + "."
	}
}

// breakLocks puts a job back whose locks a person has taken away. The attempt
// that lost them remembers who and why.
func (b *batch) breakLocks(r *record, e events.LocksBroken, at time.Time) {
	reason := fmt.Sprintf("Its locks were taken away by %s: %s", e.By, e.Reason)
	for _, a := range r.attempts {
		if a.Outcome == job.AttemptRunning {
			a.Error, a.touched = reason, true
		}
	}
	b.putBack(r, job.Queued, reason, at)
}

// putBack takes the job out of a worker's hands. An attempt that is still open
// by then is lost.
func (b *batch) putBack(r *record, to job.State, reason string, at time.Time) {
	if !r.State.Final() {
		b.loseAttempts(r, 0, at)
		r.Worker = ""
		b.move(r, to, reason, at)
	}
}

// start begins an attempt. One that has ended does not begin again.
func (b *batch) start(r *record, e events.AttemptStarted) {
	if r.State.Final() || e.Attempt < r.Attempt {
		return
	}
	a := r.attempts[e.Attempt]
	if a != nil && a.Outcome != job.AttemptRunning {
		return
	}
	b.loseAttempts(r, e.Attempt, e.At)
	r.attempts[e.Attempt] = &attempt{touched: true, Attempt: job.Attempt{
		Number: e.Attempt, Worker: e.Worker, Outcome: job.AttemptRunning, Started: e.At,
	}}
	r.Attempt, r.Worker = e.Attempt, e.Worker
	if r.Started == nil {
		b.began(r, e.At)
		r.Started = new(e.At)
	}
	b.move(r, job.Running, "", e.At)
}

// finish ends an attempt, and takes the job to where that leaves it unless a
// later attempt has begun.
func (b *batch) finish(r *record, e events.AttemptEnded) {
	if a := b.endAttempt(r, e); a != nil && a.Outcome == job.AttemptFailed {
		b.failures = append(b.failures, failure{r, a})
	}
	if r.State.Final() || e.Attempt < r.Attempt {
		return
	}
	r.Attempt, r.Failures = e.Attempt, e.Failures
	r.countCrashes(e)
	r.Progress, r.Errors = e.Progress, e.Errors
	if e.Outcome == job.AttemptFailed {
		r.Error = e.Error
	}
	if e.Due != nil {
		r.Due = *e.Due
	}
	if !e.State.Final() {
		r.Worker = ""
	}
	b.move(r, e.State, e.Reason, e.At)
}

// countCrashes counts the workers that died under a job in a row, without
// recorded progress in between.
func (r *record) countCrashes(e events.AttemptEnded) {
	switch {
	case e.Outcome != job.AttemptLost:
		r.Crashes = 0
	case e.Progress != r.Progress:
		r.Crashes = 1
	default:
		r.Crashes++
	}
}

// end ends a job outside an attempt. If one was still open, its worker is gone.
func (b *batch) end(r *record, e events.JobEnded) {
	if r.State.Final() || !e.State.Final() {
		return
	}
	b.loseAttempts(r, 0, e.At)
	b.move(r, e.State, e.Reason, e.At)
}

func (b *batch) addErrors(r *record, e events.JobErrors) {
	for _, one := range e.Errors {
		b.errors = append(b.errors, jobError{r, one})
		r.Errors = max(r.Errors, one.Seq)
	}
}

func (b *batch) addLines(r *record, e events.JobLogged) {
	for _, line := range e.Lines {
		b.lines = append(b.lines, jobLine{r.ID, line})
	}
}

// move takes a job that has not ended to another state, and keeps count.
func (b *batch) move(r *record, to job.State, reason string, at time.Time) {
	if !to.Valid() {
		return
	}
	b.counts.move(r.Client, key(r.Task), r.State, to)
	if to != job.Waiting {
		b.goOn(r, at)
	}
	r.State, r.Reason, r.Waiting = to, reason, nil
	if to.Final() {
		r.Ended = new(at)
		b.step(r, job.Step{Kind: job.StepEnded, State: to, Errors: r.Errors})
	}
}

// loseAttempts ends attempts whose end was never reported, except for one.
func (b *batch) loseAttempts(r *record, except int, at time.Time) {
	for number, a := range r.attempts {
		if a.Outcome == job.AttemptRunning && number != except {
			a.Outcome, a.Ended, a.touched = job.AttemptLost, new(at), true
			b.tried(r, a, a.Started, job.Queued)
		}
	}
}

// endAttempt records how an attempt ended, the first time that it is said, and
// returns it then.
func (b *batch) endAttempt(r *record, e events.AttemptEnded) *attempt {
	a := r.attempts[e.Attempt]
	if a == nil {
		a = &attempt{Attempt: job.Attempt{Number: e.Attempt, Worker: r.Worker, Outcome: job.AttemptRunning, Started: e.Started}}
		r.attempts[e.Attempt] = a
	}
	if a.Outcome != job.AttemptRunning {
		return nil
	}
	a.Outcome, a.Error, a.Ended, a.touched = e.Outcome, e.Error, new(e.At), true
	b.tried(r, a, cmp.Or(e.Started, a.Started), e.State)
	return a
}
