package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// fakeLocks grant everything unless told otherwise.
type fakeLocks struct {
	lease time.Duration
	by    []job.Holder  // refuse with these
	err   error         // of every call
	lost  chan struct{} // closed when renewals are to report everything lost

	mu       sync.Mutex
	fence    int64
	taken    []string
	released []string
}

func newFakeLocks() *fakeLocks {
	return &fakeLocks{lease: time.Minute, lost: make(chan struct{})}
}

func (f *fakeLocks) Take(_ context.Context, holder, _ string, reads, writes []string) (job.Grant, []job.Holder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil || len(f.by) > 0 {
		return job.Grant{}, f.by, f.err
	}
	f.fence++
	f.taken = append(append(append(f.taken, holder), reads...), writes...)
	return job.Grant{Fence: f.fence, Lease: f.lease}, nil, nil
}

func (f *fakeLocks) Renew(_ context.Context, _ string, holders []string) ([]string, error) {
	select {
	case <-f.lost:
		return holders, f.err
	default:
		return nil, f.err
	}
}

func (f *fakeLocks) Release(_ context.Context, holder string, _ int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released = append(f.released, holder)
	return f.err
}

// direct returns a worker that is called directly, without asynq.
func (h *house) direct(locks Locks, all ...tasks.Task) *Worker {
	h.declare(all...)
	return NewWorker(h.Engine, locks, tasks.NewRegistry(all...), WorkerOptions{Name: "direct"})
}

// handles delivers a job to the worker as asynq would.
func (w *Worker) handles(id string) error { return w.handle(context.Background(), id) }

var errCrashed = errors.New("the process has crashed")

// A crash makes a client fail from its nth command on, as if the process had
// died there: before the command was sent, or before its reply was read.
type crash struct {
	left     atomic.Int64
	executed bool // the command at which it dies is carried out
}

func (c *crash) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *crash) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if err := c.step(func() { next(ctx, cmd) }); err != nil {
			cmd.SetErr(err)
			return err
		}
		return next(ctx, cmd)
	}
}

func (c *crash) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if err := c.step(func() { next(ctx, cmds) }); err != nil {
			for _, cmd := range cmds {
				cmd.SetErr(err)
			}
			return err
		}
		return next(ctx, cmds)
	}
}

func (c *crash) step(execute func()) error {
	left := c.left.Add(-1)
	if left == 0 && c.executed {
		execute()
	}
	if left <= 0 {
		return errCrashed
	}
	return nil
}

// doomed is a house in another process, which dies at its nth command.
func (h *house) doomed(n int, executed bool) *house {
	rdb := redis.NewClient(h.rdb.Options())
	h.Cleanup(func() { rdb.Close() })
	c := &crash{executed: executed}
	c.left.Store(int64(n))
	// A script that is not loaded takes two commands; load them all first.
	for _, script := range []*redis.Script{createScript, applyScript, reportScript} {
		if err := script.Load(h.Context(), rdb).Err(); err != nil {
			h.Fatal(err)
		}
	}
	rdb.AddHook(c)
	return &house{h.T, New(rdb, h.log), rdb}
}

// cut is a Redis whose clients get nothing but network errors.
func (h *house) cut() *house {
	m := miniredis.NewMiniRedis()
	if err := m.Start(); err != nil {
		h.Fatal(err)
	}
	addr := m.Addr()
	m.Close()
	rdb := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	h.Cleanup(func() { rdb.Close() })
	return &house{h.T, New(rdb, h.log), rdb}
}
