package record_test

import (
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/record"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

// A server is a redis-server that can be killed and restarted with older data.
type server struct {
	t    *testing.T
	dir  string
	port int
	rdb  *redis.Client
	cmd  *exec.Cmd
}

func startServer(t *testing.T) *server {
	t.Helper()
	testservers.Redis(t) // skips where there is none
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, dir: t.TempDir(), port: l.Addr().(*net.TCPAddr).Port}
	s.rdb = redis.NewClient(&redis.Options{Addr: l.Addr().String()})
	l.Close()
	t.Cleanup(func() { s.rdb.Close() })
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.t.Helper()
	s.cmd = testservers.RedisCommand(s.dir, s.port)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "redis-server answers", func() bool { return s.rdb.Ping(s.t.Context()).Err() == nil })
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func (s *server) copyData(from, to string) {
	s.t.Helper()
	if err := os.RemoveAll(to); err != nil {
		s.t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		s.t.Fatal(err)
	}
}

// TestAJobSurvivesARedisThatComesBackWithOlderData kills redis-server, restores
// an older append-only file, and finds the job that is not in it. Each reply
// waits for the disk, so that the copy has all that was acknowledged by then.
func TestAJobSurvivesARedisThatComesBackWithOlderData(t *testing.T) {
	s := startServer(t)
	if err := s.rdb.ConfigSet(t.Context(), "appendfsync", "always").Err(); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	e, records := engine.New(s.rdb, log), openLedger(t)
	r := &record.Recorder{Stream: e, Jobs: e, Ledger: records, Log: log}
	run(t, r)
	accept := func(id string) {
		t.Helper()
		resume := &job.Resume{Queue: "worker", Created: time.Now().Add(-time.Hour), Attempt: 2}
		if _, err := e.Enqueue(t.Context(), job.Request{ID: id, Task: "roster.sync", Resume: resume}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "job "+id+" is recorded", func() bool { return isRecorded(t, records, id) })
	}
	live, copied := filepath.Join(s.dir, "appendonlydir"), filepath.Join(t.TempDir(), "copy")
	const kept, lost, next = "01999999-0000-7000-8000-00000000000a", "01999999-0000-7000-8000-00000000000b", "01999999-0000-7000-8000-00000000000c"

	accept(kept)
	s.copyData(live, copied)
	accept(lost)
	s.kill()
	s.copyData(copied, live)
	s.start()
	if known, err := e.Jobs(t.Context(), []string{kept, lost}); err != nil || len(known) != 1 {
		t.Fatalf("Redis knows %d of the jobs after the crash, %v; want one", len(known), err)
	}

	eventually(t, "the lost job is back", func() bool { return r.Status().Restored > 0 })
	j, err := e.Job(t.Context(), lost)
	if err != nil || j.Attempt != 2 || j.State != job.Queued {
		t.Errorf("job is %s after %d attempts, %v; want it queued after 2", j.State, j.Attempt, err)
	}
	accept(next)
	if got := r.Status(); got.Restored != 1 || got.Skipped != 0 {
		t.Errorf("status = %+v, want one job restored and no event skipped", got)
	}
}

func isRecorded(t *testing.T, l *ledger.Ledger, id string) bool {
	t.Helper()
	j, err := l.Job(t.Context(), id)
	return err == nil && j.State == job.Queued
}
