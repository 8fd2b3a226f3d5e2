package job

import (
	"encoding/json"
	"time"
)

// A Rule is all of a schedule that people may set: when it is due, what its
// jobs are asked to do, and what becomes of slots that cannot simply run. Its
// fields are known to people by their JSON names.
type Rule struct {
	Dialect string          `json:"dialect"` // of Cron: "unix", "quartz", or "every" for intervals
	Cron    string          `json:"cron"`
	Zone    string          `json:"zone"` // IANA name
	Args    json.RawMessage `json:"args"`
	Enabled bool            `json:"enabled"` // false: switched off, so that its slots are paused

	Overlap       Overlap  `json:"overlap"`                 // while a job of an earlier slot has not ended
	CatchUp       CatchUp  `json:"catch_up"`                // of slots that nobody saw coming
	CatchUpWithin Seconds  `json:"catch_up_within_seconds"` // older ones are missed; 0: 24 hours
	CatchUpMost   int      `json:"catch_up_most"`           // at a time, of CatchUpAll; 0: 100
	LatestStart   Seconds  `json:"latest_start_seconds"`    // a slot that is later than this is missed; 0: no limit
	Jitter        Seconds  `json:"jitter_seconds"`          // slots start up to this much after they are due
	JitterBy      JitterBy `json:"jitter_by"`               // what decides how much

	After      []string  `json:"after,omitempty"`               // schedules whose job must have succeeded first
	AfterFor   AfterFor  `json:"after_for,omitempty"`           // which job of theirs; empty: AfterSlot
	AfterLimit Seconds   `json:"after_limit_seconds,omitempty"` // how long a slot waits for them; 0: 12 hours
	AfterElse  AfterElse `json:"after_else,omitempty"`          // what becomes of it then; empty: ElseSkip

	Calendar string     `json:"calendar"`            // name of the calendar whose times are left out; empty: none
	StartsAt *time.Time `json:"starts_at,omitempty"` // no slots before
	EndsAt   *time.Time `json:"ends_at,omitempty"`   // no slots from then on
	MaxRuns  int        `json:"max_runs"`            // it is over after so many slots that became jobs; 0: never

	Owner  string            `json:"owner"`            // who answers for it
	Labels map[string]string `json:"labels,omitempty"` // for finding it
}

// An Overlap is what becomes of a slot while a job of an earlier slot of the
// same schedule has not ended.
type Overlap string

// The kinds of overlap.
const (
	OverlapSkip     Overlap = "skip"      // the slot is skipped
	OverlapQueueOne Overlap = "queue one" // one job waits for the other to end; further slots are skipped
	OverlapQueueAll Overlap = "queue all" // each slot has its job, one after the other
	OverlapAbort    Overlap = "abort"     // the job of the earlier slot is aborted, and this one starts
	OverlapAllow    Overlap = "allow"     // both run
)

// Valid reports whether o is one of them.
func (o Overlap) Valid() bool {
	switch o {
	case OverlapSkip, OverlapQueueOne, OverlapQueueAll, OverlapAbort, OverlapAllow:
		return true
	}
	return false
}

// A CatchUp says which slots still run that nobody saw coming, because no
// scheduler was up or the ledger was away.
type CatchUp string

// The kinds of catching up.
const (
	CatchUpNone   CatchUp = "none"   // all of them are missed
	CatchUpLatest CatchUp = "latest" // the last one runs
	CatchUpAll    CatchUp = "all"    // all within the window run, the oldest first; beyond CatchUpMost the oldest are missed
)

// Valid reports whether c is one of them.
func (c CatchUp) Valid() bool { return c == CatchUpNone || c == CatchUpLatest || c == CatchUpAll }

// A JitterBy says what decides how much later than its due time a slot starts.
type JitterBy string

// The kinds of jitter.
const (
	JitterByName   JitterBy = "name"   // the schedule's name: always the same, and different from others
	JitterByChance JitterBy = "chance" // each slot anew
)

// Valid reports whether j is one of them.
func (j JitterBy) Valid() bool { return j == JitterByName || j == JitterByChance }

// DefaultRule is what a rule says that says nothing else.
func DefaultRule() Rule {
	return Rule{
		Dialect: "unix", Zone: "UTC", Args: json.RawMessage("{}"), Enabled: true,
		Overlap: OverlapSkip, CatchUp: CatchUpLatest, JitterBy: JitterByName,
	}
}

// NewRule returns the default rule with a unix cron expression, its zone and
// the arguments of its jobs.
func NewRule(cron, zone string, args json.RawMessage) Rule {
	r := DefaultRule()
	r.Cron, r.Zone, r.Args = cron, zone, args
	return r
}

// A Layer is where something about a schedule was set. The client's counts
// before the platform's, and that before the declaration.
type Layer string

// The layers above the declaration.
const (
	LayerPlatform Layer = "platform" // by an operator
	LayerClient   Layer = "client"   // by an administrator of the schedule's client
)

// Valid reports whether l is one of them.
func (l Layer) Valid() bool { return l == LayerPlatform || l == LayerClient }

// An Override is one field of a rule that a person has set.
type Override struct {
	Layer   Layer           `json:"layer"`
	Field   string          `json:"field"` // JSON name
	Value   json.RawMessage `json:"value"`
	Default json.RawMessage `json:"default"` // what the declaration said at that time
	By      string          `json:"by"`
	Reason  string          `json:"reason"`
	At      time.Time       `json:"at"`
}

// A Change is one field of a schedule that was changed, for ever.
type Change struct {
	Seq      int64           `json:"seq"`
	Schedule string          `json:"schedule"`
	At       time.Time       `json:"at"`
	By       string          `json:"by"`
	Reason   string          `json:"reason"`
	Layer    Layer           `json:"layer,omitempty"` // empty: the schedule as a whole, or its declaration
	Field    string          `json:"field"`           // JSON name; "created", "deleted", "paused" or "resumed" for the whole
	Old      json.RawMessage `json:"old,omitempty"`
	New      json.RawMessage `json:"new,omitempty"`
}

// A Calendar is times at which schedules that name it do not run. A slot is
// left out if any of the exclusions has its local time, in the zone of its
// schedule.
type Calendar struct {
	Name       string      `json:"name"`
	Title      string      `json:"title"`
	Exclusions []Exclusion `json:"exclusions"`
	Revision   int64       `json:"revision"`
}

// An Exclusion is one stretch of such times. What it does not say is any: one
// with only weekdays leaves out whole days.
type Exclusion struct {
	Title    string   `json:"title,omitempty"`    // "winter break"
	From     string   `json:"from,omitempty"`     // first day: "2026-12-21", or "12-24" for every year
	To       string   `json:"to,omitempty"`       // last day, in the same form; empty: the same as From. "12-24" to "01-02" goes over new year
	Weekdays []string `json:"weekdays,omitempty"` // "monday" …
	Start    string   `json:"start,omitempty"`    // time of day, "09:00"
	End      string   `json:"end,omitempty"`      // the first time that is not left out, "17:30" or "24:00"; before Start: the next day
}

// An Edit changes a schedule.
type Edit struct {
	Layer    Layer                      `json:"layer"`
	Set      map[string]json.RawMessage `json:"set,omitempty"`    // fields of the rule, by JSON name
	Revert   []string                   `json:"revert,omitempty"` // fields that lose what was set in that layer; "*": all
	Revision int64                      `json:"revision"`         // of the schedule that was edited; if it has changed since, nothing is changed
	By       string                     `json:"-"`
	Reason   string                     `json:"reason"`
}

// A Firing is a time at which a schedule will be due, as far as is known now.
type Firing struct {
	Schedule string    `json:"schedule"`
	Due      time.Time `json:"due"`              // in the zone of the schedule
	Skipped  bool      `json:"skipped"`          // it will not run: paused, excluded, before the start or after the end
	Remark   string    `json:"remark,omitempty"` // why, or what is odd about that day: "the clock goes back: 02:30 comes twice, it runs at the first"
}

// A Preview is what a rule means.
type Preview struct {
	Text     string   `json:"text"`             // in words, canonical
	Dialect  string   `json:"dialect"`          // as it is stored
	Cron     string   `json:"cron"`             // as it is stored
	Unix     string   `json:"unix,omitempty"`   // the same in unix cron, if it can be said
	Quartz   string   `json:"quartz,omitempty"` // the same in Quartz, if it can be said
	Next     []Firing `json:"next"`
	Warnings []string `json:"warnings,omitempty"`
}

// A SlotCheck compares the slots that there should have been with those that
// are recorded.
type SlotCheck struct {
	Schedule string                `json:"schedule"`
	From     time.Time             `json:"from"`
	To       time.Time             `json:"to"`
	Outcomes map[SlotOutcome]int64 `json:"outcomes"`    // recorded slots, by outcome
	Gaps     []time.Time           `json:"gaps"`        // due times without a record; must be none
	Lag      map[string]Seconds    `json:"lag_seconds"` // "p50", "p99" and "max" of the slots that ran
}
