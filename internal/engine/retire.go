package engine

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// Retire takes tasks out of the catalogue, and a queue off the list of queues.
// Jobs of a task that is not in the catalogue are refused. A queue with jobs
// that have not ended is left alone, and the tasks with it.
func (e *Engine) Retire(ctx context.Context, queue string, tasks ...string) error {
	depths, err := e.Depths(ctx)
	if err != nil {
		return err
	}
	for state, n := range depths[queue] {
		if n > 0 {
			return fault.New(fault.Conflict, "Queue %s still has %d jobs that are %s.", queue, n, state)
		}
	}
	if err := e.rdb.HDel(ctx, tasksKey, tasks...).Err(); err != nil {
		return wrap(err, "take tasks out of the catalogue")
	}
	e.known.forget()
	if err := e.unlist(ctx, queue); err != nil {
		return wrap(err, "take queue %s off the list", queue)
	}
	_, err = e.moreQueues(ctx) // what is known of them is read anew
	return err
}

// unlist takes a queue off asynq's list first, from which ours would learn of it
// again.
func (e *Engine) unlist(ctx context.Context, queue string) error {
	if err := e.forgetAsynq(ctx, queue); err != nil {
		return err
	}
	return e.rdb.SRem(ctx, queuesKey, queue).Err()
}
