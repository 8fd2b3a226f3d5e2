package api

import (
	"context"
	"slices"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// SISPlans implements [PlanLedger]: of the syncs that may be seen.
func (l gatedLedger) SISPlans(ctx context.Context, f sync.PlanFilter) ([]sync.Plan, error) {
	f.Syncs = slices.DeleteFunc(slices.Clone(f.Syncs), func(name string) bool { return !l.seesSync(ctx, name) })
	return l.ledger.SISPlans(ctx, f)
}

// DecideSIS implements [PlanLedger]: for those who operate the sync, in their
// own name.
func (l gatedLedger) DecideSIS(ctx context.Context, r sync.Ruling) (sync.Plan, error) {
	if err := l.mayDecide(ctx, r.Sync); err != nil {
		return sync.Plan{}, err
	}
	r.By = actor(ctx)
	return l.ledger.DecideSIS(ctx, r)
}

// ReleaseSIS implements [PlanLedger], for the same people.
func (l gatedLedger) ReleaseSIS(ctx context.Context, name, plan, effect string) (int64, error) {
	if err := l.mayDecide(ctx, name); err != nil {
		return 0, err
	}
	return l.ledger.ReleaseSIS(ctx, name, plan, effect)
}

// KeptSIS implements [PlanLedger].
func (l gatedLedger) KeptSIS(ctx context.Context, name, plan string) (int64, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return 0, err
	}
	return l.ledger.KeptSIS(ctx, name, plan)
}

// mayDecide checks the right to let a sync change the LMS.
func (g gate) mayDecide(ctx context.Context, name string) error {
	if err := g.syncOpen(ctx, name); err != nil {
		return err
	}
	if auth.Of(ctx).By != "" {
		return fault.New(fault.Denied, "You only look at what %s sees; nothing is decided in their name.", auth.Of(ctx).Name)
	}
	for _, s := range g.syncs {
		if s.Name == name {
			return may(ctx, auth.Operate, s.Client, applyTask)
		}
	}
	return nil
}

// OperatesSync reports whether whoever acts may decide on plans of a sync, and say
// what is to become of its records.
func (a *API) OperatesSync(ctx context.Context, name string) bool {
	return gate{syncs: a.Syncs}.mayDecide(ctx, name) == nil
}
