package prove

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/desk"
	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// The tasks of the sandbox, and the schedule.
const (
	ErrandTask = "prove.errand"
	SlotTask   = "prove.slot"
	Schedule   = SlotTask
)

// What a sandbox worker is like. It gives running jobs so short a time to end
// that some are put back when it is told to stop.
const (
	Concurrency = 8
	Drain       = time.Second
)

// Tasks are what a sandbox worker brings. Its handlers report to the desk as long
// as the process lives.
func Tasks(d Desk) ([]tasks.Task, error) {
	log, err := journal.Open(d.Handlers)
	if err != nil {
		return nil, err
	}
	reports := &desk.Desk{Name: d.Name, Sink: d.Sink, Log: log}
	return []tasks.Task{
		tasks.Spec[errand.Errand]{
			Name: ErrandTask, Summary: "Run an errand of jobctl prove.", Queue: Queue, Timeout: time.Minute, Attempts: errand.Attempts, Backoff: 300 * time.Millisecond,
			Reads:  func(e errand.Errand) []string { return e.Reads },
			Writes: func(e errand.Errand) []string { return e.Writes },
			Run:    reports.Runs(ErrandTask),
		},
		tasks.Spec[struct{}]{
			Name: SlotTask, Summary: "Be the job of a slot of jobctl prove.", Queue: Queue, Timeout: time.Minute,
			Run: func(context.Context, *tasks.Job[struct{}]) error { return nil },
		},
	}, nil
}
