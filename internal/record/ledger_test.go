package record_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/record"
)

// TestAJobSurvivesTheLossOfRedis runs a recorder with a real ledger: a job is
// recorded, Redis is emptied, and the job comes back with its numbers.
func TestAJobSurvivesTheLossOfRedis(t *testing.T) {
	redis := &fakeRedis{epoch: "one"}
	records := openLedger(t)
	run(t, &record.Recorder{Stream: redis, Jobs: redis, Ledger: records, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})

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
}

func openLedger(t *testing.T) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
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
