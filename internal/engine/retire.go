package engine

import (
	"context"

	"github.com/redis/go-redis/v9"

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
// again. On a Cluster asynq's may be out of reach.
func (e *Engine) unlist(ctx context.Context, queue string) error {
	err := e.rdb.SRem(ctx, asynqQueuesKey, asynqQueue(queue)).Err()
	if err != nil && !redis.HasErrorPrefix(err, "MOVED") {
		return err
	}
	return e.rdb.SRem(ctx, queuesKey, queue).Err()
}
