package job

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// A Schedule is when a task becomes a job: a rule in layers, and the client of
// the jobs. Its JSON form is the API's, with the rule's fields beside its own.
type Schedule struct {
	Name   string `json:"name"` // unique in the installation: the task's name, or "task:what"
	Task   string `json:"task"`
	Client string `json:"client"`
	Rule          // what holds, all layers applied; see [Schedule.Settle]

	Base      Rule       `json:"base"`                // what the task's code declares, or what the schedule was created with
	Declared  bool       `json:"declared"`            // by the code of a task; false: a person created it
	Overrides []Override `json:"overrides,omitempty"` // what people have set since, by layer and field
	Notices   []string   `json:"notices,omitempty"`   // what an administrator should know: a default changed under an override
	Revision  int64      `json:"revision"`            // grows with every change; two people who edit at once are told by it

	PausedUntil *time.Time `json:"paused_until,omitempty"` // its slots up to then are paused
	PauseNote   string     `json:"pause_note,omitempty"`

	Missing bool   `json:"missing,omitempty"` // no worker announces its task, or declares it, any more: shown, never fired
	Problem string `json:"problem,omitempty"` // why it can have no slots, in one line: a bad cron expression or zone

	Runs    int64      `json:"runs"`           // slots that became jobs
	Created time.Time  `json:"created"`        // it has no slots up to here
	Decided time.Time  `json:"decided"`        // every slot up to here has its outcome; zero before the first; only ever moves forward
	Next    *time.Time `json:"next,omitempty"` // next slot, worked out for display and never stored
}

// Settle works out the rule that holds from its layers.
func (s *Schedule) Settle() error {
	fields, err := s.Base.fields()
	if err != nil {
		return err
	}
	for _, layer := range []Layer{LayerPlatform, LayerClient} {
		for _, o := range s.Overrides {
			if o.Layer == layer {
				fields[o.Field] = o.Value
			}
		}
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("apply overrides of schedule %s: %w", s.Name, err)
	}
	var settled Rule
	if err := json.Unmarshal(raw, &settled); err != nil {
		return fmt.Errorf("apply overrides of schedule %s: %w", s.Name, err)
	}
	s.Rule = settled
	return nil
}

// Field returns the JSON of a field of r, by its JSON name; nil if it is
// empty.
func (r Rule) Field(name string) (json.RawMessage, error) {
	fields, err := r.fields()
	return fields[name], err
}

func (r Rule) fields() (fields map[string]json.RawMessage, err error) {
	raw, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(raw, &fields)
	}
	if err != nil {
		return nil, fmt.Errorf("read a rule by field: %w", err)
	}
	return fields, nil
}

// RuleFields are the JSON names of a rule's fields, in order.
func RuleFields() []string {
	var names []string
	for f := range reflect.TypeFor[Rule]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
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
	SlotSkipped  SlotOutcome = "skipped"   // by policy: the job of an earlier slot had not ended
	SlotExcluded SlotOutcome = "excluded"  // the schedule's calendar leaves it out
	SlotPaused   SlotOutcome = "paused"    // the schedule was switched off, or paused
	SlotBlocked  SlotOutcome = "blocked"   // a schedule that it comes after did not succeed
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
	Reason   string        `json:"reason,omitempty"`   // for people, in one sentence
	JobID    string        `json:"job_id,omitempty"`   // of the job that was, or was to be, enqueued
	Decided  time.Time     `json:"decided"`            // when the outcome was recorded
	Lag      time.Duration `json:"lag_seconds"`        // from due to enqueued, to the millisecond; zero if it did not run
	Recovery int64         `json:"recovery,omitempty"` // id of the recovery that it belongs to
	Pruned   *time.Time    `json:"pruned,omitempty"`   // when retention removed its job
}

// A SlotBatch is what became of slots of one schedule, to be recorded at once.
// Each slot is in it once.
type SlotBatch struct {
	Schedule string
	Decided  time.Time // every slot up to here has its outcome; zero says nothing
	Slots    []Slot
}
