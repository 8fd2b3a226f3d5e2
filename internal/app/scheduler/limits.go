package scheduler

import (
	"context"
	"log/slog"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
)

// publishEvery is how soon the engine applies a limit that it has not been
// told of, as after Redis was lost.
const publishEvery = 3 * time.Second

func (s *scheduler) limits() api.Limits {
	return api.Limits{Ledger: s.Ledger, Live: s.locks, Log: s.Log}
}

// A publisher keeps the limits that the engine applies equal to those of the
// ledger.
type publisher struct {
	limits api.Limits
	log    *slog.Logger
}

// run works until ctx is done. What cannot be read or written is tried again.
func (p publisher) run(ctx context.Context) error {
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	for ; ctx.Err() == nil; wait(ctx, tick) {
		if err := p.limits.Publish(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("publish the limits", "err", err)
		}
	}
	return nil
}
