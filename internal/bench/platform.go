package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/record"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A platform is Beadle on a bed: the engine, and what a scheduler that leads
// runs beside it.
type platform struct {
	bed    *Bed
	rdb    *redis.Client
	engine *engine.Engine
	ledger *ledger.Ledger // nil without a recorder
	parts  []*part
}

// A part runs until it is stopped.
type part struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // once it has ended
}

func start(ctx context.Context, run func(context.Context) error) *part {
	ctx, cancel := context.WithCancel(ctx)
	p := &part{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.err = run(ctx)
	}()
	return p
}

// stop ends the part and says how it went.
func (p *part) stop() error {
	p.cancel()
	<-p.ended
	return p.err
}

// platform starts Beadle on the Redis at url, which may be a proxy to that of
// the bed. A recorder writes to a ledger of its own.
func (b *Bed) platform(ctx context.Context, url string, recorded bool) (*platform, error) {
	if !recorded {
		return b.platformOn(ctx, url, "")
	}
	return b.platformOn(ctx, url, b.nextLedger())
}

// platformOn is [Bed.platform] with a recorder that writes to that ledger; with
// none if it is empty.
func (b *Bed) platformOn(ctx context.Context, url, records string) (*platform, error) {
	rdb, err := b.connect(ctx, url, b.log)
	if err != nil {
		return nil, err
	}
	p := &platform{bed: b, rdb: rdb, engine: engine.New(rdb, b.log)}
	p.run(ctx, engine.NewSweeper(p.engine).Run)
	if records == "" {
		return p, nil
	}
	if p.ledger, err = ledger.Open(ctx, records); err != nil {
		return nil, errors.Join(err, p.close())
	}
	recorder := &record.Recorder{Stream: p.engine, Jobs: p.engine, Ledger: p.ledger, Log: b.log}
	p.run(ctx, recorder.Run)
	return p, nil
}

// run runs something for as long as the platform is there.
func (p *platform) run(ctx context.Context, run func(context.Context) error) *part {
	started := start(ctx, run)
	p.parts = append(p.parts, started)
	return started
}

// close ends everything, in the opposite order.
func (p *platform) close() error {
	var err error
	for _, part := range slices.Backward(p.parts) {
		err = errors.Join(err, part.stop())
	}
	if p.ledger != nil {
		err = errors.Join(err, p.ledger.Close())
	}
	return errors.Join(err, p.rdb.Close())
}

// work starts a worker.
func (p *platform) work(ctx context.Context, o engine.WorkerOptions, all ...tasks.Task) *part {
	o.Queue = queue
	return p.run(ctx, engine.NewWorker(p.engine, tasks.NewRegistry(all...), o).Run)
}

// introduce lets a worker announce tasks, without which nobody can enqueue
// their jobs, and stops it again.
func (p *platform) introduce(ctx context.Context, all ...tasks.Task) error {
	worker := p.work(ctx, engine.WorkerOptions{}, all...)
	err := poll(ctx, time.Millisecond, func() (bool, error) {
		known, err := p.engine.Tasks(ctx)
		return len(known) >= len(all), err
	})
	return errors.Join(err, worker.stop())
}

// batch is how many jobs go into one bulk enqueue.
const batch = 1000

// fill enqueues n jobs, in batches, and returns their ids.
func (p *platform) fill(ctx context.Context, n int, request func(i int) job.Request) ([]string, error) {
	var ids []string
	for first := 0; first < n; first += batch {
		var requests []job.Request
		for i := first; i < min(first+batch, n); i++ {
			requests = append(requests, request(i))
		}
		accepted, err := p.engine.EnqueueBatch(ctx, requests)
		if err != nil {
			return nil, fmt.Errorf("enqueue %d jobs: %w", len(requests), err)
		}
		for _, a := range accepted {
			if a.Err != nil {
				return nil, fmt.Errorf("enqueue jobs: %w", a.Err)
			}
			ids = append(ids, a.Job.ID)
		}
	}
	return ids, nil
}

// settled waits until no job is in flight.
func (p *platform) settled(ctx context.Context) error {
	return poll(ctx, 5*time.Millisecond, func() (bool, error) {
		n, err := p.inFlight(ctx)
		return n == 0, err
	})
}

func (p *platform) inFlight(ctx context.Context) (n int64, err error) {
	depths, err := p.engine.Depths(ctx)
	for _, states := range depths {
		for state, count := range states {
			if !state.Final() {
				n += count
			}
		}
	}
	return n, err
}

// caughtUp waits until the ledger has everything that happened, if there is
// one.
func (p *platform) caughtUp(ctx context.Context) error {
	if p.ledger == nil {
		return nil
	}
	return poll(ctx, 5*time.Millisecond, func() (bool, error) {
		at, err := p.ledger.Position(ctx)
		if err != nil {
			return false, err
		}
		behind, err := p.engine.Events(ctx, at, 1, 0)
		return len(behind) == 0, err
	})
}
