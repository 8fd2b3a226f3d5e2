package prune_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/builtin/prune"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
	"github.com/beadle-jobs/beadle/pkg/tasks/taskstest"
)

// A fakeSweep removes so much with each call.
type fakeSweep struct {
	steps []map[string]job.Pruned
	fail  error // at the end
}

func (f *fakeSweep) Next(context.Context) (map[string]job.Pruned, bool, error) {
	if len(f.steps) == 0 {
		return nil, false, f.fail
	}
	step := f.steps[0]
	f.steps = f.steps[1:]
	return step, true, nil
}

func two() []map[string]job.Pruned {
	return []map[string]job.Pruned{{"north": {Lines: 7}}, {"north": {Jobs: 1}, "south": {Jobs: 2, Errors: 1}}}
}

func task(f *fakeSweep) tasks.Task {
	return prune.New(func(context.Context, time.Time) (prune.Sweep, bool, error) { return f, true, nil })
}

func TestItTellsWhatItHasRemoved(t *testing.T) {
	got := taskstest.Run(t, task(&fakeSweep{steps: two()}), struct{}{})
	if got.Err != nil || got.Last().Removed != 3 || got.Last().Stage != "removed 3 jobs, 1 record error and 7 log lines" {
		t.Errorf("it said %+v, %v", got.Last(), got.Err)
	}
}

func TestItFailsWithTheLedger(t *testing.T) {
	away := errors.New("the ledger is away")
	got := taskstest.Run(t, task(&fakeSweep{steps: two(), fail: away}), struct{}{})
	if !errors.Is(got.Err, away) || got.Last().Removed != 3 {
		t.Errorf("it returned %v after %+v", got.Err, got.Last())
	}
}

func TestItLeavesTheRestToAnotherAttempt(t *testing.T) {
	soon := make(chan struct{})
	close(soon)
	f := &fakeSweep{steps: []map[string]job.Pruned{}}
	for range 1000 {
		f.steps = append(f.steps, two()...)
	}
	got := taskstest.Attempt{WrapUp: soon}.Run(t.Context(), t, task(f), struct{}{})
	if got.Err == nil || len(f.steps) == 0 {
		t.Errorf("told to end, it returned %v with %d steps left", got.Err, len(f.steps))
	}
	ctx, abort := context.WithCancel(t.Context())
	abort()
	if got := taskstest.RunContext(ctx, t, task(f), struct{}{}); !errors.Is(got.Err, context.Canceled) {
		t.Errorf("aborted, it returned %v", got.Err)
	}
}

func TestItRemovesNothingBeforeItIsKnownWhatIsKept(t *testing.T) {
	early := prune.New(func(context.Context, time.Time) (prune.Sweep, bool, error) {
		return &fakeSweep{steps: two()}, false, nil
	})
	got := taskstest.Run(t, early, struct{}{})
	if got.Err != nil || !strings.HasPrefix(got.Last().Stage, "removed nothing") {
		t.Errorf("it said %+v, %v", got.Last(), got.Err)
	}
}
