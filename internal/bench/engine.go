package bench

import (
	"context"
	"log/slog"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/internal/record"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// batch is how many jobs go into one bulk enqueue.
const batch = 1000

func newWorker(e *engine.Engine, rdb *redis.Client, registry *tasks.Registry, o engine.WorkerOptions) *engine.Worker {
	return engine.NewWorker(e, lock.New(rdb), registry, o)
}

func newRecorder(e *engine.Engine, l *ledger.Ledger, log *slog.Logger) *record.Recorder {
	return &record.Recorder{Stream: e, Jobs: e, Ledger: l, Log: log}
}

// enqueueBatch enqueues all requests of one batch, and returns their ids.
func enqueueBatch(ctx context.Context, e *engine.Engine, all []job.Request) ([]string, error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(64)
	ids := make([]string, len(all))
	for i, r := range all {
		g.Go(func() error {
			j, err := e.Enqueue(ctx, r)
			ids[i] = j.ID
			return err
		})
	}
	return ids, g.Wait()
}
