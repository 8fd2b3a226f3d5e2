// Package job is the vocabulary of jobs: what a job is, the states it passes
// through, and how lists of jobs are filtered.
//
// A job is one execution of a task, from enqueue to a final state:
//
//	           ┌────────────> waiting ──┐        (for a lock, a limit, a worker that knows it)
//	           │                        v
//	scheduled ─┴─> queued ──────────> running ──> succeeded | failed | aborted
//	                 ^                  │
//	                 └──── retrying <───┘
//
// Anything that has not ended can be aborted or can expire; [State.Can] is the
// whole table. A job makes attempts; an [Attempt] that fails is retried by the
// task's policy, one that was cut short by a crash or a deploy is made again
// and uses up nothing. Errors of single records are counted apart: a job may
// succeed with three errors.
package job

import (
	"encoding/json"
	"slices"
	"time"
)

// A State is where a job stands.
type State string

// The states, in the order in which a job may pass through them.
const (
	Scheduled State = "scheduled" // starts later
	Waiting   State = "waiting"   // for a lock, a limit, another job, a worker that knows the task
	Queued    State = "queued"    // next in its queue
	Running   State = "running"   // a worker holds it
	Retrying  State = "retrying"  // an attempt failed; the next one is due later
	Held      State = "held"      // for approval by a person

	Succeeded State = "succeeded" // final
	Failed    State = "failed"    // final
	Aborted   State = "aborted"   // final
	Expired   State = "expired"   // final: was not started in time
)

// States are all states in the order in which people read them.
var States = []State{Scheduled, Waiting, Queued, Running, Retrying, Held, Succeeded, Failed, Aborted, Expired}

// moves is the state machine: from each state, where a job may go next.
var moves = map[State][]State{
	Scheduled: {Queued, Waiting, Running, Aborted, Expired},
	Waiting:   {Queued, Running, Held, Failed, Aborted, Expired},
	Queued:    {Waiting, Running, Held, Failed, Aborted, Expired},
	Running:   {Waiting, Queued, Running, Retrying, Held, Succeeded, Failed, Aborted},
	Retrying:  {Waiting, Queued, Running, Failed, Aborted, Expired},
	Held:      {Queued, Aborted, Expired},
}

// Valid reports whether s is a state.
func (s State) Valid() bool {
	_, open := moves[s]
	return open || s.Final()
}

// Final reports whether a job in s has ended.
func (s State) Final() bool {
	switch s {
	case Succeeded, Failed, Aborted, Expired:
		return true
	}
	return false
}

// Can reports whether a job may go from s to next.
func (s State) Can(next State) bool {
	return slices.Contains(moves[s], next)
}

// A Job is one execution of a task, as the ledger, the API and the pages show
// it. Its JSON form is the API's.
type Job struct {
	ID          string          `json:"id"` // UUIDv7
	Task        string          `json:"task"`
	Description string          `json:"description"` // one line for people; the task's summary unless the enqueuer said more
	Client      string          `json:"client"`
	Owner       string          `json:"owner"` // who started it: a person, "schedule NAME", "job ID"
	Queue       string          `json:"queue"`
	Args        json.RawMessage `json:"args"`

	State    State    `json:"state"`
	Reason   string   `json:"reason,omitempty"` // why it waits, or how it ended, in one sentence
	Progress Progress `json:"progress"`
	Errors   int64    `json:"errors"`          // record errors, exact
	Error    string   `json:"error,omitempty"` // of the last attempt that failed
	Attempt  int      `json:"attempt"`         // attempts begun, 0 before the first
	Failures int      `json:"failures"`        // attempts that failed and count against the task's limit
	Worker   string   `json:"worker,omitempty"`
	Aborting bool     `json:"aborting,omitempty"` // told to stop, still running
	Stuck    bool     `json:"stuck,omitempty"`    // told to stop more than 30 s ago, its code still runs
	Crashes  int      `json:"crashes,omitempty"`  // workers that died under it in a row, without recorded progress in between
	Waiting  *Wait    `json:"waiting,omitempty"`  // what it waits for, while it does

	Parent   string     `json:"parent,omitempty"`   // the job that enqueued this one
	Root     string     `json:"root"`               // the first job of the lineage; its own id if it has no parent
	RetryOf  string     `json:"retry_of,omitempty"` // the ended job that this one repeats
	Schedule string     `json:"schedule,omitempty"` // the schedule whose slot this is
	Slot     *time.Time `json:"slot,omitempty"`     // the slot's due time
	Trace    string     `json:"trace,omitempty"`    // W3C traceparent of whoever enqueued it
	Tags     []string   `json:"tags,omitempty"`     // in order of their alphabet

	Due     time.Time  `json:"due"`               // not started before; next attempt while retrying
	Expires *time.Time `json:"expires,omitempty"` // it expires if it has not been started by then
	Created time.Time  `json:"created"`
	Started *time.Time `json:"started,omitempty"` // first attempt
	Ended   *time.Time `json:"ended,omitempty"`
}

// Progress is how far a job has come. Total is zero when unknown.
type Progress struct {
	Stage   string `json:"stage,omitempty"`
	Done    int64  `json:"done"`
	Total   int64  `json:"total"`
	Created int64  `json:"created"`
	Changed int64  `json:"changed"`
	Removed int64  `json:"removed"`
}

// Percent returns 0 to 100, and false when the total is unknown.
func (p Progress) Percent() (int, bool) {
	if p.Total <= 0 {
		return 0, false
	}
	return int(min(p.Done, p.Total) * 100 / p.Total), true
}

// An Outcome is how an attempt ended.
type Outcome string

// The outcomes of an attempt. Only AttemptFailed counts against the task's
// limit of attempts.
const (
	AttemptRunning     Outcome = "running"
	AttemptSucceeded   Outcome = "succeeded"
	AttemptFailed      Outcome = "failed"
	AttemptAborted     Outcome = "aborted"
	AttemptInterrupted Outcome = "interrupted" // the worker was told to stop and put the job back
	AttemptLost        Outcome = "lost"        // the worker died or lost contact
)

// An Attempt is one try at a job.
type Attempt struct {
	Number  int        `json:"number"` // 1 for the first
	Worker  string     `json:"worker"`
	Outcome Outcome    `json:"outcome"`
	Error   string     `json:"error,omitempty"`
	Started time.Time  `json:"started"`
	Ended   *time.Time `json:"ended,omitempty"`
}

// A RecordError is what went wrong with one record of a job that went on.
type RecordError struct {
	Seq     int64     `json:"seq"` // 1 for the job's first
	Attempt int       `json:"attempt"`
	Key     string    `json:"key"`  // which record: "enrollments.csv:17", a sourcedId
	Code    string    `json:"code"` // stable: "BAD_DATE"
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// A LogLine is one line that a task logged.
type LogLine struct {
	Seq     int64     `json:"seq"` // 1 for the job's first
	Attempt int       `json:"attempt"`
	Level   string    `json:"level"` // debug, info, warn, error
	Text    string    `json:"text"`  // message and attributes
	At      time.Time `json:"at"`
}

// A Request asks for a job. Task is required; the rest has defaults.
type Request struct {
	ID          string          // empty: a new one. The same ID again is a no-op
	Key         string          // idempotency key; the same key and content again is a no-op
	Task        string          //
	Args        json.RawMessage // empty: {}
	Client      string          // empty: "default"
	Owner       string          //
	Description string          // empty: the task's summary
	At          time.Time       // zero: now
	Expires     time.Time       // zero: never; not started by then, the job expires
	Trace       string          // W3C traceparent; may be empty
	Follows     string          // that of the job that this one repeats; may be empty
	Tags        []string        // as [TagsOf] takes them
	Worker      string          // id of the only worker session that may run it; empty: any
	Whole       string          // set by the engine: the job that this one is a part of
	Parent      string          //
	Root        string          // empty: the job itself
	RetryOf     string          //
	Schedule    string          //
	Slot        time.Time       //
	Resume      *Resume         // nil unless the job was accepted before, and Redis lost it
}

// A Resume is what a job had behind it when Redis lost it: the numbers go on
// from there, and nothing is used up twice. Such a job was accepted before, so
// it is accepted again even while nobody announces its task.
type Resume struct {
	Queue    string
	Created  time.Time
	Attempt  int   // attempts begun
	Failures int   // attempts that failed and count against the task's limit
	Errors   int64 // record errors; the next one is numbered behind it
	Lines    int64 // log lines; the next one is numbered behind it
}

// A Filter chooses jobs. Zero fields do not restrict. [ParseFilter] reads what
// people type.
type Filter struct {
	States   []State
	Task     string // or those that begin so: "sis.*"
	Client   string
	Owner    string
	Root     string
	Schedule string
	Errors   bool // only jobs with record errors, or that failed
	Queue    string
	Server   string    // the worker that holds it, or did last
	Error    string    // words in the error of the last attempt that failed
	Words    []string  // in the description, the error or the id
	Tags     []string  // all of them
	Payload  []Content // of the arguments
	Run      Span      // how long it has run, or ran
	Wait     Span      // how long it has waited for its first attempt, or did
	Created  Period

	Before string // cursor: only jobs listed after it; newest first
	Limit  int    // 0 means 50; at most 500

	// Within are the jobs that the reader may see: those that fit one of the
	// reaches. Nil means all of them, and an empty list none.
	Within []Reach
}

// A Declaration is a task as a worker announced it: what the catalogue keeps,
// and all that the scheduler and the pages know of a task.
type Declaration struct {
	Name       string             `json:"name"`
	Summary    string             `json:"summary"`
	Queue      string             `json:"queue"`
	Schema     json.RawMessage    `json:"schema"` // JSON Schema of the arguments
	Timeout    time.Duration      `json:"timeout_seconds"`
	Attempts   int                `json:"attempts"`
	Backoff    time.Duration      `json:"backoff_seconds"` // before the second attempt; doubles from there
	Reads      []string           `json:"reads,omitempty"`
	Writes     []string           `json:"writes,omitempty"`
	Schedules  []DeclaredSchedule `json:"schedules,omitempty"`
	Warn       time.Duration      `json:"warn_seconds,omitempty"` // soft time limit: the attempt is told to wrap up
	Locks      bool               `json:"locks,omitempty"`        // what a job wants depends on its arguments: a worker has to be asked
	Unique     *Unique            `json:"unique,omitempty"`       // nil: jobs of this task are never the same
	Where      map[string]string  `json:"where,omitempty"`        // labels that a worker must carry
	EachWorker bool               `json:"each_worker,omitempty"`  // one job per live worker, under a parent that counts them
	Limits     []Limit            `json:"limits,omitempty"`       // of this task, as its code declares them
	Build      string             `json:"build"`                  // version of the worker binary
	BuiltAt    time.Time          `json:"built_at"`               // the newest build's declaration wins
	Missing    bool               `json:"missing,omitempty"`      // no worker announces it any more; only the catalogue says so
}

// A DeclaredSchedule is a default schedule that a task brings along.
type DeclaredSchedule struct {
	Name   string          `json:"name"` // unique in the installation: the task's name, or "task:what"
	Cron   string          `json:"cron"` // unix dialect
	Zone   string          `json:"zone"` // IANA name
	Client string          `json:"client"`
	Args   json.RawMessage `json:"args"`
	Wants  *Wants          `json:"wants,omitempty"` // of a job with these arguments, names without their client; nil: not known
}
