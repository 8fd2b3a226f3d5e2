package client

import (
	"encoding/json"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// The vocabulary of jobs, as it stands in the API.
type (
	// A Job is one execution of a task.
	Job = job.Job
	// A State is where a job stands.
	State = job.State
	// A Filter chooses jobs.
	Filter = job.Filter
	// An Attempt is one try at a job.
	Attempt = job.Attempt
	// A RecordError is what went wrong with one record of a job that went on.
	RecordError = job.RecordError
	// A LogLine is one line that a task logged.
	LogLine = job.LogLine
	// A Task is a task as a worker announced it.
	Task = job.Declaration
	// A Schedule is when a task becomes a job.
	Schedule = job.Schedule
	// A Slot is one due time of a schedule, and what became of it.
	Slot = job.Slot
	// An Organisation is one client of the platform, a tenant: the API's word
	// for it is client.
	Organisation = job.Client
	// A Worker is a process that runs jobs.
	Worker = job.Worker
	// A Wait says what a job waits for.
	Wait = job.Wait
	// Waited is a wait of a job, with its length.
	Waited = job.Waited
	// A Lock is a resource that jobs hold or wait for.
	Lock = job.Lock
	// A Limit bounds how many jobs run at a time.
	Limit = job.Limit
)

// A NewJob asks for a job. Only Task is required.
type NewJob struct {
	Task        string          `json:"task"`
	Args        json.RawMessage `json:"args,omitempty"`
	Client      string          `json:"client,omitempty"` // empty: "default"
	At          time.Time       `json:"at,omitzero"`      // not before; zero: now
	In          string          `json:"in,omitempty"`     // the same, from now: "10m"
	Expires     time.Time       `json:"expires,omitzero"` // not started by then, it expires; zero: never
	Description string          `json:"description,omitempty"`
	Key         string          `json:"key,omitempty"`   // idempotency key: the same key and content again is the same job
	Tags        []string        `json:"tags,omitempty"`  // up to 8 of 1 to 40 lower-case letters, digits and . - _ :
	Trace       string          `json:"trace,omitempty"` // W3C traceparent; empty: that of the request's header
}

// Enqueued is the answer to a [NewJob].
type Enqueued struct {
	Job
	Existing bool `json:"existing,omitempty"` // the job was there before: of the same key, or because it does the same
}

// A BatchLine is what became of one line of a batch: an id, or a Problem.
type BatchLine struct {
	Line     int      `json:"line"` // 1 for the first
	ID       string   `json:"id,omitempty"`
	State    State    `json:"state,omitempty"`
	Existing bool     `json:"existing,omitempty"` // as in Enqueued
	Error    *Problem `json:"error,omitempty"`
}

// A JobList is one page of jobs, newest first.
type JobList struct {
	Jobs   []Job           `json:"jobs"`
	Next   string          `json:"next,omitempty"`  // cursor of the next page: Filter.Before
	Counts map[State]int64 `json:"counts"`          // all jobs of the client, by state
	Total  int             `json:"total,omitempty"` // jobs of the filter, where it was asked for
	More   bool            `json:"more,omitempty"`  // there are more than Total
	Notice string          `json:"notice,omitempty"`

	// Searched is how many of the newest jobs were looked at, if not all.
	Searched int `json:"searched,omitempty"`
}

// JobDetail is one job, the attempts at it and what it waited for.
type JobDetail struct {
	Job      Job       `json:"job"`
	Attempts []Attempt `json:"attempts"`
	Waits    []Waited  `json:"waits,omitempty"` // at most 20; the last sums up the rest
	Usual    *Usual    `json:"usual,omitempty"` // nil: no job like it has succeeded
	Notice   string    `json:"notice,omitempty"`
}

// Usual is how long jobs of the same schedule took lately, or else of the same
// task and client: those that succeeded, and the job itself left out.
type Usual struct {
	Median job.Seconds `json:"median_seconds"`
	Short  job.Seconds `json:"short_seconds"` // nine in ten took no less
	Long   job.Seconds `json:"long_seconds"`  // nine in ten took no longer
	Of     int         `json:"of"`            // how many jobs say so
	Text   string      `json:"text"`          // how the job compares, in one sentence
}

// ErrorPage is some of a job's record errors, in order.
type ErrorPage struct {
	Errors []RecordError `json:"errors"`
	Next   int64         `json:"next,omitempty"` // where the next page begins; 0: this is the last
}

// LogPage is some of a job's log, in order.
type LogPage struct {
	Lines []LogLine `json:"lines"`
	Next  int64     `json:"next,omitempty"` // where the next page begins; 0: there is no more yet
}

// Version is what the server is.
type Version struct {
	Version string `json:"version"`
	Go      string `json:"go"`
}

// Readiness says whether a process can do its work, and if not, why.
type Readiness struct {
	Ready    bool     `json:"ready"`
	Reasons  []string `json:"reasons"`            // why it is not, each by itself
	Warnings []string `json:"warnings,omitempty"` // what people should look at all the same
}

// An ErrorBody is the answer to a request that was not carried out.
type ErrorBody struct {
	Error Problem `json:"error"`
}

// A Problem is why something was not carried out.
type Problem struct {
	Code    string `json:"code"`    // stable, as in [Error]
	Message string `json:"message"` // a sentence for people
	Field   string `json:"field,omitempty"`
}

// BreakLocks takes the locks of a running job away.
type BreakLocks struct {
	Job    string `json:"job"`
	Reason string `json:"reason"` // required; the job's history keeps it
}

// A NewLimit bounds how many jobs run at a time: of a task, of a client, or of
// a task for a client.
type NewLimit struct {
	Task   string `json:"task,omitempty"`
	Client string `json:"client,omitempty"` // "*": each client
	Max    int    `json:"max"`
}

// A NewClient asks for a client.
type NewClient struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"` // empty: the name
}

// A ClientTitle asks for another title of a client.
type ClientTitle struct {
	Title string `json:"title"`
}

// RunSchedule starts a schedule's job now.
type RunSchedule struct {
	Client string `json:"client,omitempty"` // empty: the schedule's
}

// Lists, as the API wraps them.
type (
	// TaskList is the catalogue.
	TaskList struct {
		Tasks []Task `json:"tasks"`
	}
	// ScheduleList is every schedule.
	ScheduleList struct {
		Schedules []Schedule `json:"schedules"`
	}
	// SlotList is some slots of a schedule, newest first.
	SlotList struct {
		Slots []Slot `json:"slots"`
	}
	// ClientList is every client.
	ClientList struct {
		Clients []Organisation `json:"clients"`
	}
	// LockList is every resource that jobs hold or wait for.
	LockList struct {
		Locks []Lock `json:"locks"`
	}
	// LimitList is every limit, with its use.
	LimitList struct {
		Limits []Limit `json:"limits"`
	}
	// WorkerList is every worker that was heard of lately.
	WorkerList struct {
		Workers []Worker `json:"workers"`
	}
)
