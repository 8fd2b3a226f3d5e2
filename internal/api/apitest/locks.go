package apitest

import (
	"context"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// locks is what jobs hold and wait for, and what bounds them.
type locks struct {
	held      []job.Lock
	set       []job.Limit // by operators, as the ledger has them
	published []job.Limit // as the engine has them
}

// SeedLocks lets a running job write the gradebook of the default client, and
// another one wait for it.
func (p *Platform) SeedLocks(holder, waiter string) {
	since := Now.Add(-3 * time.Minute)
	p.Seed(job.Job{ID: holder, Task: "grades.compute", State: job.Running, Started: &since, Attempt: 1})
	p.Seed(job.Job{ID: waiter, State: job.Waiting, Reason: "as it was recorded", Waiting: &job.Wait{
		Kind: job.WaitsForLock, For: "default/gradebook", Holder: holder, Task: "grades.compute", Since: &since,
	}})
	p.locks.held = []job.Lock{{
		Resource: "default/gradebook",
		Holders:  []job.Holder{{JobID: holder, Task: "grades.compute", Client: job.DefaultClient, Worker: "w-1", Mode: "write", Fence: 7, Since: since}},
		Waiters:  []job.Waiter{{JobID: waiter, Task: "roster.sync", Client: job.DefaultClient, Mode: "read", Since: Now.Add(-time.Minute)}},
	}}
}

// Unique lets one job of the task be in flight at a time.
func (p *Platform) Unique(task string, policy job.UniquePolicy) {
	for i := range p.tasks {
		if p.tasks[i].Name == task {
			p.tasks[i].Unique = &job.Unique{Policy: policy}
		}
	}
}

// twin returns the job in flight that does what r asks for, if only one may.
func (e Engine) twin(r job.Request) (job.Job, bool) {
	unique := slices.ContainsFunc(e.tasks, func(d job.Declaration) bool { return d.Name == r.Task && d.Unique != nil })
	if !unique {
		return job.Job{}, false
	}
	for _, j := range e.jobs {
		if j.Task == r.Task && !j.State.Final() {
			return j, true
		}
	}
	return job.Job{}, false
}

// refusal is nil where the twin stands for what was asked.
func (e Engine) refusal(twin job.Job) error {
	for _, d := range e.tasks {
		if d.Name == twin.Task && d.Unique.Policy == job.Reject {
			return fault.New(fault.Conflict, "Job %s does the same and has not ended.", twin.ID)
		}
	}
	return nil
}

// Break implements api.Engine.
func (e Engine) Break(_ context.Context, id, by, reason string) (job.Job, error) {
	return e.change(id, func(j *job.Job) error {
		if j.State != job.Running {
			return fault.New(fault.Conflict, "Job %s does not run, so that it holds no locks.", id)
		}
		j.State, j.Reason = job.Queued, "Its locks were broken by "+by+": "+reason
		e.locks.held = nil
		return nil
	})
}

// Locks implements api.Locks.
type Locks struct{ *Platform }

// List implements api.Locks.
func (l Locks) List(context.Context) ([]job.Lock, error) {
	return slices.Clone(l.locks.held), Engine(l).check()
}

// Limits implements api.Locks. One limit is declared by a task.
func (l Locks) Limits(context.Context) ([]job.Limit, error) {
	all := []job.Limit{{Task: "roster.sync", Max: 4, InUse: 1, Waits: 2, From: "task"}}
	for _, limit := range l.locks.published {
		limit.InUse, limit.From = 1, "operator"
		all = append(all, limit)
	}
	return all, Engine(l).check()
}

// SetLimits implements api.Locks.
func (l Locks) SetLimits(_ context.Context, all []job.Limit) error {
	if err := Engine(l).check(); err != nil {
		return err
	}
	l.locks.published = slices.Clone(all)
	return nil
}

// Limits implements api.Ledger.
func (l Ledger) Limits(ctx context.Context) ([]job.Limit, error) {
	return slices.Clone(l.locks.set), l.Ping(ctx)
}

// PutLimit implements api.Ledger.
func (l Ledger) PutLimit(ctx context.Context, limit job.Limit) error {
	if err := l.DeleteLimit(ctx, limit.Task, limit.Client); err != nil {
		return err
	}
	l.locks.set = append(l.locks.set, limit)
	return nil
}

// DeleteLimit implements api.Ledger.
func (l Ledger) DeleteLimit(ctx context.Context, task, client string) error {
	l.locks.set = slices.DeleteFunc(l.locks.set, func(x job.Limit) bool { return x.Task == task && x.Client == client })
	return l.Ping(ctx)
}
