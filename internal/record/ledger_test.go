package record_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/record"
)

// TestAJobSurvivesTheLossOfRedis runs a recorder with a real ledger: a job is
// recorded, Redis is emptied, and the job comes back with its numbers.
func TestAJobSurvivesTheLossOfRedis(t *testing.T) {
	records, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	redis := &fakeRedis{epoch: "one"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error)
	r := &record.Recorder{Stream: redis, Jobs: redis, Ledger: records, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	go func() { ended <- r.Run(ctx) }()

	redis.append("a")
	redis.tell(events.AttemptStarted{ID: "a", Attempt: 1, Worker: "w", At: time.Now()})
	eventually(t, "job a is recorded as running", func() bool {
		j, err := records.Job(t.Context(), "a")
		return err == nil && j.State == job.Running
	})
	redis.set(func(f *fakeRedis) { f.epoch, f.stream = "two", nil })
	eventually(t, "job a is enqueued again", func() bool {
		resume := redis.request("a").Resume
		return resume != nil && resume.Attempt == 1
	})
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func (f *fakeRedis) request(id string) job.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.enqueued[id]
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("not after 20 s: %s", what)
}
