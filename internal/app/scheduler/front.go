package scheduler

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/lock"
)

// front is the engine as the API asks for it.
type front struct{ *engine.Engine }

// EnqueueBatch implements api.Engine.
func (f front) EnqueueBatch(ctx context.Context, rs []job.Request) ([]api.Accepted, error) {
	all := make([]api.Accepted, len(rs))
	for i, r := range rs {
		all[i].Job, all[i].Err = f.Enqueue(ctx, r)
	}
	return all, nil
}

// Break implements api.Engine.
func (f front) Break(ctx context.Context, id, by, reason string) (job.Job, error) {
	breaker, ok := any(f.Engine).(interface {
		Break(ctx context.Context, id, by, reason string) (job.Job, error)
	})
	if !ok {
		return job.Job{}, fault.New(fault.Conflict, "Job %s holds no locks.", id)
	}
	return breaker.Break(ctx, id, by, reason)
}

// liveLocks returns the locks as the API asks for them.
func liveLocks(l *lock.Locks) api.Locks {
	if locks, ok := any(l).(api.Locks); ok {
		return locks
	}
	return unlisted{}
}

// unlisted are locks that cannot be listed.
type unlisted struct{}

func (unlisted) List(context.Context) ([]job.Lock, error)     { return nil, nil }
func (unlisted) Limits(context.Context) ([]job.Limit, error)  { return nil, nil }
func (unlisted) SetLimits(context.Context, []job.Limit) error { return nil }

// records is the ledger as the API asks for it.
type records struct{ *ledger.Ledger }

// Limits implements api.LimitLedger.
func (r records) Limits(ctx context.Context) ([]job.Limit, error) {
	if l, ok := any(r.Ledger).(api.LimitLedger); ok {
		return l.Limits(ctx)
	}
	return nil, nil
}

// PutLimit implements api.LimitLedger.
func (r records) PutLimit(ctx context.Context, limit job.Limit) error {
	if l, ok := any(r.Ledger).(api.LimitLedger); ok {
		return l.PutLimit(ctx, limit)
	}
	return nil
}

// DeleteLimit implements api.LimitLedger.
func (r records) DeleteLimit(ctx context.Context, task, client string) error {
	if l, ok := any(r.Ledger).(api.LimitLedger); ok {
		return l.DeleteLimit(ctx, task, client)
	}
	return nil
}
