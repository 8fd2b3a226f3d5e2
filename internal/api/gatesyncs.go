package api

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
)

// seesSync is whether the plans of its client may be seen.
func (g gate) seesSync(ctx context.Context, name string) bool {
	for _, s := range g.syncs {
		if s.Name == name {
			return auth.Of(ctx).May(auth.See, firstOf(s.Client, "default"), planTask)
		}
	}
	return auth.Of(ctx).Everywhere(auth.See)
}

// SeesSync reports whether whoever acts may see a sync.
func (a *API) SeesSync(ctx context.Context, name string) bool {
	return gate{syncs: a.Syncs}.seesSync(ctx, name)
}

func (g gate) syncOpen(ctx context.Context, name string) error {
	if g.seesSync(ctx, name) {
		return nil
	}
	return fault.New(fault.NotFound, "There is no sync %s.", name)
}

// SyncStatus implements [SyncLedger].
func (l gatedLedger) SyncStatus(ctx context.Context, name string) (sync.Status, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return sync.Status{}, err
	}
	return l.ledger.SyncStatus(ctx, name)
}

// SISPlan implements [SyncLedger].
func (l gatedLedger) SISPlan(ctx context.Context, name, id string) (sync.Plan, error) {
	if err := l.syncOpen(ctx, name); err != nil {
		return sync.Plan{}, err
	}
	return l.ledger.SISPlan(ctx, name, id)
}

// SISEffects implements [SyncLedger]. A plan has the id of the job that made it.
func (l gatedLedger) SISEffects(ctx context.Context, plan string, f sync.EffectFilter) ([]sync.Effect, error) {
	if err := l.open(ctx, plan); err != nil {
		return nil, err
	}
	effects, err := l.ledger.SISEffects(ctx, plan, f)
	if !l.knowsPlan(ctx, plan) {
		for i := range effects {
			effects[i] = sync.HideEffect(effects[i])
		}
	}
	return effects, err
}

// knowsPlan is knowsPeople of the sync of a plan. Once its job is forgotten, only
// those who administer everything see names.
func (g gate) knowsPlan(ctx context.Context, plan string) bool {
	if auth.Of(ctx).Everywhere(auth.Administer) {
		return true
	}
	j, err := g.raw(ctx, plan)
	return err == nil && auth.Of(ctx).May(auth.Administer, j.Client, planTask)
}

// SISPerson implements [PersonLedger].
func (l gatedLedger) SISPerson(ctx context.Context, name, key string) (sync.PersonFile, error) {
	if err := l.personOpen(ctx, name); err != nil {
		return sync.PersonFile{}, err
	}
	return l.ledger.SISPerson(ctx, name, key)
}

// EraseSISPerson implements [PersonLedger].
func (l gatedLedger) EraseSISPerson(ctx context.Context, name, key string) (sync.Erasure, error) {
	if err := l.personOpen(ctx, name); err != nil {
		return sync.Erasure{}, err
	}
	return l.ledger.EraseSISPerson(ctx, name, key)
}

func (l gatedLedger) personOpen(ctx context.Context, name string) error {
	if err := l.syncOpen(ctx, name); err != nil {
		return err
	}
	return auth.NeedAdmin.Check(auth.Of(ctx))
}
