package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// counting counts the requests that calmClient takes for those for a task.
type counting struct {
	redis.UniversalClient
	requests atomic.Int64
}

func (c *counting) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	if isDequeue(keys) {
		c.requests.Add(1)
	}
	return c.UniversalClient.EvalSha(ctx, sha, keys, args...)
}

// TestRecognisesHowAsynqAsksForTheNextTask fails when asynq's keys change.
func TestRecognisesHowAsynqAsksForTheNextTask(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	rdb := &counting{UniversalClient: h.rdb}
	h.start(NewWorker(New(rdb, h.log), lock.New(h.rdb), tasks.NewRegistry(does("any", nothing)), WorkerOptions{}))
	h.until("asynq has asked for a task", func() bool { return rdb.requests.Load() > 0 })
}

// refusing is a Redis that answers every script with an error.
type refusing struct {
	redis.UniversalClient
	err error
}

func (r *refusing) EvalSha(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd {
	cmd := redis.NewCmd(ctx)
	cmd.SetErr(r.err)
	return cmd
}

var (
	dequeue = []string{"asynq:{q}:pending", "asynq:{q}:paused", "asynq:{q}:active", "asynq:{q}:lease"}
	other   = []string{"asynq:{q}:pending"}
)

func TestDoesNotSpinWhenRedisRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopping, stop := context.WithCancel(t.Context())
		redisServer := &refusing{err: errors.New("NOPERM this user has no permissions")}
		c := &calmClient{UniversalClient: redisServer, stopping: stopping}
		began := time.Now()
		for range 20 {
			c.EvalSha(t.Context(), "", dequeue)
		}
		if took := time.Since(began); took < time.Minute || took > 2*time.Minute {
			t.Errorf("20 refusals in %s", took)
		}

		began = time.Now()
		c.EvalSha(t.Context(), "", other)
		redisServer.err = redis.Nil
		c.EvalSha(t.Context(), "", dequeue)
		if took := time.Since(began); took != 0 {
			t.Errorf("other scripts and empty queues wait for %s", took)
		}

		redisServer.err = errors.New("OOM")
		began = time.Now()
		c.EvalSha(t.Context(), "", dequeue)
		if took := time.Since(began); took != firstPause {
			t.Errorf("first pause after a success = %s, want %s", took, firstPause)
		}
		stop()
		began = time.Now()
		c.EvalSha(t.Context(), "", dequeue)
		if took := time.Since(began); took != 0 {
			t.Errorf("a worker that stops waits for %s", took)
		}
	})
}
