package scheduler

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/engine"
)

// safeEvery is how often Redis is asked how it is set up: somebody may change
// it while it runs.
const safeEvery = 10 * time.Second

// safety knows whether Redis keeps what it has acknowledged, and says so
// loudly in the log, on the pages and in the metrics if it does not.
type safety struct {
	engine *engine.Engine
	unsafe func(reason string, is bool) // tells the metrics
	log    *slog.Logger

	mu   sync.Mutex
	last engine.Health
}

// run looks until ctx is done.
func (s *safety) run(ctx context.Context) error {
	tick := time.NewTicker(safeEvery)
	defer tick.Stop()
	for ; ctx.Err() == nil; wait(ctx, tick) {
		if health, err := s.engine.Health(ctx); err == nil {
			s.note(health)
		}
	}
	return nil
}

// note remembers how Redis is set up. What was known already is not logged
// again.
func (s *safety) note(h engine.Health) {
	s.mu.Lock()
	was := s.last
	s.last = h
	s.mu.Unlock()
	s.unsafe("aof", h.Known && !h.Persistent)
	s.unsafe("eviction", h.Known && !h.NoEviction)
	if h.Known && !h.Persistent && (was.Persistent || !was.Known) {
		s.log.Warn("redis keeps nothing on disk: acknowledged jobs are lost when it stops; set appendonly yes")
	}
	if h.Known && !h.NoEviction && (was.NoEviction || !was.Known) {
		s.log.Warn("redis may evict keys: jobs can vanish when memory is short; set maxmemory-policy noeviction")
	}
}

// reasons are what makes this Redis unsafe, for people; none if nothing does.
func (s *safety) reasons() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.Known && !s.last.Persistent {
		all = append(all, "Redis keeps nothing on disk: accepted jobs are lost when it stops. Set appendonly yes.")
	}
	if s.last.Known && !s.last.NoEviction {
		all = append(all, "Redis may drop jobs when its memory is short. Set maxmemory-policy noeviction.")
	}
	return all
}
