package job

import (
	"encoding/json"
	"slices"
	"time"
)

// Live is how a job stands right now, as those are told who follow it: short,
// and without arguments.
type Live struct {
	ID       string    `json:"id"`
	Task     string    `json:"task"`
	Client   string    `json:"client"`
	Owner    string    `json:"owner"`
	Root     string    `json:"root"`
	Schedule string    `json:"schedule,omitempty"`
	State    State     `json:"state"`
	Was      State     `json:"was,omitempty"` // the state that was told before; empty: not known, or the job is new
	New      bool      `json:"new,omitempty"` // it was accepted just now
	Reason   string    `json:"reason,omitempty"`
	Error    string    `json:"error,omitempty"`
	Progress Progress  `json:"progress"`
	Errors   int64     `json:"errors,omitempty"`
	Attempt  int       `json:"attempt,omitempty"`
	Aborting bool      `json:"aborting,omitempty"`
	Stuck    bool      `json:"stuck,omitempty"`
	Logged   bool      `json:"logged,omitempty"` // there are new log lines or record errors
	At       time.Time `json:"at"`
}

// LiveOf returns how j stands at that time.
func LiveOf(j Job, at time.Time) Live {
	return Live{
		ID: j.ID, Task: j.Task, Client: j.Client, Owner: j.Owner, Root: j.Root, Schedule: j.Schedule, State: j.State, Reason: j.Reason, Error: j.Error,
		Progress: j.Progress, Errors: j.Errors, Attempt: j.Attempt, Aborting: j.Aborting, Stuck: j.Stuck, At: at,
	}
}

// A Lookout chooses the jobs that somebody follows. Empty fields do not
// restrict.
type Lookout struct {
	Jobs     []string // ids
	States   []State  // a job is followed into these states, and out of them
	Task     string
	Client   string
	Owner    string
	Root     string
	Schedule string
}

// Fits reports whether whoever keeps the lookout is told of l.
func (o Lookout) Fits(l *Live) bool {
	return (o.Task == "" || o.Task == l.Task) && (o.Client == "" || o.Client == l.Client) &&
		(o.Owner == "" || o.Owner == l.Owner) && (o.Root == "" || o.Root == l.Root) && (o.Schedule == "" || o.Schedule == l.Schedule) &&
		(len(o.Jobs) == 0 || slices.Contains(o.Jobs, l.ID)) && (len(o.States) == 0 || o.passes(l))
}

// passes reports whether l comes into one of the states, or leaves it.
func (o Lookout) passes(l *Live) bool {
	return slices.Contains(o.States, l.State) || slices.Contains(o.States, l.Was) || l.Was == "" && !l.New
}

// Kinds of frames.
const (
	FrameReady = "ready" // following has begun: what is read from now on is not out of date
	FrameJobs  = "jobs"  // jobs that changed
	FrameReset = "reset" // some changes cannot be told: read again what is shown
)

// A Frame is what is told at once to somebody who follows jobs.
type Frame struct {
	Position string // in the event stream; following can go on behind it
	Kind     string
	Data     json.RawMessage
}
