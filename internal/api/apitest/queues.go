package apitest

import (
	"context"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// queues is what people have said of queues and workers.
type queues struct {
	kept  []job.Pause // as the ledger has them
	live  []job.Pause // as the engine has them
	order job.Order   // to the one worker
	by    string
}

// Paused returns the pauses that the engine keeps to.
func (p *Platform) Paused() []job.Pause { return p.queues.live }

// Queues implements api.Engine.
func (e Engine) Queues(context.Context) ([]job.Queue, error) {
	q := job.Queue{
		Name: "worker", Counts: map[job.State]int64{job.Queued: 3, job.Running: 2}, Oldest: new(Now.Add(-4 * time.Minute)),
		Workers: []string{"w-1"}, Slots: 10, Used: 2,
	}
	for _, p := range e.queues.live {
		if p.Holds(q.Name, Now) {
			q.Pause = &p
		}
	}
	return []job.Queue{q}, e.check()
}

// Pauses implements api.Engine.
func (e Engine) Pauses(context.Context) ([]job.Pause, error) {
	return slices.Clone(e.queues.live), e.check()
}

// SetPauses implements api.Engine.
func (e Engine) SetPauses(_ context.Context, all []job.Pause) error {
	if err := e.check(); err != nil {
		return err
	}
	e.queues.live = slices.Clone(all)
	return nil
}

// Order implements api.Engine.
func (e Engine) Order(ctx context.Context, id string, o job.Order, by string) (job.Worker, error) {
	all, err := e.Workers(ctx)
	switch {
	case err != nil:
		return job.Worker{}, err
	case id != all[0].ID:
		return job.Worker{}, fault.New(fault.NotFound, "There is no worker %s.", id)
	}
	e.queues.order, e.queues.by = o, by
	all, err = e.Workers(ctx)
	return all[0], err
}

// Pauses implements api.Ledger.
func (l Ledger) Pauses(ctx context.Context, at time.Time) ([]job.Pause, error) {
	return slices.DeleteFunc(slices.Clone(l.queues.kept), func(p job.Pause) bool { return p.Over(at) }), l.Ping(ctx)
}

// PutPause implements api.Ledger.
func (l Ledger) PutPause(ctx context.Context, p job.Pause) error {
	l.queues.kept = append(l.without(p.Queue), p)
	return l.Ping(ctx)
}

// DeletePause implements api.Ledger.
func (l Ledger) DeletePause(ctx context.Context, queue string) error {
	l.queues.kept = l.without(queue)
	return l.Ping(ctx)
}

func (l Ledger) without(queue string) []job.Pause {
	return slices.DeleteFunc(l.queues.kept, func(p job.Pause) bool { return p.Queue == queue })
}
