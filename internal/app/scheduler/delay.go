package scheduler

import (
	"context"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/engine"
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
	behind  time.Duration
}

// Behind returns the age of the oldest event that is not recorded, and zero if
// there is none or if nobody can tell.
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
	position, err := d.ledger.Position(ctx)
	if err != nil {
		return 0
	}
	next, err := d.engine.Events(ctx, position, 1, 0)
	if err != nil || len(next) == 0 {
		return 0
	}
	return max(0, time.Since(next[0].At))
}
