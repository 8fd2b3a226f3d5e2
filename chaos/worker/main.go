// Worker is the worker of the torture run. Its handlers do what their errands
// say and report every step to the sink, with their fence. They obey their
// context and nothing else: a handler whose writes are refused goes on until it
// is stopped, so that what a frozen worker does after its thaw can be seen.
package main

import (
	"os"
	"time"

	"github.com/beadle-jobs/beadle/chaos/errand"
	"github.com/beadle-jobs/beadle/chaos/journal"
	"github.com/beadle-jobs/beadle/pkg/tasks"
	"github.com/beadle-jobs/beadle/pkg/worker"
)

func main() {
	log, err := journal.Open(os.Getenv("CHAOS_HANDLERS"))
	if err != nil {
		panic(err)
	}
	d := &desk{name: os.Getenv("CHAOS_NAME"), sink: os.Getenv("CHAOS_SINK"), log: log}
	os.Exit(worker.Main(d.tasks()...))
}

// tasks are the tasks that run errands; all run them alike, and differ in what
// the platform has to do for them.
func (d *desk) tasks() (all []tasks.Task) {
	for _, name := range errand.Tasks {
		s := tasks.Spec[errand.Errand]{
			Name:     name,
			Summary:  "Run an errand.",
			Timeout:  2 * time.Minute,
			Attempts: errand.Attempts,
			Backoff:  300 * time.Millisecond,
			Run:      d.runs(name),
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
