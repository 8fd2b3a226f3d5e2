package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// fiveQueues are those that an idle worker looks after.
var fiveQueues = map[string]int{"bench": 1, "bench2": 1, "bench3": 1, "bench4": 1, "bench5": 1}

// settling is how long a worker that has started is left alone.
const settling = 3 * time.Second

// idles adds what idle workers ask of Redis, as counted on all connections
// that they open.
func (b *Bed) idles(ctx context.Context, r *Report, o Pickup) error {
	if o.Idle == 0 {
		return nil
	}
	mine, err := b.idle(ctx, ours, o.Idle, b.idleOurs)
	if err != nil {
		return err
	}
	r.add(commands, "commands/s", ours, mine)
	if !o.VsAsynq {
		return nil
	}
	theirs, err := b.idle(ctx, plain, o.Idle, b.idleAsynq)
	r.add(commands, "commands/s", plain, theirs)
	return err
}

// idle returns how many commands per second a worker sends that run keeps
// running until its context ends.
func (b *Bed) idle(ctx context.Context, name string, lasting time.Duration, run func(ctx context.Context, url string) error) (rate float64, err error) {
	if err := b.fresh(ctx); err != nil {
		return 0, err
	}
	p, url, err := newProxy(b.url, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = p.close() }()
	b.tell(Step{0, 1, fmt.Sprintf("%s is idle for %s", name, lasting)})
	worker := start(ctx, func(ctx context.Context) error { return run(ctx, url) })
	defer func() { err = errors.Join(err, worker.stop()) }()
	if err := sleep(ctx, settling); err != nil {
		return 0, err
	}
	before := p.commands.Load()
	err = sleep(ctx, lasting)
	return float64(p.commands.Load()-before) / lasting.Seconds(), err
}

// idleOurs runs a worker and nothing else: what a scheduler asks of Redis is
// not a worker's.
func (b *Bed) idleOurs(ctx context.Context, url string) error {
	rdb, err := b.connect(ctx, url, b.log)
	if err != nil {
		return err
	}
	defer rdb.Close()
	o := engine.WorkerOptions{Queue: queue, Queues: fiveQueues}
	return engine.NewWorker(engine.New(rdb, b.log), tasks.NewRegistry(does(nil)), o).Run(ctx)
}

func (b *Bed) idleAsynq(ctx context.Context, url string) error {
	server, err := asynqServer(url, 10, fiveQueues, func(context.Context, *asynq.Task) error { return nil })
	if err != nil {
		return err
	}
	<-ctx.Done()
	server.Shutdown()
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
