package scheduler

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestNoTaskOfASlotIsUnknownBeforeWorkersHaveSpoken(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	records, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	q := clientQueue{engine.New(rdb, log), records}
	refusal := func() fault.Kind {
		accepted, err := q.EnqueueBatch(t.Context(), []job.Request{{Task: "nightly"}})
		if err != nil {
			t.Fatal(err)
		}
		return fault.KindOf(accepted[0].Err)
	}

	if got := refusal(); got != fault.Unavailable {
		t.Errorf("without workers: %v, want to be asked again", got)
	}

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	other := tasks.Spec[struct{}]{Name: "other", Run: func(context.Context, *tasks.Job[struct{}]) error { return nil }}
	go func() {
		ended <- worker.Run(ctx, worker.Options{Redis: rdb, Queue: "worker", Settings: config.Default().Worker, Log: log}, other)
	}()
	t.Cleanup(func() { stop(); <-ended })
	for deadline := time.Now().Add(30 * time.Second); refusal() == fault.Unavailable && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if got := refusal(); got != fault.Invalid {
		t.Errorf("with a worker that does not know it: %v, want a refusal", got)
	}
}
