package check

import (
	"slices"
	"time"
)

// Waits are how long jobs waited for their first attempt.
type Waits struct {
	Jobs int           `json:"jobs"`
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	Max  time.Duration `json:"max_ns"`
}

// WaitsOf measures the jobs that were accepted from one time up to another.
func WaitsOf(ledger []Detail, from, to time.Time) Waits {
	var all []time.Duration
	for _, d := range ledger {
		if d.Job.Started != nil && !d.Job.Created.Before(from) && d.Job.Created.Before(to) {
			all = append(all, d.Job.Started.Sub(d.Job.Created))
		}
	}
	if len(all) == 0 {
		return Waits{}
	}
	slices.Sort(all)
	return Waits{Jobs: len(all), P50: all[(len(all)-1)/2], P99: all[(len(all)-1)*99/100], Max: all[len(all)-1]}
}
