package apitest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// retention is what is kept, and for how long.
type retention struct {
	rules []job.RetentionRule
	holds []job.Hold
	base  job.Retention // of the leader; zero: none has led yet
}

// Lead says what the settings of the scheduler that leads keep.
func (p *Platform) Lead(base job.Retention) { p.retention.base = base }

// RetentionBase implements api.RetentionLedger.
func (l Ledger) RetentionBase(context.Context) (job.Retention, bool, error) {
	return l.retention.base, l.retention.base != job.Retention{}, nil
}

// RetentionRules implements api.RetentionLedger.
func (l Ledger) RetentionRules(ctx context.Context) ([]job.RetentionRule, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.retention.rules), l.Ping(ctx)
}

// PutRetentionRule implements api.RetentionLedger.
func (l Ledger) PutRetentionRule(_ context.Context, r job.RetentionRule) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retention.rules = append(slices.DeleteFunc(l.retention.rules, r.SameScope), r)
	return nil
}

// DeleteRetentionRule implements api.RetentionLedger.
func (l Ledger) DeleteRetentionRule(_ context.Context, client, tasks string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retention.rules = slices.DeleteFunc(l.retention.rules, job.RetentionRule{Client: client, Tasks: tasks}.SameScope)
	return nil
}

// Prunable implements api.RetentionLedger.
func (l Ledger) Prunable(ctx context.Context, p job.RetentionPolicy, now time.Time, most int64) (n int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range l.jobs {
		held := slices.ContainsFunc(l.retention.holds, func(h job.Hold) bool { return h.Covers(j) })
		if !held && j.Ended != nil && j.Ended.Before(p.For(j.Client, j.Task).Jobs.Before(now)) {
			n++
		}
	}
	return min(n, most), l.Ping(ctx)
}

// Holds implements api.RetentionLedger.
func (l Ledger) Holds(ctx context.Context) ([]job.Hold, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.retention.holds), l.Ping(ctx)
}

// Hold implements api.RetentionLedger.
func (l Ledger) Hold(ctx context.Context, name string) (job.Hold, error) {
	all, err := l.Holds(ctx)
	i := slices.IndexFunc(all, func(h job.Hold) bool { return h.Name == name })
	if err == nil && i < 0 {
		return job.Hold{}, fault.New(fault.NotFound, "There is no hold %q.", name).In("name")
	}
	if err != nil {
		return job.Hold{}, err
	}
	return all[i], nil
}

// PutHold implements api.RetentionLedger.
func (l Ledger) PutHold(_ context.Context, h job.Hold) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retention.holds = append(slices.DeleteFunc(l.retention.holds, func(x job.Hold) bool { return x.Name == h.Name }), h)
	slices.SortFunc(l.retention.holds, func(a, b job.Hold) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// LiftHold implements api.RetentionLedger.
func (l Ledger) LiftHold(_ context.Context, name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retention.holds = slices.DeleteFunc(l.retention.holds, func(h job.Hold) bool { return h.Name == name })
	return nil
}

// History implements api.RetentionLedger: a day for each job that has ended.
func (l Ledger) History(ctx context.Context, f job.HistoryFilter) (days []job.HistoryDay, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range l.sorted() {
		seen := f.Sight == nil || slices.ContainsFunc(f.Sight, func(r job.Reach) bool { return r.Owner == "" && r.Fits(j.Client, j.Task, "") })
		if j.Ended != nil && seen && (f.Client == "" || f.Client == j.Client) && (f.Task == "" || f.Task == j.Task) {
			days = append(days, job.HistoryDay{Day: j.Ended.Truncate(job.Day), State: j.State, Jobs: 1, Errors: j.Errors})
		}
	}
	return days, l.Ping(ctx)
}
