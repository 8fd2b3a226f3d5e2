package job

import "time"

// A HistoryDay is how many jobs of one day ended in one state, also those that
// retention has removed since.
type HistoryDay struct {
	Day    time.Time `json:"day"` // when it began, in UTC
	State  State     `json:"state"`
	Jobs   int64     `json:"jobs"`
	Pruned int64     `json:"pruned"`      // of these, have been removed
	Errors int64     `json:"errors"`      // of records
	Ran    Seconds   `json:"ran_seconds"` // from the first start to the end, all jobs together
}

// A HistoryFilter chooses the jobs that a history counts. What is empty does
// not restrict.
type HistoryFilter struct {
	From, To time.Time // [From, To), by whole days in UTC
	Client   string
	Task     string
	Sight    []Reach // only jobs that fit one of these; owners are not known. Nil: all
}

// A Prunable is how many jobs would be removed now.
type Prunable struct {
	Jobs    int64 `json:"jobs"`
	AtLeast bool  `json:"at_least,omitempty"` // there may be more; counting ends there
	Before  int64 `json:"before"`             // of these, as things are already
}

// A Pruned is what one step of pruning has removed.
type Pruned struct {
	Jobs, Errors, Lines int64
}

// Add returns both together.
func (p Pruned) Add(other Pruned) Pruned {
	return Pruned{p.Jobs + other.Jobs, p.Errors + other.Errors, p.Lines + other.Lines}
}
