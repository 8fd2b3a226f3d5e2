package engine

import (
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
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
	testservers.Redis(t) // skips where there is none, and empties it: call this before t.Parallel
	s := &server{t: t, dir: t.TempDir(), port: testservers.FreePort(t)}
	t.Cleanup(s.stop)
	return s
}

func (s *server) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

func (s *server) start() {
	s.t.Helper()
	s.cmd = testservers.RedisCommand(s.dir, s.port)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) stop() {
	if s.cmd != nil {
		s.cmd.Process.Signal(syscall.SIGTERM)
		s.cmd.Wait()
		s.cmd = nil
	}
}

func TestAJobOutlivesARestartOfRedis(t *testing.T) {
	s := newServer(t)
	t.Parallel()
	h := newHouse(t, s.addr())
	task, begun, let := sits("long")
	w := NewWorker(h.Engine, lock.New(h.rdb), tasks.NewRegistry(task), WorkerOptions{})
	started := make(chan struct{})
	time.AfterFunc(300*time.Millisecond, func() { s.start(); close(started) })
	h.start(w) // before there is a Redis
	<-started
	id := h.enqueue(job.Request{Task: "long"}).ID
	<-begun
	later := h.enqueue(job.Request{Task: "long"}).ID
	<-begun

	s.stop()
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
