package api

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// RetentionBase implements [RetentionLedger].
func (l gatedLedger) RetentionBase(ctx context.Context) (job.Retention, bool, error) {
	if err := auth.NeedSeeAll.Check(auth.Of(ctx)); err != nil {
		return job.Retention{}, false, err
	}
	return l.ledger.RetentionBase(ctx)
}

// RetentionRules implements [RetentionLedger].
func (l gatedLedger) RetentionRules(ctx context.Context) ([]job.RetentionRule, error) {
	if err := auth.NeedSeeAll.Check(auth.Of(ctx)); err != nil {
		return nil, err
	}
	return l.ledger.RetentionRules(ctx)
}

// PutRetentionRule implements [RetentionLedger].
func (l gatedLedger) PutRetentionRule(ctx context.Context, r job.RetentionRule) error {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return l.ledger.PutRetentionRule(ctx, r)
}

// DeleteRetentionRule implements [RetentionLedger].
func (l gatedLedger) DeleteRetentionRule(ctx context.Context, client, tasks string) error {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return l.ledger.DeleteRetentionRule(ctx, client, tasks)
}

// Prunable implements [RetentionLedger].
func (l gatedLedger) Prunable(ctx context.Context, p job.RetentionPolicy, now time.Time, most int64) (int64, error) {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return 0, err
	}
	return l.ledger.Prunable(ctx, p, now, most)
}

// Holds implements [RetentionLedger].
func (l gatedLedger) Holds(ctx context.Context) ([]job.Hold, error) {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return nil, err
	}
	return l.ledger.Holds(ctx)
}

// Hold implements [RetentionLedger].
func (l gatedLedger) Hold(ctx context.Context, name string) (job.Hold, error) {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return job.Hold{}, err
	}
	return l.ledger.Hold(ctx, name)
}

// PutHold implements [RetentionLedger].
func (l gatedLedger) PutHold(ctx context.Context, h job.Hold) error {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return l.ledger.PutHold(ctx, h)
}

// LiftHold implements [RetentionLedger].
func (l gatedLedger) LiftHold(ctx context.Context, name string) error {
	if err := auth.NeedAdmin.Check(auth.Of(ctx)); err != nil {
		return err
	}
	return l.ledger.LiftHold(ctx, name)
}

// History implements [RetentionLedger].
func (l gatedLedger) History(ctx context.Context, f job.HistoryFilter) ([]job.HistoryDay, error) {
	f.Sight = auth.Of(ctx).Sight()
	return l.ledger.History(ctx, f)
}
