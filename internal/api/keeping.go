package api

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// RetentionLedger is the record of how long jobs are kept.
type RetentionLedger interface {
	RetentionRules(ctx context.Context) ([]job.RetentionRule, error)
	// RetentionBase returns what the settings of the scheduler that leads say, by
	// which jobs are removed; false: no scheduler has led yet.
	RetentionBase(ctx context.Context) (base job.Retention, known bool, err error)
	PutRetentionRule(ctx context.Context, r job.RetentionRule) error
	DeleteRetentionRule(ctx context.Context, client, tasks string) error
	// Prunable counts the jobs that a policy would remove now, up to most.
	Prunable(ctx context.Context, p job.RetentionPolicy, now time.Time, most int64) (int64, error)
	Holds(ctx context.Context) ([]job.Hold, error)
	Hold(ctx context.Context, name string) (job.Hold, error)
	PutHold(ctx context.Context, h job.Hold) error
	LiftHold(ctx context.Context, name string) error
	History(ctx context.Context, f job.HistoryFilter) ([]job.HistoryDay, error)
	Job(ctx context.Context, id string) (job.Job, error)
	Client(ctx context.Context, name string) (job.Client, error)
}

// Keeping is what is kept and for how long, for the API and for the pages. What
// is changed is changed by whoever acts in the context, who must be one that may
// administer everything; the audit is told how it was and what it has become.
type Keeping struct {
	Ledger RetentionLedger
	Base   job.Retention // of this process's settings; those of the leader go before them
	Now    func() time.Time
}

// Policy returns the settings and the rules over them, the most general first.
func (k Keeping) Policy(ctx context.Context) (job.RetentionPolicy, error) {
	base, known, err := k.Ledger.RetentionBase(ctx)
	if err != nil {
		return job.RetentionPolicy{}, err
	}
	if !known {
		base = k.Base
	}
	rules, err := k.Ledger.RetentionRules(ctx)
	return job.RetentionPolicy{Base: base, Rules: job.BySpecific(rules)}, err
}

// Preview says how many jobs would go now if r were set.
func (k Keeping) Preview(ctx context.Context, r job.RetentionRule) (job.Prunable, error) {
	if err := k.check(ctx, &r); err != nil {
		return job.Prunable{}, err
	}
	return k.count(ctx, func(p job.RetentionPolicy) job.RetentionPolicy { return p.With(r) })
}

// PreviewWithout says how many jobs would go now without the rule of that scope.
func (k Keeping) PreviewWithout(ctx context.Context, r job.RetentionRule) (job.Prunable, error) {
	if _, err := k.rule(ctx, r); err != nil {
		return job.Prunable{}, err
	}
	return k.count(ctx, func(p job.RetentionPolicy) job.RetentionPolicy { return p.Without(r) })
}

func (k Keeping) count(ctx context.Context, change func(job.RetentionPolicy) job.RetentionPolicy) (n job.Prunable, err error) {
	p, err := k.Policy(ctx)
	if err != nil {
		return n, err
	}
	if n.Before, err = k.Ledger.Prunable(ctx, p, k.Now(), mostCounted); err != nil {
		return n, err
	}
	n.Jobs, err = k.Ledger.Prunable(ctx, change(p), k.Now(), mostCounted)
	n.AtLeast = n.Jobs >= mostCounted
	return n, err
}

// Put sets a rule. It returns the one that it replaces, if there was one, and
// itself as it is recorded.
func (k Keeping) Put(ctx context.Context, r job.RetentionRule) (before *job.RetentionRule, after job.RetentionRule, err error) {
	if err := mayAdminister(ctx); err != nil {
		return nil, r, err
	}
	if err := k.check(ctx, &r); err != nil {
		return nil, r, err
	}
	if err := reasoned(r.Reason); err != nil {
		return nil, r, err
	}
	old, err := k.rule(ctx, r)
	if err == nil {
		before = &old
	} else if fault.KindOf(err) != fault.NotFound {
		return nil, r, err
	}
	r.By, r.At = actor(ctx), k.Now()
	if err := k.Ledger.PutRetentionRule(ctx, r); err != nil {
		return nil, r, err
	}
	noteChange(ctx, before, r)
	return before, r, nil
}

// Delete takes the rule of that scope away, and returns it.
func (k Keeping) Delete(ctx context.Context, r job.RetentionRule) (job.RetentionRule, error) {
	if err := mayAdminister(ctx); err != nil {
		return r, err
	}
	if err := reasoned(r.Reason); err != nil {
		return r, err
	}
	old, err := k.rule(ctx, r)
	if err != nil {
		return r, err
	}
	if err := k.Ledger.DeleteRetentionRule(ctx, old.Client, old.Tasks); err != nil {
		return r, err
	}
	noteChange(ctx, old, nil)
	return old, nil
}

// History returns how many jobs ended on each day in each state.
func (k Keeping) History(ctx context.Context, f job.HistoryFilter) ([]job.HistoryDay, error) {
	return k.Ledger.History(ctx, f)
}

func (k Keeping) rule(ctx context.Context, r job.RetentionRule) (job.RetentionRule, error) {
	r.Tasks = everyTask(r.Tasks)
	rules, err := k.Ledger.RetentionRules(ctx)
	if err != nil {
		return r, err
	}
	i := slices.IndexFunc(rules, r.SameScope)
	if i < 0 {
		return r, fault.New(fault.NotFound, "There is no retention rule for %s.", r.Scope())
	}
	return rules[i], nil
}

// taskPattern is a task, or those that begin so.
var taskPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*(\.\*)?$`)

func everyTask(pattern string) string {
	if pattern == "*" {
		return ""
	}
	return pattern
}

// check refuses rules that say nothing, or nobody knows of whom.
func (k Keeping) check(ctx context.Context, r *job.RetentionRule) error {
	r.Tasks = everyTask(strings.TrimSpace(r.Tasks))
	switch {
	case r.Tasks != "" && (len(r.Tasks) > maxTaskName || !taskPattern.MatchString(r.Tasks)):
		return fault.New(fault.Invalid, "Field tasks must be a task, or those that begin so, such as sis.*; %q is neither.", r.Tasks).In("tasks")
	case r.Jobs == nil && r.Errors == nil && r.Logs == nil:
		return fault.New(fault.Invalid, "Say how long jobs, errors or logs are kept: days such as 400d, or forever.").In("jobs")
	case r.Client == "":
		return nil
	}
	return k.knowsClient(ctx, r.Client, "client")
}

func (k Keeping) knowsClient(ctx context.Context, name, field string) error {
	_, err := k.Ledger.Client(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		return fault.New(fault.Invalid, "There is no client %s; jobctl clients lists them.", name).In(field)
	}
	return err
}

func reasoned(reason string) error {
	if strings.TrimSpace(reason) == "" || len(reason) > maxReason {
		return fault.New(fault.Invalid, "Field reason is required, at most %d bytes: the audit keeps it.", maxReason).In("reason")
	}
	return nil
}

// mayAdminister refuses everybody who may not administer all clients and tasks,
// and whoever only looks at the pages as somebody else.
func mayAdminister(ctx context.Context) error {
	w := auth.Of(ctx)
	if w.By != "" || !w.Everywhere(auth.Administer) {
		return fault.New(fault.Denied, "Only a superadmin of all clients and tasks may change what is kept.")
	}
	return nil
}
