package engine

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

var errCut = errors.New("the connection was cut")

// A cutter loses the replies to pipelines that run a script: the script has
// run, and nobody hears of it.
type cutter struct {
	script *redis.Script
	left   atomic.Int64  // replies still to be lost
	late   chan struct{} // if it is set, replies are not lost but wait until it is closed
}

func (c *cutter) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (c *cutter) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (c *cutter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		if !c.hits(cmds) {
			return err
		}
		if c.late != nil {
			<-c.late
			return err
		}
		for _, cmd := range cmds {
			cmd.SetErr(errCut)
		}
		return errCut
	}
}

// hits reports whether a reply is to be lost: one that brings jobs, if the
// script is that which claims them.
func (c *cutter) hits(cmds []redis.Cmder) bool {
	for _, cmd := range cmds {
		if args := cmd.Args(); len(args) < 2 || args[1] != c.script.Hash() {
			continue
		}
		if values, _ := cmd.(*redis.Cmd).Slice(); c.script == claimScript && len(values) <= 5 {
			continue
		}
		return c.left.Add(-1) >= 0
	}
	return false
}

// cutting is the house of a worker whose replies get lost.
func (h *house) cutting(script *redis.Script) (*house, *cutter) {
	other := h.elsewhere()
	c := &cutter{script: script}
	other.rdb.AddHook(c)
	return other, c
}

func TestJobsWhoseClaimNobodyHeardOfGoBack(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	deaf, cut := h.cutting(claimScript)
	runs := atomic.Int64{}
	deaf.worker(does("task", func(context.Context, *tasks.Job[params]) error { runs.Add(1); return nil }))
	cut.left.Store(1)
	lost := time.Now()
	id := h.enqueue(job.Request{Task: "task"}).ID

	got := h.reaches(id, job.Succeeded)
	if after := time.Since(lost); after > 7*time.Second {
		t.Errorf("it took %s", after)
	}
	if got.Failures != 0 || got.Crashes != 0 || runs.Load() != 1 {
		t.Errorf("job = %+v after %d runs", got, runs.Load())
	}
	h.nothingLeft()
}

func TestAnOutcomeThatNobodyHeardOfIsRecordedOnce(t *testing.T) {
	h := realHouse(t)
	deaf, cut := h.cutting(finishScript)
	task, begun, let := sits("task")
	deaf.worker(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	next(h, begun)
	cut.left.Store(2)
	close(let)
	h.reaches(id, job.Succeeded)
	h.until("the worker has heard of it", func() bool { return cut.left.Load() < 0 })
	if n := strings.Count(strings.Join(h.kinds(id), " "), "attempt.ended"); n != 1 {
		t.Errorf("%d outcomes were recorded", n)
	}
	h.nothingLeft()
}

// TestAReplyThatCameTooLateStartsNothing has the answer to a claim arrive when
// the job has been given back because nobody seemed to have heard of it.
func TestAReplyThatCameTooLateStartsNothing(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	deaf, cut := h.cutting(claimScript)
	task, begun, let := sits("task")
	slow := deaf.newWorker(task)
	deaf.start(slow)
	cut.late = make(chan struct{})
	cut.left.Store(1)
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.reaches(id, job.Running)
	first := h.job(id)
	h.until("the job was given back", func() bool { return h.state(id) == job.Queued })
	other := h.elsewhere()
	other.worker(task)
	next(h, begun)
	close(cut.late)

	h.until("the slow worker has its reply", func() bool {
		return slow.desk.places() == slow.desk.size
	})
	if len(begun) != 0 || len(slow.holds.every()) != 0 {
		t.Error("the job runs twice")
	}
	close(let)
	if got := h.reaches(id, job.Succeeded); got.Attempt != first.Attempt+1 {
		t.Errorf("job = %+v", got)
	}
}
