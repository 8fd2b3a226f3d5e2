package engine

import "github.com/beadle-jobs/beadle/internal/job"

// A Status is what a worker knows of itself.
type Status struct {
	Running  int  // jobs in its hands
	Listed   bool // it has a lease, so that it can take jobs
	Quiet    bool // people have told it to take no more
	Stopping bool // it takes no more, and ends
}

// Status returns how the worker is now, without asking Redis.
func (w *Worker) Status() Status {
	s := w.session()
	return Status{
		Running: len(w.holds.every()), Listed: s != nil && s.lease.Err() == nil,
		Quiet: w.told().order == job.OrderQuiet, Stopping: w.stopping.Err() != nil,
	}
}
