// Drill is a worker whose tasks show everything that can become of a job, so
// that the metrics, dashboards and alerts have something to show.
package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/beadle-jobs/beadle/pkg/tasks"
	"github.com/beadle-jobs/beadle/pkg/worker"
)

type args struct {
	MS int `json:"ms,omitempty"` // how long the job takes
}

// A run is what a task does once the time has passed.
type run func(job *tasks.Job[args]) error

func main() {
	os.Exit(worker.Main(
		drill("drill.work", "Works, and succeeds.", succeeds),
		drill("drill.errors", "Succeeds with record errors.", recordErrors),
		drill("drill.repeat", "Fails at first, and succeeds when repeated.", failsAtFirst),
		drill("drill.fail", "Fails.", fails),
		drill("drill.crash", "Takes its worker with it.", crashes),
		drill("drill.deaf", "Goes on for a minute, whatever it is told.", deaf),
		alone("drill.lock", "Works in the hall, one at a time.", "hall"),
		narrow("drill.narrow", "Works, two at a time."),
	))
}

func drill(name, summary string, then run) tasks.Spec[args] {
	return tasks.Spec[args]{
		Name: name, Summary: summary, Attempts: 2, Backoff: 200 * time.Millisecond,
		Run: func(ctx context.Context, job *tasks.Job[args]) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(job.Args.MS) * time.Millisecond):
				return then(job)
			}
		},
	}
}

func alone(name, summary, resource string) tasks.Spec[args] {
	s := drill(name, summary, succeeds)
	s.Writes = func(args) []string { return []string{resource} }
	return s
}

func narrow(name, summary string) tasks.Spec[args] {
	s := drill(name, summary, succeeds)
	s.Limit = 2
	return s
}

func succeeds(*tasks.Job[args]) error { return nil }

var errDrill = errors.New("this is a drill")

func fails(*tasks.Job[args]) error { return errDrill }

func failsAtFirst(job *tasks.Job[args]) error {
	if job.Attempt == 1 {
		return errDrill
	}
	return nil
}

func recordErrors(job *tasks.Job[args]) error {
	job.Error("row:1", "DRILL", "This row is part of a drill.")
	return nil
}

func crashes(*tasks.Job[args]) error {
	os.Exit(3)
	return nil
}

func deaf(*tasks.Job[args]) error {
	time.Sleep(time.Minute)
	return nil
}
