package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A silence lets calls wait until it is broken, as a network does that swallows
// packets.
type silence struct {
	on     atomic.Bool
	broken chan struct{}
}

func (s *silence) DialHook(next redis.DialHook) redis.DialHook { return next }

func (s *silence) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if s.on.Load() {
			<-s.broken
		}
		return next(ctx, cmd)
	}
}

func (s *silence) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestEnqueueingAChildEndsWithTheAttempt(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	h.declare(task)
	h.enqueue(job.Request{Task: "task"})
	p := h.puppet("w", task)
	held := newHold(p.session(), h.one(p.claims(1, true)).record)
	s := &silence{broken: make(chan struct{})}
	h.rdb.AddHook(s)
	s.on.Store(true)
	t.Cleanup(func() { close(s.broken) })
	time.AfterFunc(50*time.Millisecond, func() { held.tell(errLeaseLost) })

	began := time.Now()
	_, err := newReport(p.Worker, held).Enqueue(held.work, tasks.SinkRequest{Task: "task", Key: "child", Args: []byte(`{}`)})

	if !errors.Is(err, errLeaseLost) {
		t.Errorf("error = %v, want the end of the attempt", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %s", took)
	}
}
