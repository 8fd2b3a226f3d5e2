// Package check judges a trial by what was written down: by the sink,
// by the handlers, by those who asked the API, and by the ledger. It shares no
// code with what it judges, and believes nobody alone: what the ledger says
// must fit what the handlers did, and what the handlers did must fit what the
// sink accepted.
//
// What must not happen is counted by [Kind], and every count must be 0. What
// may happen, because faults were injected, is counted beside it.
package check

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// A Kind is one thing that must not happen.
type Kind string

// What must not happen.
const (
	Refused      Kind = "jobs_refused"        // the API did not want a job, though nothing was wrong with it
	Lost         Kind = "jobs_lost"           // acknowledged, and unknown or unfinished at the end
	Doubled      Kind = "jobs_doubled"        // two jobs where one was asked for
	SlotMissing  Kind = "slots_missing"       // a due time has no outcome
	SlotDoubled  Kind = "slots_doubled"       // a due time has two
	JobOverlap   Kind = "attempts_overlap"    // the sink accepted writes of two attempts of one job at overlapping times
	HoldOverlap  Kind = "holders_overlap"     // the same of two jobs that exclude each other
	FenceBack    Kind = "fences_back"         // a later holder did not have a greater fence
	FenceMissing Kind = "fences_missing"      // an attempt had none
	Unexplained  Kind = "ledger_unexplained"  // a state, outcome or count that nothing explains
	Late         Kind = "thawed_too_late"     // code of a thawed process still ran after the grace
	Astray       Kind = "overlap_unexplained" // code ran beside its successor, or was refused, without a thaw
	RanOn        Kind = "ran_after_end"       // work at a job that had ended
)

// Kinds are all kinds, in the order of a report.
var Kinds = []Kind{Refused, Lost, Doubled, SlotMissing, SlotDoubled, JobOverlap, HoldOverlap, FenceBack, FenceMissing, Unexplained, Late, Astray, RanOn}

// Grace is how long after its thaw the code of a frozen process may go on.
const Grace = time.Second

// Evidence is all that was written down in one run.
type Evidence struct {
	Sunk    []journal.Sunk
	Handled []journal.Handled
	Asked   []journal.Asked
	Ledger  []Detail
	Slots   []journal.Due // none, if the run had no schedules
}

// A Detail is a job and its attempts, as the API shows them.
type Detail struct {
	Job      Job       `json:"job"`
	Attempts []Attempt `json:"attempts"`
}

// A Job is what the API says of a job, as far as it is judged.
type Job struct {
	ID       string        `json:"id"`
	Task     string        `json:"task"`
	Client   string        `json:"client"`
	Args     errand.Errand `json:"args"`
	State    string        `json:"state"`
	Reason   string        `json:"reason"`
	Error    string        `json:"error"`
	Attempt  int           `json:"attempt"`
	Failures int           `json:"failures"`
	Crashes  int           `json:"crashes"`
	Parent   string        `json:"parent"`
	Schedule string        `json:"schedule"` // empty: somebody asked for it
	Slot     *time.Time    `json:"slot"`
	Created  time.Time     `json:"created"`
	Started  *time.Time    `json:"started"`
	Ended    *time.Time    `json:"ended"`
}

// An Attempt is what the API says of an attempt.
type Attempt struct {
	Number  int        `json:"number"`
	Worker  string     `json:"worker"`
	Outcome string     `json:"outcome"`
	Ended   *time.Time `json:"ended"`
}

// Read reads the evidence of the run in that folder.
func Read(dir string) (e Evidence, err error) {
	if e.Sunk, err = journal.Read[journal.Sunk](filepath.Join(dir, journal.Sink)); err != nil {
		return e, err
	}
	if e.Handled, err = journal.Read[journal.Handled](filepath.Join(dir, journal.Handlers)); err != nil {
		return e, err
	}
	if e.Asked, err = journal.Read[journal.Asked](filepath.Join(dir, journal.Accepted)); err != nil {
		return e, err
	}
	if e.Ledger, err = journal.Read[Detail](filepath.Join(dir, journal.Ledger)); err != nil {
		return e, err
	}
	if e.Slots, err = journal.Read[journal.Due](filepath.Join(dir, journal.Slots)); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return e, err
}

// A Finding is something that must not have happened.
type Finding struct {
	Kind Kind   `json:"kind"`
	What string `json:"what"`
}

// A Report is what a run was like.
type Report struct {
	Counts   map[Kind]int   `json:"counts"` // of what must not happen; all kinds are there
	Findings []Finding      `json:"-"`
	Faults   map[string]int `json:"faults"`   // "worker freeze"
	States   map[string]int `json:"states"`   // jobs in the ledger
	Outcomes map[string]int `json:"outcomes"` // attempts in the ledger

	Timetable map[string]int `json:"slots"` // due times by their outcomes
	Lag       float64        `json:"slot_lag_max_seconds"`
	Failures  int            `json:"attempts_used"` // attempts that failed and count, of all jobs

	Acknowledged int           `json:"acknowledged"`    // jobs
	Writes       int           `json:"writes_accepted"` // by the sink
	Denied       int           `json:"writes_refused"`
	Zombies      int           `json:"thawed_overlaps"`      // attempts of thawed processes that ran beside their successors
	Slowest      time.Duration `json:"thawed_slowest_ns"`    // from the thaw to the last sign of life of such an attempt
	Died         int           `json:"died_by_themselves"`   // processes
	RedisLosses  int           `json:"redis_losses"`         // restarts of Redis that lost something acknowledged
	AbortP99     time.Duration `json:"abort_p99_ns"`         // from the API's answer to the return of the handler
	Aborts       int           `json:"aborts_acknowledged"`  // by the API
	Running      int           `json:"aborts_while_running"` // those that a handler had to obey
}

// OK reports whether nothing happened that must not.
func (r Report) OK() bool {
	for _, n := range r.Counts {
		if n > 0 {
			return false
		}
	}
	return true
}

// Judge looks through the evidence.
func Judge(e Evidence) Report {
	j := &judge{Evidence: e, Report: Report{
		Counts: map[Kind]int{}, Faults: map[string]int{}, States: map[string]int{}, Outcomes: map[string]int{}, Timetable: map[string]int{},
	}}
	for _, k := range Kinds {
		j.Counts[k] = 0
	}
	j.history = newHistory(e.Sunk)
	j.visits = visitsOf(e.Sunk)
	j.known = recordOf(e, j.visits)
	j.count()
	j.overlaps()
	j.stragglers()
	j.acknowledged()
	j.slots()
	j.ledger()
	j.aborts()
	slices.SortStableFunc(j.Findings, func(a, b Finding) int {
		return slices.Index(Kinds, a.Kind) - slices.Index(Kinds, b.Kind)
	})
	return j.Report
}

// A judge goes through the evidence and fills in the report.
type judge struct {
	Evidence
	Report
	history *history
	visits  []*visit
	known   *record
	// successors are of visits that went on beside another, which had come later.
	successors map[*visit]*visit
}

func (j *judge) find(k Kind, format string, args ...any) {
	j.Counts[k]++
	j.Findings = append(j.Findings, Finding{k, fmt.Sprintf(format, args...)})
}

// count counts what may happen.
func (j *judge) count() {
	for _, s := range j.Sunk {
		switch {
		case s.What == journal.Mark && s.Fault != "":
			j.fault(s)
		case s.What == journal.Mark || s.What == journal.Left:
		case s.OK:
			j.Writes++
		default:
			j.Denied++
		}
	}
	for _, d := range j.Ledger {
		j.States[d.Job.State]++
		j.Failures += d.Job.Failures
		for _, a := range d.Attempts {
			j.Outcomes[a.Outcome]++
		}
	}
}

// fault counts what was done to a process, by the kind of both.
func (j *judge) fault(s journal.Sunk) {
	j.Faults[s.Worker[:strings.IndexAny(s.Worker+".", "-.")]+" "+string(s.Fault)]++
	switch s.Fault {
	case journal.Died:
		j.Died++
	case journal.Loss:
		j.RedisLosses++
	}
}
