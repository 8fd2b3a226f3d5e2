package engine

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A cable is a client's way to Redis, which a test may cut.
type cable struct{ cut atomic.Bool }

var errNoWay = &net.OpError{Op: "read", Net: "tcp", Err: errCut}

func (c *cable) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *cable) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if c.cut.Load() {
			cmd.SetErr(errNoWay)
			time.Sleep(10 * time.Millisecond)
			return errNoWay
		}
		return next(ctx, cmd)
	}
}

func (c *cable) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if c.cut.Load() {
			for _, cmd := range cmds {
				cmd.SetErr(errNoWay)
			}
			time.Sleep(10 * time.Millisecond)
			return errNoWay
		}
		return next(ctx, cmds)
	}
}

// bubble runs a test in fake time, with an embedded Redis in it. employ starts
// a worker with a connection of its own.
func bubble(t *testing.T, test func(h *house, employ func(WorkerOptions, ...tasks.Task) (*Worker, *cable))) {
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		m.ClockTTL(true)
		defer m.Close()
		connect := func() *house {
			rdb := redis.NewClient(&redis.Options{
				Addr: "127.0.0.1:1", Dialer: func(context.Context, string, string) (net.Conn, error) { return m.Dial() }, ContextTimeoutEnabled: true, MaxRetries: -1,
			})
			t.Cleanup(func() { rdb.Close() })
			return &house{t, New(rdb, slog.New(slog.DiscardHandler)), rdb}
		}
		h := connect()
		defer h.rdb.Close()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{}, 10)
		n := 0
		test(h, func(o WorkerOptions, all ...tasks.Task) (*Worker, *cable) {
			own, way := connect(), &cable{}
			own.rdb.AddHook(way)
			w := NewWorker(own.Engine, tasks.NewRegistry(all...), o)
			n++
			go func() { w.Run(ctx); own.rdb.Close(); done <- struct{}{} }()
			h.until("the worker is ready", func() bool { return w.session() != nil })
			return w, way
		})
		cancel()
		for range n {
			<-done
		}
	})
}

func TestAJobMayRunForLongerThanAsynqsLease(t *testing.T) {
	t.Parallel()
	bubble(t, func(h *house, employ func(WorkerOptions, ...tasks.Task) (*Worker, *cable)) {
		task := does("long", func(ctx context.Context, _ *tasks.Job[params]) error {
			sleep(ctx, 2*time.Minute)
			return ctx.Err()
		})
		task.Timeout = time.Hour
		employ(WorkerOptions{Name: "one", Concurrency: 1}, task)
		employ(WorkerOptions{Name: "two", Concurrency: 1}, task)
		id := h.enqueue(job.Request{Task: "long"}).ID
		time.Sleep(119 * time.Second)
		if got := h.job(id); got.State != job.Running || got.Attempt != 1 {
			t.Errorf("job = %+v", got)
		}
		time.Sleep(5 * time.Second)
		if got := h.job(id); got.State != job.Succeeded || got.Attempt != 1 {
			t.Errorf("job = %+v", got)
		}
	})
}

// TestAWorkerThatIsCutOffStopsBeforeAnotherBegins cuts a worker off for longer
// than all leases, asynq's too, while it runs one job that obeys and one that
// does not.
func TestAWorkerThatIsCutOffStopsBeforeAnotherBegins(t *testing.T) {
	t.Parallel()
	bubble(t, func(h *house, employ func(WorkerOptions, ...tasks.Task) (*Worker, *cable)) {
		var ended, again atomic.Int64
		began := make(chan string, 10)
		obeys := does("obeys", func(ctx context.Context, j *tasks.Job[params]) error {
			began <- j.ID
			if j.Attempt > 1 {
				again.Store(time.Now().UnixNano())
				return nil
			}
			<-ctx.Done()
			ended.Store(time.Now().UnixNano())
			return ctx.Err()
		})
		deaf := does("deaf", func(_ context.Context, j *tasks.Job[params]) error {
			began <- j.ID
			if j.Attempt == 1 {
				time.Sleep(90 * time.Second)
			}
			return nil
		})
		w, way := employ(WorkerOptions{Name: "cut off", Concurrency: 2}, obeys, deaf)
		ids := []string{h.enqueue(job.Request{Task: "obeys"}).ID, h.enqueue(job.Request{Task: "deaf"}).ID}
		<-began
		<-began
		employ(WorkerOptions{Name: "other", Concurrency: 2}, obeys, deaf)
		cut := time.Now()
		way.cut.Store(true)
		time.Sleep(60 * time.Second)
		for _, id := range ids {
			if got := h.job(id); got.State != job.Succeeded || got.Attempt != 2 || got.Failures != 0 {
				t.Errorf("job = %+v, want one that has succeeded elsewhere", got)
			}
		}
		stopped, successor := time.Unix(0, ended.Load()), time.Unix(0, again.Load())
		if !stopped.Before(successor) || successor.Sub(cut) > 8*time.Second {
			t.Errorf("its code stopped after %s, another began after %s", stopped.Sub(cut), successor.Sub(cut))
		}

		way.cut.Store(false)
		time.Sleep(10 * time.Second)
		if len(w.holds.of(ids[1])) != 1 || w.desk.places() != 1 {
			t.Errorf("%d places are free beside code that does not stop", w.desk.places())
		}
		time.Sleep(30 * time.Second)
		if len(w.holds.every()) != 0 || w.desk.places() != 2 || w.session().lease.Err() != nil {
			t.Errorf("after all: %d holds, %d places, %v", len(w.holds.every()), w.desk.places(), w.session().lease.Err())
		}
		for _, id := range ids {
			if got := h.job(id); got.State != job.Succeeded || got.Attempt != 2 {
				t.Errorf("job = %+v", got)
			}
		}
		h.nothingLeft()
	})
}
