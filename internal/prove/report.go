package prove

import (
	"math"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// format names what a report looks like.
const format = "beadle-proof/1"

// A Report is what a proof found.
type Report struct {
	Format  string    `json:"format"`
	ID      string    `json:"id"`
	Kept    bool      `json:"kept"`   // every promise was
	By      string    `json:"by"`     // who asked, as the server knows them
	Host    string    `json:"host"`   // where jobctl ran
	Server  string    `json:"server"` // URL
	Version string    `json:"version"`
	Jobctl  string    `json:"jobctl"` // its version
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	Seed    uint64    `json:"seed"`
	Jobs    int       `json:"jobs"` // that were asked for, of all steps

	Redis      job.RedisFacts  `json:"redis"`
	Ledger     job.LedgerFacts `json:"ledger"`
	Schedulers int             `json:"schedulers"`
	Builds     []job.Build     `json:"builds"` // of the installation's workers
	Troubles   []string        `json:"troubles,omitempty"`

	Steps []Step   `json:"steps"`
	Left  []string `json:"left,omitempty"` // what could not be removed, and how to

	scheduled time.Time // when the schedule was made
}

// A Step is what one step found. What must be 0 for the promises to hold: Lost,
// Doubled, Overlaps, Fences, Failed, UsedUp, Unclear, and of the slots Doubled
// and Missing.
type Step struct {
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	Skipped string    `json:"skipped,omitempty"` // why it was not done; then nothing else is there
	Done    []string  `json:"done,omitempty"`    // what was done, in order
	Began   time.Time `json:"began,omitzero"`
	Took    float64   `json:"took_seconds,omitempty"`

	Jobs      int `json:"jobs"`           // acknowledged
	Lost      int `json:"lost"`           // of them unknown, or not ended
	Doubled   int `json:"doubled"`        // two attempts that held one job at once, or an effect twice under one fence
	Overlaps  int `json:"lock_overlaps"`  // two jobs that held at once what they exclude each other from
	Fences    int `json:"fences_wrong"`   // a later holder without a greater fence
	Failed    int `json:"failed"`         // ended without success
	UsedUp    int `json:"attempts_used"`  // attempts that count against the limit of a job
	Attempted int `json:"attempts_again"` // attempts that were cut short and made again: delivery is at least once
	Unclear   int `json:"unexplained"`    // what was recorded and what was seen do not fit
	Writes    int `json:"writes"`         // that the sink accepted
	Refused   int `json:"writes_refused"` // by their fence: the writer had lost what it held

	Slots    Slots    `json:"slots"`
	Recovery Recovery `json:"recovery"`
	Findings []string `json:"findings,omitempty"`
}

// Slots are the due times of the schedule during a step.
type Slots struct {
	Due     int `json:"due"`
	Late    int `json:"late"`    // ran later than 5 s after they were due, or not, with a reason
	Doubled int `json:"doubled"` // have two records, or two jobs
	Missing int `json:"missing"` // have no record, or their job did not succeed
}

// Recovery is how long jobs that were hit took to run again, in seconds; of the
// leader, until there was one; of Redis, until a job began.
type Recovery struct {
	Measured int     `json:"measured"`
	P50      float64 `json:"p50_seconds"`
	Max      float64 `json:"max_seconds"`
}

// Kept reports whether the promises held.
func (s Step) Kept() bool {
	return s.Lost+s.Doubled+s.Overlaps+s.Fences+s.Failed+s.UsedUp+s.Unclear+s.Slots.Doubled+s.Slots.Missing == 0
}

func (r Report) holds() bool {
	for _, s := range r.Steps {
		if !s.Kept() {
			return false
		}
	}
	return true
}

// seconds is d to the millisecond.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }
