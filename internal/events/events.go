// Package events names everything that happens to jobs, one type per event.
//
// Events are the only way into the job history: the engine appends them to a
// stream in Redis, in the same atomic step as the change that they report, and
// the recorder copies them from there into the ledger, in order, each exactly
// once. A consumer must accept fields and kinds that it does not know.
package events

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// An Event is something that happened to one job.
type Event interface {
	// Kind is the event's stable name in the stream.
	Kind() string
	// JobID says whose event it is.
	JobID() string
}

// JobEnqueued is the acceptance of a job. From here on it will reach a final
// state.
type JobEnqueued struct {
	Job job.Job `json:"job"` // State is scheduled or queued
}

// JobWaiting says that a job cannot start yet, and why.
type JobWaiting struct {
	ID      string    `json:"id"`
	Waiting *job.Wait `json:"waiting,omitempty"`
	Reason  string    `json:"reason"` // the same as a sentence
	At      time.Time `json:"at"`
}

// JobQueued says that a job is next in its queue again: it was put back by a
// worker that was told to stop, its wait is over, or a person hurried a retry.
type JobQueued struct {
	ID     string    `json:"id"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// AttemptStarted says that a worker holds the job. An attempt before it that
// never ended was lost with its worker.
type AttemptStarted struct {
	ID      string    `json:"id"`
	Attempt int       `json:"attempt"`
	Worker  string    `json:"worker"`
	At      time.Time `json:"at"`
}

// AttemptEnded says how an attempt ended, and where that leaves the job.
type AttemptEnded struct {
	ID       string       `json:"id"`
	Task     string       `json:"task"`
	Attempt  int          `json:"attempt"`
	Outcome  job.Outcome  `json:"outcome"`
	Error    string       `json:"error,omitempty"`
	State    job.State    `json:"state"`            // of the job, from now on
	Reason   string       `json:"reason,omitempty"` // of that state, one sentence
	Failures int          `json:"failures"`
	Progress job.Progress `json:"progress"`
	Errors   int64        `json:"errors"`        // record errors of the job so far, exact
	Due      *time.Time   `json:"due,omitempty"` // of the next attempt
	Started  time.Time    `json:"started"`
	At       time.Time    `json:"at"`
}

// JobEnded is the end of a job outside an attempt: aborted while it waited, or
// expired.
type JobEnded struct {
	ID     string    `json:"id"`
	Task   string    `json:"task"`
	State  job.State `json:"state"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// JobStuck says that a job's code still runs 30 seconds after it was told to
// stop.
type JobStuck struct {
	ID     string    `json:"id"`
	Worker string    `json:"worker"`
	At     time.Time `json:"at"`
}

// LocksBroken says that a person took the locks of a running job away. Its
// attempt is lost, and it goes back into the queue.
type LocksBroken struct {
	ID     string    `json:"id"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// JobErrors are record errors, in order. Those past the cap are only counted,
// in AttemptEnded.
type JobErrors struct {
	ID     string            `json:"id"`
	Errors []job.RecordError `json:"errors"`
}

// JobLogged are log lines, in order.
type JobLogged struct {
	ID    string        `json:"id"`
	Lines []job.LogLine `json:"lines"`
}

// Kind implements Event.
func (JobEnqueued) Kind() string    { return "job.enqueued" }
func (JobWaiting) Kind() string     { return "job.waiting" }
func (JobQueued) Kind() string      { return "job.queued" }
func (AttemptStarted) Kind() string { return "attempt.started" }
func (AttemptEnded) Kind() string   { return "attempt.ended" }
func (JobEnded) Kind() string       { return "job.ended" }
func (JobStuck) Kind() string       { return "job.stuck" }
func (LocksBroken) Kind() string    { return "locks.broken" }
func (JobErrors) Kind() string      { return "job.errors" }
func (JobLogged) Kind() string      { return "job.logged" }

// JobID implements Event.
func (e JobEnqueued) JobID() string    { return e.Job.ID }
func (e JobWaiting) JobID() string     { return e.ID }
func (e JobQueued) JobID() string      { return e.ID }
func (e AttemptStarted) JobID() string { return e.ID }
func (e AttemptEnded) JobID() string   { return e.ID }
func (e JobEnded) JobID() string       { return e.ID }
func (e JobStuck) JobID() string       { return e.ID }
func (e LocksBroken) JobID() string    { return e.ID }
func (e JobErrors) JobID() string      { return e.ID }
func (e JobLogged) JobID() string      { return e.ID }

// readers decode each kind.
var readers = map[string]func([]byte) (Event, error){
	JobEnqueued{}.Kind():    read[JobEnqueued],
	JobWaiting{}.Kind():     read[JobWaiting],
	JobQueued{}.Kind():      read[JobQueued],
	AttemptStarted{}.Kind(): read[AttemptStarted],
	AttemptEnded{}.Kind():   read[AttemptEnded],
	JobEnded{}.Kind():       read[JobEnded],
	JobStuck{}.Kind():       read[JobStuck],
	LocksBroken{}.Kind():    read[LocksBroken],
	JobErrors{}.Kind():      read[JobErrors],
	JobLogged{}.Kind():      read[JobLogged],
}

// Marshal returns e's kind and its body as JSON.
func Marshal(e Event) (kind string, body []byte, err error) {
	body, err = json.Marshal(e)
	return e.Kind(), body, err
}

// Unmarshal returns the event of that kind and body. A kind that this build
// does not know is a nil Event and no error.
func Unmarshal(kind string, body []byte) (Event, error) {
	reader, known := readers[kind]
	if !known {
		return nil, nil
	}
	if e, ok := quick(kind, body); ok {
		return e, nil
	}
	e, err := reader(body)
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", kind, err)
	}
	return e, nil
}

func read[E Event](body []byte) (Event, error) {
	var e E
	err := json.Unmarshal(body, &e)
	return e, err
}
