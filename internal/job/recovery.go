package job

import "time"

// A Recovery is one plan for all slots that went by while no scheduler was up:
// those that are to run all the same, over all schedules. The others were
// decided at once.
type Recovery struct {
	ID       int64         `json:"id"`
	From     time.Time     `json:"from"` // the first slot went by
	To       time.Time     `json:"to"`   // a scheduler was up again
	State    RecoveryState `json:"state"`
	Slots    int           `json:"slots"`             // that it has, in whatever state
	Made     time.Time     `json:"made,omitzero"`     // it was complete; zero before
	Expected Seconds       `json:"expected_seconds"`  // from its approval to its end, by the usual durations
	Settled  *time.Time    `json:"settled,omitempty"` // it was approved or rejected
	By       string        `json:"by,omitempty"`      // who did that; "beadle" if it was small enough to need nobody
	Reason   string        `json:"reason,omitempty"`  // why
	Ended    *time.Time    `json:"ended,omitempty"`   // the last of its jobs had ended; or it was rejected
}

// A RecoveryState is how far a recovery is.
type RecoveryState string

// The states of a recovery.
const (
	RecoveryMaking   RecoveryState = "making"   // slots are still being added
	RecoveryHeld     RecoveryState = "held"     // a person has to approve it
	RecoveryRunning  RecoveryState = "running"  // approved: its slots start in their order
	RecoveryDone     RecoveryState = "done"     // its jobs have ended, and the slots without one are decided
	RecoveryRejected RecoveryState = "rejected" // its slots are missed
)

// A RecoveryPlan is a recovery with its steps, in order.
type RecoveryPlan struct {
	Recovery
	Steps []RecoveryStep `json:"steps"`
}

// A RecoveryStep is one slot of a recovery.
type RecoveryStep struct {
	Place int `json:"place"` // from 1
	Slot
	Task   string   `json:"task"`
	Client string   `json:"client"`
	State  State    `json:"state,omitempty"`         // of its job
	After  []string `json:"after,omitempty"`         // schedules that it comes after
	Shares []string `json:"shares,omitempty"`        // resources that keep it and other steps from running at a time
	Usual  Seconds  `json:"usual_seconds,omitempty"` // how long its jobs took lately; 0: not known
}

// A ClashForecast says which slots of a schedule will want a resource while a
// job of another schedule has it, and when it would be free.
type ClashForecast struct {
	From    time.Time  `json:"from"`
	To      time.Time  `json:"to"`
	Count   int        `json:"count"`             // clashes, also those that are not listed
	Clashes []Clash    `json:"clashes"`           // the first of them, by time
	Free    *FreeTimes `json:"free,omitempty"`    // other times without a clash; nil if there are none near, or no clash
	Remarks []string   `json:"remarks,omitempty"` // what is not known: "how long jobs of x take"
}

// A Clash is a slot whose job will have to wait for one of another schedule, or
// make it wait.
type Clash struct {
	Due      time.Time `json:"due"` // in the zone of the schedule
	Schedule string    `json:"schedule"`
	With     time.Time `json:"with"` // due time of the other's slot
	Resource string    `json:"resource"`
	Overlap  Seconds   `json:"overlap_seconds"` // both would run for so long
}

// FreeTimes are other times for a schedule.
type FreeTimes struct {
	Dialect string    `json:"dialect"`
	Cron    string    `json:"cron"`
	Text    string    `json:"text"` // in words
	Next    time.Time `json:"next"`
}
