package scheduler

import (
	"context"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// delay knows how far the ledger is behind what has happened. Every replica
// works it out for itself, by comparing the ledger's position with the stream,
// at most once a second.
type delay struct {
	engine *engine.Engine
	ledger *ledger.Ledger

	mu      sync.Mutex
	checked time.Time
	since   time.Time // behind since then; zero: it is not
	behind  time.Duration
}

// Behind returns the age of the oldest event that is not recorded, and zero if
// there is none. While the ledger or Redis is away it is the time since nothing
// is known.
func (d *delay) Behind() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.checked) >= time.Second {
		d.checked = time.Now()
		d.behind = d.measure()
	}
	return d.behind
}

func (d *delay) measure() time.Duration {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	next, err := d.next(ctx)
	switch {
	case err != nil && d.since.IsZero():
		d.since = time.Now()
	case err == nil && len(next) == 0:
		d.since = time.Time{}
		return 0
	case err == nil:
		d.since = next[0].At
	}
	return max(0, time.Since(d.since))
}

// next returns the oldest event that is not recorded.
func (d *delay) next(ctx context.Context) ([]events.Entry, error) {
	position, err := d.ledger.Position(ctx)
	if err != nil {
		return nil, err
	}
	return d.engine.Events(ctx, position, 1, 0)
}
