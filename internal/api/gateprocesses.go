package api

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// LiveProcesses is the schedulers and workers as they are now.
type LiveProcesses interface {
	Processes(ctx context.Context) ([]job.Process, error)
	// SetLogLevel has a process, or all if its name is empty, log at that level
	// for so long.
	SetLogLevel(ctx context.Context, process, level string, lasts time.Duration, by string) error
	// Profile returns what the CPUs do for the jobs of a task, on one worker or on
	// all that run one, as pprof reads it.
	Profile(ctx context.Context, task, worker string, d time.Duration) ([]byte, error)
}

// Processes implements [LiveProcesses]. They are of all clients.
func (e gatedEngine) Processes(ctx context.Context) ([]job.Process, error) {
	if err := auth.NeedSeeAll.Check(auth.Of(ctx)); err != nil {
		return nil, err
	}
	return e.engine.Processes(ctx)
}

// SetLogLevel implements [LiveProcesses].
func (e gatedEngine) SetLogLevel(ctx context.Context, process, level string, lasts time.Duration, by string) error {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return e.engine.SetLogLevel(ctx, process, level, lasts, by)
}

// Profile implements [LiveProcesses].
func (e gatedEngine) Profile(ctx context.Context, task, worker string, d time.Duration) ([]byte, error) {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return nil, err
	}
	return e.engine.Profile(ctx, task, worker, d)
}
