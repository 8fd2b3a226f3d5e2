package api

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// gatedEngine is the engine within the rights of whoever acts.
type gatedEngine struct{ gate }

// Enqueue implements [Engine].
func (e gatedEngine) Enqueue(ctx context.Context, r job.Request) (job.Job, error) {
	r, err := e.startable(ctx, r)
	if err != nil {
		return job.Job{}, err
	}
	j, err := e.engine.Enqueue(ctx, r)
	if err != nil {
		return j, err
	}
	return e.accepted(ctx, j)
}

// startable returns a request that whoever acts may make, with the secrets of
// the job that it repeats.
func (e gatedEngine) startable(ctx context.Context, r job.Request) (job.Request, error) {
	if err := e.mayStart(ctx, r); err != nil {
		return r, err
	}
	var kept json.RawMessage
	if r.RetryOf != "" {
		j, err := e.raw(ctx, r.RetryOf)
		if err != nil {
			return r, err
		}
		kept = j.Args
	}
	var err error
	r.Args, err = e.restored(ctx, r.Task, r.Args, kept)
	return r, err
}

// mayStart checks the right to start a job; that of a schedule is for those who
// operate it, and a job is repeated by those who handle it.
func (e gatedEngine) mayStart(ctx context.Context, r job.Request) error {
	switch {
	case auth.Of(ctx).By != "":
		return fault.New(fault.Denied, "You only look at what %s sees; nothing is changed in their name.", auth.Of(ctx).Name)
	case r.RetryOf != "":
		return e.handles(ctx, r.RetryOf)
	case r.Schedule != "":
		return may(ctx, auth.Operate, r.Client, r.Task)
	}
	return may(ctx, auth.Own, r.Client, r.Task)
}

// accepted hides a job that stands for the one that was asked for, unless it may
// be seen.
func (e gatedEngine) accepted(ctx context.Context, j job.Job) (job.Job, error) {
	if !e.sees(ctx, j) {
		return job.Job{}, fault.New(fault.Conflict, "A job of somebody else stands for this one, and you may not see it; use another key, or wait until it has ended.")
	}
	return e.shown(ctx, j), nil
}

// EnqueueBatch implements [Engine].
func (e gatedEngine) EnqueueBatch(ctx context.Context, rs []job.Request) ([]Accepted, error) {
	all := make([]Accepted, len(rs))
	var allowed []job.Request
	var places []int
	for i, r := range rs {
		if r, all[i].Err = e.startable(ctx, r); all[i].Err == nil {
			allowed, places = append(allowed, r), append(places, i)
		}
	}
	done, err := e.engine.EnqueueBatch(ctx, allowed)
	if err != nil {
		return nil, err
	}
	for i, a := range done {
		if a.Err == nil {
			a.Job, a.Err = e.accepted(ctx, a.Job)
		}
		all[places[i]] = a
	}
	return all, nil
}

// Job implements [Engine].
func (e gatedEngine) Job(ctx context.Context, id string) (job.Job, error) {
	j, err := e.engine.Job(ctx, id)
	switch {
	case err != nil:
		return j, err
	case !e.sees(ctx, j):
		return job.Job{}, noJob(id)
	}
	return e.shown(ctx, j), nil
}

// Jobs implements [Engine].
func (e gatedEngine) Jobs(ctx context.Context, ids []string) (map[string]job.Job, error) {
	all, err := e.engine.Jobs(ctx, ids)
	seen := make(map[string]job.Job, len(all))
	for id, j := range all {
		if e.sees(ctx, j) {
			seen[id] = e.shown(ctx, j)
		}
	}
	return seen, err
}

// Abort implements [Engine].
func (e gatedEngine) Abort(ctx context.Context, id, by string) (job.Job, error) {
	if err := e.handles(ctx, id); err != nil {
		return job.Job{}, err
	}
	return e.changed(ctx)(e.engine.Abort(ctx, id, by))
}

// Hurry implements [Engine].
func (e gatedEngine) Hurry(ctx context.Context, id string) (job.Job, error) {
	if err := e.handles(ctx, id); err != nil {
		return job.Job{}, err
	}
	return e.changed(ctx)(e.engine.Hurry(ctx, id))
}

// Break implements [Engine]. Locks are shared, so that it takes the right over
// all.
func (e gatedEngine) Break(ctx context.Context, id, by, reason string) (job.Job, error) {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return job.Job{}, err
	}
	return e.changed(ctx)(e.engine.Break(ctx, id, by, reason))
}

// changed shows a job that was changed.
func (e gatedEngine) changed(ctx context.Context) func(job.Job, error) (job.Job, error) {
	return func(j job.Job, err error) (job.Job, error) { return e.shown(ctx, j), err }
}

// Tasks implements [Engine].
func (e gatedEngine) Tasks(ctx context.Context) ([]job.Declaration, error) {
	all, err := e.engine.Tasks(ctx)
	return tasksWithin(ctx, all), err
}

// tasksWithin returns the tasks that whoever acts has anything to do with, and
// those of their schedules that they may see.
func tasksWithin(ctx context.Context, all []job.Declaration) (some []job.Declaration) {
	for _, t := range all {
		if touches(ctx, "", t.Name) {
			t.Schedules = declaredWithin(ctx, t)
			some = append(some, t)
		}
	}
	return some
}

// declaredWithin returns the schedules that a task brings along, as far as
// whoever acts may see them.
func declaredWithin(ctx context.Context, t job.Declaration) []job.DeclaredSchedule {
	some := seen(ctx, t.Schedules, func(s job.DeclaredSchedule) (string, string) { return s.Client, t.Name })
	for i, s := range some {
		if !readsSecrets(ctx, s.Client, t.Name) {
			some[i].Args = job.SecretsOf(t.Schema).Masked(s.Args)
		}
	}
	return some
}

// Workers implements [Engine]. Their jobs are those that may be seen.
func (e gatedEngine) Workers(ctx context.Context) ([]job.Worker, error) {
	all, err := e.engine.Workers(ctx)
	if err != nil || auth.Of(ctx).Sight() == nil {
		return all, err
	}
	all = slices.Clone(all)
	for i, w := range all {
		if all[i].Running, err = e.visible(ctx, w.Running); err != nil {
			return nil, err
		}
		if all[i].Stuck, err = e.visible(ctx, w.Stuck); err != nil {
			return nil, err
		}
		all[i].Tasks = slices.DeleteFunc(slices.Clone(w.Tasks), func(task string) bool { return !touches(ctx, "", task) })
	}
	return all, nil
}

// visible returns those of some jobs that may be seen.
func (e gatedEngine) visible(ctx context.Context, ids []string) ([]string, error) {
	some, err := e.Jobs(ctx, ids)
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, ok := some[id]; return !ok }), err
}

// Epoch implements [Engine].
func (e gatedEngine) Epoch(ctx context.Context) (string, error) { return e.engine.Epoch(ctx) }

// Backlog implements [Engine].
func (e gatedEngine) Backlog(ctx context.Context) (int64, error) { return e.engine.Backlog(ctx) }

// Order implements [Engine]. Workers are of all clients.
func (e gatedEngine) Order(ctx context.Context, worker string, o job.Order, by string) (job.Worker, error) {
	if err := auth.NeedRun.Check(auth.Of(ctx)); err != nil {
		return job.Worker{}, err
	}
	return e.engine.Order(ctx, worker, o, by)
}
