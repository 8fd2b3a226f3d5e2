package engine

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"
)

// A conveyor is the Redis client that asynq's server works with. asynq asks it
// for the next task and is handed one of the jobs that the worker has claimed.
// Everything else that asynq's server would tell Redis about a task, the
// worker's turns have said already or say in batches, so the conveyor answers
// it itself: that a task is done, that its lease is extended, that nothing is
// to be forwarded, recovered or cleaned up.
type conveyor struct {
	redis.UniversalClient
	belt chan string   // messages of jobs that have been started
	stop chan struct{} // closed: no more jobs will come
}

func newConveyor(rdb redis.UniversalClient, room int) *conveyor {
	return &conveyor{rdb, make(chan string, room), make(chan struct{})}
}

// EvalSha implements [redis.Scripter].
func (c *conveyor) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	cmd := redis.NewCmd(ctx, "evalsha", sha)
	switch {
	case isDequeue(keys):
		c.next(cmd)
	case isLeaseCheck(keys):
		cmd.SetVal([]any{})
	default:
		cmd.SetVal(int64(0))
	}
	return cmd
}

// next waits for a job.
func (c *conveyor) next(cmd *redis.Cmd) {
	select {
	case message := <-c.belt:
		cmd.SetVal(message)
	case <-c.stop:
		select {
		case message := <-c.belt:
			cmd.SetVal(message)
		default:
			cmd.SetErr(redis.Nil)
		}
	}
}

// ZAdd implements [redis.Cmdable].
func (c *conveyor) ZAdd(ctx context.Context, _ string, _ ...redis.Z) *redis.IntCmd {
	return redis.NewIntCmd(ctx)
}

// ZAddXX implements [redis.Cmdable].
func (c *conveyor) ZAddXX(ctx context.Context, _ string, _ ...redis.Z) *redis.IntCmd {
	return redis.NewIntCmd(ctx)
}

// ZRem implements [redis.Cmdable].
func (c *conveyor) ZRem(ctx context.Context, _ string, _ ...any) *redis.IntCmd {
	return redis.NewIntCmd(ctx)
}

// isDequeue tells asynq's request for the next task from its other scripts.
func isDequeue(keys []string) bool {
	return len(keys) == 4 && strings.HasSuffix(keys[0], ":pending") && strings.HasSuffix(keys[3], ":lease")
}

// isLeaseCheck tells asynq's look for tasks whose lease ran out.
func isLeaseCheck(keys []string) bool {
	return len(keys) == 1 && strings.HasSuffix(keys[0], ":lease")
}
