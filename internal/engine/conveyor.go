package engine

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// A conveyor is the Redis client that asynq's server works with. asynq asks it
// for the next task and is handed one of the jobs that the worker has claimed;
// the handler then takes further ones by itself, see [Worker.process].
// Everything else that asynq's server would tell Redis about a task, the
// worker's turns have said already or say in batches, so the conveyor answers
// it itself: that a task is done, that its lease is extended, that nothing is
// to be forwarded, recovered or cleaned up.
type conveyor struct {
	redis.UniversalClient

	mu      sync.Mutex
	changed *sync.Cond
	waiting []launch          // first in, first out
	handed  map[string]launch // to asynq, by the ids of its tasks
	tasks   int64             // of asynq's, so far
	late    *time.Timer       // looks after those that wait for long
	closed  bool              // no more jobs will come
}

// A launch is an attempt on its way through asynq.
type launch struct {
	hold *hold
	job  claimed
	put  time.Time
}

// patience is how long a job that was taken ahead may wait for a place.
const patience = 100 * time.Millisecond

// newConveyor returns a conveyor; late is called when a job has waited for as
// long as patience.
func newConveyor(rdb redis.UniversalClient, late func()) *conveyor {
	c := &conveyor{UniversalClient: rdb, handed: map[string]launch{}}
	c.changed = sync.NewCond(&c.mu)
	c.late = time.AfterFunc(patience, late)
	c.late.Stop()
	return c
}

// put lets a job wait for a place.
func (c *conveyor) put(l launch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.put = time.Now()
	if c.waiting = append(c.waiting, l); len(c.waiting) == 1 {
		c.late.Reset(patience)
	}
	c.changed.Signal()
}

// take takes the next job, if one waits.
func (c *conveyor) take() (l launch, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return l, false
	}
	return c.pop(), true
}

// pop takes the first of those that wait, and lets the rest of what held it go.
func (c *conveyor) pop() launch {
	l := c.waiting[0]
	c.waiting[0] = launch{}
	c.waiting = c.waiting[1:]
	return l
}

// takeHanded takes the job that asynq was handed as that task of its own.
func (c *conveyor) takeHanded(task string) (l launch, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok = c.handed[task]
	delete(c.handed, task)
	return l, ok
}

// takeLate takes the jobs that have waited for as long as patience.
func (c *conveyor) takeLate() (all []launch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.waiting) > 0 {
		left := patience - time.Since(c.waiting[0].put)
		if left > 0 {
			c.late.Reset(left)
			break
		}
		all = append(all, c.pop())
	}
	return all
}

// close ends asynq's wait for tasks.
func (c *conveyor) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.late.Stop()
	c.changed.Broadcast()
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
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.waiting) == 0 {
		if c.closed {
			cmd.SetErr(redis.Nil)
			return
		}
		c.changed.Wait()
	}
	l := c.pop()
	c.tasks++
	task := strconv.FormatInt(c.tasks, 10)
	c.handed[task] = l
	cmd.SetVal(stub(l.job.Job, task))
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
