package engine

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A server is a redis-server that a test may stop and start again.
type server struct {
	t    *testing.T
	dir  string
	port int
	cmd  *exec.Cmd
}

func newServer(t *testing.T) *server {
	testservers.Redis(t) // skips where there is none
	s := &server{t: t, dir: t.TempDir(), port: testservers.FreePort(t)}
	t.Cleanup(func() { s.stop(syscall.SIGKILL) })
	return s
}

func (s *server) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

func (s *server) start() {
	s.t.Helper()
	s.cmd = testservers.RedisCommand(s.dir, s.port)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	rdb := redis.NewClient(&redis.Options{Addr: s.addr(), MaxRetries: -1})
	defer rdb.Close()
	for deadline := time.Now().Add(10 * time.Second); rdb.Ping(context.Background()).Err() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("redis does not start")
		}
	}
}

func (s *server) stop(sig syscall.Signal) {
	if s.cmd != nil {
		s.cmd.Process.Signal(sig)
		s.cmd.Wait()
		s.cmd = nil
	}
}

// restartedHouse stands on a Redis that the test may restart.
func restartedHouse(t *testing.T) (*house, *server) {
	s := newServer(t)
	s.start()
	return newHouse(t, s.addr()), s
}

// elsewhere is the same house as another process sees it.
func (h *house) elsewhere() *house {
	if ground != nil {
		return groupHouse(h.T, ground)
	}
	return newHouse(h.T, h.rdb.Options().Addr)
}

func TestAJobOutlivesARestartOfRedis(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	h := newHouse(t, s.addr())
	task, begun, let := sits("long")
	started := make(chan struct{})
	time.AfterFunc(300*time.Millisecond, func() { s.start(); close(started) })
	h.start(h.newWorker(task)) // before there is a Redis
	<-started
	id := h.enqueue(job.Request{Task: "long"}).ID
	next(h, begun)
	later := h.enqueue(job.Request{Task: "long"}).ID
	next(h, begun)

	s.stop(syscall.SIGTERM)
	close(let)
	h.until("nobody answers", func() bool { return h.rdb.Ping(t.Context()).Err() != nil })
	s.start()

	for _, id := range []string{id, later} {
		h.until("the job has succeeded", func() bool {
			j, err := h.Job(t.Context(), id)
			return err == nil && j.State == job.Succeeded
		})
		if got := h.job(id); got.Attempt != 1 || got.Failures != 0 {
			t.Errorf("job = %+v, want one attempt", got)
		}
	}
}

// TestARestartOfRedisDelaysOnce has a worker with nothing free: it takes no
// turns, and must not go on telling Redis of the run that was.
func TestARestartOfRedisDelaysOnce(t *testing.T) {
	t.Parallel()
	h, s := restartedHouse(t)
	task, begun, _ := sits("long")
	busy := NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "busy", Concurrency: 1, Drain: time.Millisecond})
	h.start(busy)
	long := h.enqueue(job.Request{Task: "long"}).ID
	next(h, begun)
	s.stop(syscall.SIGTERM)
	s.start()
	restarted := time.Now()
	other := h.elsewhere()
	other.sweeping()
	other.start(NewWorker(other.Engine, tasks.NewRegistry(does("quick", nothing)), WorkerOptions{Name: "other", Queues: map[string]int{"default": 1}}))

	id := other.enqueue(job.Request{Task: "quick"}).ID
	other.reaches(id, job.Succeeded)
	if after := time.Since(restarted); after < 5*time.Second || after > 10*time.Second {
		t.Errorf("the first job after the restart ended after %s, want a lease", after)
	}
	if got := h.job(long); got.State != job.Running || got.Attempt != 1 {
		t.Errorf("the job that ran through the restart = %+v", got)
	}
}

// TestAGrantThatRedisForgotIsNotGivenTwice kills Redis, and starts it with its
// data as they were before the job began.
func TestAGrantThatRedisForgotIsNotGivenTwice(t *testing.T) {
	t.Parallel()
	h, s := restartedHouse(t)
	h.rdb.ConfigSet(t.Context(), "appendfsync", "always")
	task, overlaps := h.exclusive()
	h.start(NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "first", Concurrency: 1, Drain: time.Millisecond}))
	before := s.copyData()
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.reaches(id, job.Running)

	s.stop(syscall.SIGKILL)
	s.restore(before)
	s.start()
	other := h.elsewhere()
	other.sweeping()
	other.start(NewWorker(other.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "second", Concurrency: 1, Drain: time.Millisecond}))
	again := other.enqueue(job.Request{Task: "task"}).ID // wants the same lock
	other.reaches(again, job.Running)
	if n := overlaps(); n != 0 {
		t.Errorf("%d times two jobs held one lock", n)
	}
}

// exclusive is a task that writes one resource for as long as its context
// lasts, at most 10 s, and a function that counts how often two did at once.
func (h *house) exclusive() (task tasks.Spec[params], overlaps func() int64) {
	var inside, twice atomic.Int64
	task = does("task", func(ctx context.Context, _ *tasks.Job[params]) error {
		if inside.Add(1) > 1 {
			twice.Add(1)
		}
		defer inside.Add(-1)
		if !sleep(ctx, 10*time.Second) {
			return ctx.Err()
		}
		return nil
	})
	task.Writes = func(params) []string { return []string{"x"} }
	return task, twice.Load
}

// copyData and restore keep what Redis has written, and put it back.
func (s *server) copyData() string {
	s.t.Helper()
	to := s.t.TempDir()
	if err := os.CopyFS(to, os.DirFS(s.dir)); err != nil {
		s.t.Fatal(err)
	}
	return to
}

func (s *server) restore(from string) {
	s.t.Helper()
	if err := os.RemoveAll(s.dir); err != nil {
		s.t.Fatal(err)
	}
	if err := os.CopyFS(s.dir, os.DirFS(from)); err != nil {
		s.t.Fatal(err)
	}
}

func TestARedisThatIsWipedUnderLiveWorkers(t *testing.T) {
	t.Parallel()
	h, _ := restartedHouse(t)
	task, overlaps := h.exclusive()
	h.start(NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "first", Concurrency: 1, Drain: time.Millisecond}))
	other := h.elsewhere()
	other.start(NewWorker(other.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "second", Concurrency: 1, Drain: time.Millisecond}))
	epoch, _ := h.Epoch(t.Context())
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.reaches(id, job.Running)

	h.rdb.FlushAll(t.Context())

	if after, err := h.Epoch(t.Context()); err != nil || after == epoch || epoch == "" {
		t.Errorf("epoch %q after %q, error %v; want another", after, epoch, err)
	}
	var again string
	h.until("the workers have announced their tasks again", func() bool {
		j, err := h.elsewhere().Enqueue(t.Context(), job.Request{Task: "task"})
		again = j.ID
		return err == nil
	})
	h.until("the job runs", func() bool { return h.state(again) == job.Running })
	if n := overlaps(); n != 0 {
		t.Errorf("%d times two jobs held one lock", n)
	}
}
