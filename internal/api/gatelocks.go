package api

import (
	"context"
	"slices"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// gatedLocks are the locks within the rights of whoever acts.
type gatedLocks struct {
	gate
	locks Locks
}

// List implements [Locks]: what jobs hold or wait for that may be seen.
func (l gatedLocks) List(ctx context.Context) ([]job.Lock, error) {
	all, err := l.locks.List(ctx)
	if err != nil || auth.Of(ctx).Sight() == nil {
		return all, err
	}
	var some []job.Lock
	for _, lock := range all {
		lock.Holders = seen(ctx, lock.Holders, func(h job.Holder) (string, string) { return h.Client, h.Task })
		lock.Waiters = seen(ctx, lock.Waiters, func(w job.Waiter) (string, string) { return w.Client, w.Task })
		if len(lock.Holders)+len(lock.Waiters) > 0 {
			some = append(some, lock)
		}
	}
	return some, nil
}

// Limits implements [LiveLimits]. [Limits.Limits] leaves out what may not be
// seen; all of them are needed to publish them.
func (l gatedLocks) Limits(ctx context.Context) ([]job.Limit, error) { return l.locks.Limits(ctx) }

// SetLimits implements [LiveLimits].
func (l gatedLocks) SetLimits(ctx context.Context, all []job.Limit) error {
	return l.locks.SetLimits(ctx, all)
}

// limitsWithin returns the limits that bound anything that may be seen.
func limitsWithin(ctx context.Context, all []job.Limit) []job.Limit {
	return slices.DeleteFunc(all, func(l job.Limit) bool {
		client := l.Client
		if client == "*" {
			client = ""
		}
		return !touches(ctx, client, l.Task)
	})
}
