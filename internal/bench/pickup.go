package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A Pickup measures how soon an idle worker starts a job, and what it asks of
// Redis while it is idle.
type Pickup struct {
	Samples int
	Idle    time.Duration // how long to watch idle workers; 0: not at all
	VsAsynq bool
}

// The figures of pickup.
const (
	pickup   = "enqueue to start"
	commands = "commands of an idle worker"
)

// bare is Redis alone: what no platform on it can beat.
const bare = "LPUSH to BLPOP"

// asynqSamples are fewer, as each takes about a second.
const asynqSamples = 25

// Pickup measures both.
func (b *Bed) Pickup(ctx context.Context, o Pickup) (Report, error) {
	setting := fmt.Sprintf("%d jobs enqueued one by one, an idle worker; idle workers of %d queues for %s", o.Samples, len(fiveQueues), o.Idle)
	return b.measured(ctx, "pickup", setting, []string{ours, bare, plain}, func(r *Report) error {
		if err := b.pickups(ctx, r, o); err != nil {
			return err
		}
		for _, p := range []string{" p50", " p99"} {
			r.compare(pickup+p, ours, bare, "Beadle's"+p+" is %.2f times that of a bare LPUSH to BLPOP.")
			r.compareCost(pickup+p, ours, plain, "Plain asynq's"+p+" is %.1f times Beadle's.")
		}
		return b.idles(ctx, r, o)
	})
}

func (b *Bed) pickups(ctx context.Context, r *Report, o Pickup) error {
	mine, floor, err := b.pickupOurs(ctx, o.Samples)
	if err != nil {
		return err
	}
	r.spread(pickup, ours, mine)
	r.spread(pickup, bare, floor)
	if !o.VsAsynq {
		return nil
	}
	if err := b.fresh(ctx); err != nil {
		return err
	}
	theirs, err := b.pickupAsynq(ctx, min(o.Samples, asynqSamples))
	r.spread(pickup, plain, theirs)
	return err
}

// blockOf samples are taken of Beadle, then as many of Redis alone, and so on.
const blockOf = 25

// pickupOurs takes samples of Beadle and of Redis alone by turns.
func (b *Bed) pickupOurs(ctx context.Context, n int) (mine, floor []time.Duration, err error) {
	p, err := b.platform(ctx, b.url, false)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	started := make(chan time.Time, 1)
	task := does(func(context.Context, *tasks.Job[args]) error { started <- time.Now(); return nil })
	if err := p.introduce(ctx, task); err != nil {
		return nil, nil, err
	}
	p.work(ctx, engine.WorkerOptions{}, task)
	enqueue := func() error { _, err := p.engine.Enqueue(ctx, request(0)); return err }
	if _, err := times(ctx, 5, quick, started, enqueue); err != nil { // it is idle from here on
		return nil, nil, err
	}
	for len(mine) < n && err == nil {
		b.tell(Step{len(mine), n, "pickup by an idle worker"})
		var more []time.Duration
		more, err = times(ctx, min(blockOf, n-len(mine)), quick, started, enqueue)
		mine = append(mine, more...)
		if err == nil {
			more, err = b.pickupBare(ctx, len(more))
			floor = append(floor, more...)
		}
	}
	return mine, floor, err
}

// quick is the pause before a sample.
func quick() time.Duration { return 5*time.Millisecond + rand.N(15*time.Millisecond) }

// times enqueues n times, each after a pause, and returns how long it took
// until the start was told.
func times(ctx context.Context, n int, pause func() time.Duration, started <-chan time.Time, enqueue func() error) ([]time.Duration, error) {
	var all []time.Duration
	for range n {
		time.Sleep(pause())
		began := time.Now()
		if err := enqueue(); err != nil {
			return all, fmt.Errorf("enqueue: %w", err)
		}
		select {
		case at := <-started:
			all = append(all, at.Sub(began))
		case <-time.After(time.Minute):
			return all, errors.New("a job was not started within a minute")
		case <-ctx.Done():
			return all, ctx.Err()
		}
	}
	return all, nil
}

// pickupBare takes samples of Redis alone.
func (b *Bed) pickupBare(ctx context.Context, n int) ([]time.Duration, error) {
	const list = "bench:bare"
	started := make(chan time.Time, 1)
	reader := start(ctx, func(ctx context.Context) error {
		for range n {
			if err := b.rdb.BLPop(ctx, 0, list).Err(); err != nil {
				return err
			}
			started <- time.Now()
		}
		return nil
	})
	all, err := times(ctx, n, quick, started, func() error { return b.rdb.LPush(ctx, list, "x").Err() })
	return all, errors.Join(err, reader.stop())
}

// pickupAsynq takes samples of plain asynq. It polls, so that the pauses are
// longer: a job must find it anywhere between two looks.
func (b *Bed) pickupAsynq(ctx context.Context, n int) ([]time.Duration, error) {
	started := make(chan time.Time, 1)
	server, err := asynqServer(b.url, 10, nil, func(context.Context, *asynq.Task) error { started <- time.Now(); return nil })
	if err != nil {
		return nil, err
	}
	defer server.Shutdown()
	client, err := asynqClient(b.url)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	b.tell(Step{0, n, "pickup by asynq"})
	return times(ctx, n, func() time.Duration { return rand.N(1500 * time.Millisecond) }, started, func() error {
		_, err := client.EnqueueContext(ctx, asynq.NewTask(taskName, short(0)))
		return err
	})
}
