package scheduler

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/internal/profile"
)

// front is the engine as the API asks for it.
type front struct{ *engine.Engine }

// EnqueueBatch implements api.Engine.
func (f front) EnqueueBatch(ctx context.Context, rs []job.Request) ([]api.Accepted, error) {
	done, err := f.Engine.EnqueueBatch(ctx, rs)
	all := make([]api.Accepted, len(done))
	for i, a := range done {
		all[i] = api.Accepted(a)
	}
	return all, err
}

// Profile implements api.LiveProcesses.
func (f front) Profile(ctx context.Context, task, worker string, d time.Duration) ([]byte, error) {
	all, err := f.Engine.Profile(ctx, task, worker, d)
	if err != nil {
		return nil, err
	}
	return profile.Merge(all)
}

// locks are the locks as the API asks for them. What it does not get from them
// it gets later.
type locks struct{ all *lock.Locks }

// List implements api.Locks.
func (l locks) List(ctx context.Context) ([]job.Lock, error) {
	all, err := l.all.List(ctx)
	return all, later(err)
}

// Limits implements api.LiveLimits.
func (l locks) Limits(ctx context.Context) ([]job.Limit, error) {
	all, err := l.all.Limits(ctx)
	return all, later(err)
}

// SetLimits implements api.LiveLimits.
func (l locks) SetLimits(ctx context.Context, all []job.Limit) error {
	return later(l.all.SetLimits(ctx, all))
}

// later says of an error without a kind that Redis is to blame.
func later(err error) error {
	if err == nil || fault.KindOf(err) != fault.Internal {
		return err
	}
	return fault.New(fault.Unavailable, "The locks cannot be read at the moment; try again in a few seconds.").Because(err)
}

// campusBook is what syncs know and plan, and what is done about that, within the
// rights of whoever acts.
type campusBook struct {
	*api.API
	api.Ledger
}
