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
)

// A NewJob asks for a job. Only Task is required.
type NewJob struct {
	Task        string          `json:"task"`
	Args        json.RawMessage `json:"args,omitempty"`
	Client      string          `json:"client,omitempty"` // empty: "default"
	At          time.Time       `json:"at,omitzero"`      // not before; zero: now
	In          string          `json:"in,omitempty"`     // the same, from now: "10m"
	Description string          `json:"description,omitempty"`
	Key         string          `json:"key,omitempty"` // idempotency key: the same key and content again is the same job
}

// A JobList is one page of jobs, newest first.
type JobList struct {
	Jobs   []Job           `json:"jobs"`
	Next   string          `json:"next,omitempty"` // cursor of the next page: Filter.Before
	Counts map[State]int64 `json:"counts"`         // all jobs of the client, by state
	Notice string          `json:"notice,omitempty"`
}

// JobDetail is one job and the attempts at it.
type JobDetail struct {
	Job      Job       `json:"job"`
	Attempts []Attempt `json:"attempts"`
	Notice   string    `json:"notice,omitempty"`
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

// Readiness says whether the server can do its work, and if not, why.
type Readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons"`
}

// An ErrorBody is the answer to a request that was not carried out.
type ErrorBody struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Field   string `json:"field,omitempty"`
	} `json:"error"`
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
	// WorkerList is every worker that was heard of lately.
	WorkerList struct {
		Workers []Worker `json:"workers"`
	}
)
