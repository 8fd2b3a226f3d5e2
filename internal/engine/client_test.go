package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
)

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
