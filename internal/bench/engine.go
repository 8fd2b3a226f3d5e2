package bench

import (
	"context"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/record"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// batch is how many jobs go into one bulk enqueue.
const batch = 1000

func newWorker(e *engine.Engine, _ *redis.Client, registry *tasks.Registry, o engine.WorkerOptions) *engine.Worker {
	return engine.NewWorker(e, registry, o)
}

func newRecorder(e *engine.Engine, l *ledger.Ledger, log *slog.Logger) *record.Recorder {
	return &record.Recorder{Stream: e, Jobs: e, Ledger: l, Log: log}
}

// enqueueBatch enqueues all requests of one batch, and returns their ids.
func enqueueBatch(ctx context.Context, e *engine.Engine, all []job.Request) ([]string, error) {
	done, err := e.EnqueueBatch(ctx, all)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(done))
	for i, a := range done {
		if a.Err != nil {
			return nil, a.Err
		}
		ids[i] = a.Job.ID
	}
	return ids, nil
}
