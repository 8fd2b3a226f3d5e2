// Worker is the worker of the torture run: its tasks run errands.
package main

import (
	"os"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/desk"
	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/pkg/tasks"
	"github.com/beadle-jobs/beadle/pkg/worker"
)

func main() {
	log, err := journal.Open(os.Getenv("CHAOS_HANDLERS"))
	if err != nil {
		panic(err)
	}
	d := &desk.Desk{Name: os.Getenv("CHAOS_NAME"), Sink: os.Getenv("CHAOS_SINK"), Log: log}
	os.Exit(worker.Main(errands(d)...))
}

// errands are the tasks that run errands; all run them alike, and differ in what
// the platform has to do for them.
func errands(d *desk.Desk) (all []tasks.Task) {
	for _, name := range errand.Tasks {
		s := tasks.Spec[errand.Errand]{
			Name:     name,
			Summary:  "Run an errand.",
			Timeout:  2 * time.Minute,
			Attempts: errand.Attempts,
			Backoff:  300 * time.Millisecond,
			Run:      d.Runs(name),
		}
		switch name {
		case errand.Unique:
			s.Unique = &tasks.Unique{Args: []string{"same"}, Policy: tasks.Skip}
		case errand.Blocking:
			s.Blocking = func(errand.Errand) bool { return true }
		case errand.Locked, errand.Retrying, errand.Chained:
			s.Reads = func(e errand.Errand) []string { return e.Reads }
			s.Writes = func(e errand.Errand) []string { return e.Writes }
		}
		all = append(all, s)
	}
	return all
}
