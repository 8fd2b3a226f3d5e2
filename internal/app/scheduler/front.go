package scheduler

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
)

// front is the engine as the API asks for it.
type front struct{ *engine.Engine }

// EnqueueBatch implements api.Engine.
func (f front) EnqueueBatch(ctx context.Context, rs []job.Request) ([]api.Accepted, error) {
	done, err := f.Engine.EnqueueBatch(ctx, rs)
	all := make([]api.Accepted, len(done))
	for i, a := range done {
		all[i] = api.Accepted(a)
	}
	return all, err
}
