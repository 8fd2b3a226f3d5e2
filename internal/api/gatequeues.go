package api

import (
	"context"
	"slices"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Queues implements [LiveQueues]. Those who see a part of all jobs are told of
// the queues in which theirs may stand, with the counts of those.
func (e gatedEngine) Queues(ctx context.Context) ([]job.Queue, error) {
	all, err := e.engine.Queues(ctx)
	if err != nil || auth.Of(ctx).Sight() == nil {
		return all, err
	}
	theirs, err := e.queuesOfTasks(ctx)
	if err != nil {
		return nil, err
	}
	var some []job.Queue
	for _, q := range all {
		if q, err = e.queueWithin(ctx, q); err != nil {
			return nil, err
		}
		if theirs[q.Name] || len(q.Counts) > 0 {
			some = append(some, q)
		}
	}
	return some, nil
}

// queuesOfTasks are those of the tasks that whoever acts has anything to do with.
func (e gatedEngine) queuesOfTasks(ctx context.Context) (map[string]bool, error) {
	all, err := e.Tasks(ctx)
	names := map[string]bool{}
	for _, t := range all {
		names[t.Queue] = true
	}
	return names, err
}

// queueWithin counts the jobs of a queue that may be seen; no further than lists
// are counted.
func (e gatedEngine) queueWithin(ctx context.Context, q job.Queue) (job.Queue, error) {
	counts := map[job.State]int64{}
	for state, n := range q.Counts {
		if n == 0 {
			continue
		}
		f := job.Filter{Queue: q.Name, States: []job.State{state}, Within: auth.Of(ctx).Sight()}
		seen, err := e.ledger.CountJobs(ctx, f, mostCounted)
		if err != nil {
			return q, err
		}
		if seen > 0 {
			counts[state] = int64(seen)
		}
	}
	q.Counts, q.Oldest, q.Used = counts, nil, int(counts[job.Running])
	return q, nil
}

// Pauses implements [LiveQueues].
func (e gatedEngine) Pauses(ctx context.Context) ([]job.Pause, error) {
	all, err := e.engine.Pauses(ctx)
	if err != nil {
		return nil, err
	}
	return e.pausesWithin(ctx, all)
}

// pausesWithin returns the pauses of queues that whoever acts is told of.
func (g gate) pausesWithin(ctx context.Context, all []job.Pause) ([]job.Pause, error) {
	if len(all) == 0 || auth.Of(ctx).Sight() == nil {
		return all, nil
	}
	theirs, err := gatedEngine{g}.Queues(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(p job.Pause) bool {
		return p.Queue != job.EveryQueue && !slices.ContainsFunc(theirs, func(q job.Queue) bool { return q.Name == p.Queue })
	}), nil
}

// SetPauses implements [LiveQueues].
func (e gatedEngine) SetPauses(ctx context.Context, all []job.Pause) error {
	return e.engine.SetPauses(ctx, all)
}
