package job

import (
	"encoding/json"
	"time"
)

// A Schedule is when a task becomes a job: a cron expression in a time zone,
// and the arguments and client of the jobs. Its JSON form is the API's.
type Schedule struct {
	Name   string          `json:"name"` // unique in the installation: the task's name, or "task:what"
	Task   string          `json:"task"`
	Client string          `json:"client"`
	Cron   string          `json:"cron"` // unix dialect
	Zone   string          `json:"zone"` // IANA name
	Args   json.RawMessage `json:"args"`

	Enabled bool   `json:"enabled"`           // false: switched off by a person, so that its slots are paused, or has a Problem
	Missing bool   `json:"missing,omitempty"` // no worker announces its task any more: shown, never fired
	Problem string `json:"problem,omitempty"` // why it can have no slots, in one line: a bad cron expression or zone

	Created time.Time  `json:"created"`        // it has no slots up to here
	Decided time.Time  `json:"decided"`        // every slot up to here has its outcome; zero before the first; only ever moves forward
	Next    *time.Time `json:"next,omitempty"` // next slot, worked out for display and never stored
}

// OpenAfter returns the time up to which no slot of s is open any more.
func (s Schedule) OpenAfter() time.Time {
	if s.Decided.After(s.Created) {
		return s.Decided
	}
	return s.Created
}

// A SlotOutcome is what became of a slot.
type SlotOutcome string

// The outcomes of a slot. All but SlotIntended are final: once one of them is
// recorded it never changes.
const (
	SlotIntended SlotOutcome = "intended"  // chosen to run under its JobID; the enqueue is not confirmed yet
	SlotRan      SlotOutcome = "ran"       // enqueued at most 5 s after it was due
	SlotRanLate  SlotOutcome = "ran_late"  // enqueued later, because Redis or the ledger was away
	SlotCaughtUp SlotOutcome = "caught_up" // enqueued later, because no scheduler was up when it was due
	SlotSkipped  SlotOutcome = "skipped"   // the job of an earlier slot had not ended
	SlotPaused   SlotOutcome = "paused"    // the schedule was switched off
	SlotMissed   SlotOutcome = "missed"    // not enqueued, for the reason given
)

// Ran reports whether the slot became a job.
func (o SlotOutcome) Ran() bool { return o == SlotRan || o == SlotRanLate || o == SlotCaughtUp }

// Final reports whether o never changes.
func (o SlotOutcome) Final() bool { return o != SlotIntended }

// A Slot is one due time of a schedule, and what became of it. It is known by
// its schedule and due time. Its record is written at most twice: first either
// with a final outcome or as intended, and then, if it was intended, with the
// final outcome under the same JobID. Any other write of it changes nothing.
type Slot struct {
	Schedule string        `json:"schedule"`
	Due      time.Time     `json:"due"`
	Outcome  SlotOutcome   `json:"outcome"`
	Reason   string        `json:"reason,omitempty"` // for people, in one sentence
	JobID    string        `json:"job_id,omitempty"` // of the job that was, or was to be, enqueued
	Decided  time.Time     `json:"decided"`          // when the outcome was recorded
	Lag      time.Duration `json:"lag_seconds"`      // from due to enqueued, to the millisecond; zero if it did not run
}
