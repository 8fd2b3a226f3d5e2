// Package worker makes a worker binary with tasks of your own, from a
// repository of your own. It is the whole program:
//
//	func main() { os.Exit(worker.Main(report.Task, certificate.Task)) }
//
// The worker reads the same settings as every other process (beadle.yaml, the
// environment, flags; see --help), announces its tasks to the scheduler, which
// registers their schedules, and runs their jobs until it is told to stop. Its
// queue is named after the binary, so that workers with different tasks do not
// take each other's jobs.
//
// Start as many as you like, on as many machines as you like. A worker that is
// stopped with SIGTERM takes no further jobs and gives running ones 30 s (the
// setting worker.drain) to end; what has not ended by then is put back and
// started again elsewhere, without using up an attempt.
package worker

import (
	"context"
	"log/slog"

	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Main runs a worker with these tasks until it is told to stop, and returns
// the exit code. A mistake in a task's declaration panics at once.
func Main(all ...tasks.Task) int {
	tasks.NewRegistry(all...)
	return worker.Main(func(context.Context, config.Config, worker.Watch, *slog.Logger) (worker.Tasks, error) {
		return worker.Tasks{All: all}, nil
	})
}
