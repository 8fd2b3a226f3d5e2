package scheduler

import (
	"context"
	"log/slog"
	"time"

	"github.com/beadle-jobs/beadle/internal/api"
)

// publishEvery is how soon the engine applies a limit or a pause that it has
// not been told of, as after Redis was lost.
const publishEvery = 3 * time.Second

func (s *scheduler) limits() api.Limits {
	return api.Limits{Ledger: s.Ledger, Live: s.locks, Log: s.Log}
}

func (s *scheduler) queues() api.Queues {
	return api.Queues{Ledger: s.Ledger, Live: s.engine, Log: s.Log, Now: time.Now}
}

// A publisher keeps what the engine applies equal to what the ledger has: the
// limits, or the pauses of queues.
type publisher struct {
	what string
	all  interface {
		Publish(ctx context.Context) error
	}
	log *slog.Logger
}

// run works until ctx is done. What cannot be read or written is tried again.
func (p publisher) run(ctx context.Context) error {
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	for ; ctx.Err() == nil; wait(ctx, tick) {
		if err := p.all.Publish(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("the engine is not up to date yet", "with", p.what, "err", err)
		}
	}
	return nil
}
