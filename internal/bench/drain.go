package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A Drain measures how fast one worker runs jobs that do nothing.
type Drain struct {
	Jobs        int
	Concurrency int
	Rounds      int
	Latency     time.Duration // added to each round trip to Redis, for both sides
	NoRecorder  bool
	VsAsynq     bool
}

// The figures of a drain.
const (
	throughput = "drain"
	recorded   = "ledger behind at the end"
)

// Drain enqueues jobs in bulk, and then times a worker that runs them all.
func (b *Bed) Drain(ctx context.Context, o Drain) (Report, error) {
	url, done, err := b.way(o.Latency)
	if err != nil {
		return Report{}, err
	}
	defer done()
	sides := o.sides(b, url)
	return b.measured(ctx, "drain", o.setting(), names(sides), func(r *Report) error {
		all, err := b.alternate(ctx, o.Rounds, sides...)
		o.report(r, all)
		return err
	})
}

func (o Drain) report(r *Report, all results) {
	r.addRounds(throughput, "jobs/s", all)
	if o.Latency == 0 { // else the proxy's work would be in it
		r.addRounds(selfTime, "µs/job", all)
		r.addRounds(redisTime, "µs/job", all)
		r.addRounds(allTime, "µs/job", all)
	}
	r.addRounds(recorded, "ms", all)
	r.compare(throughput, ours, plain, "Beadle with events and recorder drains %.2f times as fast as plain asynq.")
	r.compare(throughput, unrecorded, plain, "Beadle without the recorder drains %.2f times as fast as plain asynq.")
	r.compareCost(allTime, unrecorded, plain, "Plain asynq needs %.2f times the CPU per job of Beadle without the recorder.")
	r.compareCost(allTime, ours, plain, "Plain asynq needs %.2f times the CPU per job of Beadle with the recorder.")
}

// way returns the URL by which both sides reach Redis, and what to call when
// they need it no more.
func (b *Bed) way(latency time.Duration) (url string, done func(), err error) {
	if latency == 0 {
		return b.url, func() {}, nil
	}
	p, url, err := newProxy(b.url, latency)
	if err != nil {
		return "", nil, err
	}
	return url, func() { _ = p.close() }, nil // it ends with us in any case
}

func (o Drain) setting() string {
	text := fmt.Sprintf("%d jobs that do nothing, %d-byte payload, one worker, concurrency %d", o.Jobs, payloadSize, o.Concurrency)
	if o.Latency > 0 {
		text += fmt.Sprintf(", round trips to Redis longer by %s", o.Latency)
	}
	return text
}

func (o Drain) sides(b *Bed, url string) []side {
	var all []side
	if !o.NoRecorder {
		all = append(all, side{ours, func(ctx context.Context) (sample, error) { return b.drain(ctx, o, drainOf(url, true)) }})
	}
	all = append(all, side{unrecorded, func(ctx context.Context) (sample, error) { return b.drain(ctx, o, drainOf(url, false)) }})
	if o.VsAsynq {
		all = append(all, side{plain, func(ctx context.Context) (sample, error) { return b.drainAsynq(ctx, o, url) }})
	}
	return all
}

// A drainage is one way to drain Beadle.
type drainage struct {
	url     string
	record  bool
	spec    tasks.Spec[args]      // its Run is filled in
	request func(int) job.Request // of job n
}

func drainOf(url string, record bool) drainage {
	return drainage{url: url, record: record, spec: does(nil), request: request}
}

// drain takes one round of Beadle.
func (b *Bed) drain(ctx context.Context, o Drain, d drainage) (s sample, err error) {
	defer engine.CollectLess()() // as a worker process does
	count := newTally(o.Jobs)
	d.spec.Run = func(context.Context, *tasks.Job[args]) error { count.add(); return nil }
	p, err := b.platform(ctx, d.url, d.record)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.introduce(ctx, d.spec); err != nil {
		return nil, err
	}
	if _, err := p.fill(ctx, o.Jobs, d.request); err != nil {
		return nil, err
	}
	if err := p.caughtUp(ctx); err != nil {
		return nil, err
	}
	return p.timeDrain(ctx, o, d.spec, count)
}

// timeDrain times a worker from its start to its last job. Its processor time
// includes all that follows: acknowledgements, and a ledger that has caught up.
func (p *platform) timeDrain(ctx context.Context, o Drain, task tasks.Task, count *tally) (sample, error) {
	before, err := p.bed.cpu(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	worker := p.work(ctx, engine.WorkerOptions{Concurrency: o.Concurrency}, task)
	if err := count.wait(ctx, worker); err != nil {
		return nil, err
	}
	s := sample{throughput: float64(o.Jobs) / time.Since(began).Seconds()}
	if err := p.settled(ctx); err != nil {
		return nil, err
	}
	ended := time.Now()
	if err := p.caughtUp(ctx); err != nil {
		return nil, err
	}
	if p.ledger != nil {
		s[recorded] = millis(time.Since(ended))
	}
	return s, errors.Join(p.bed.addCPU(ctx, s, before, o.Jobs), worker.stop(), count.exact())
}

// drainAsynq takes one round of plain asynq.
func (b *Bed) drainAsynq(ctx context.Context, o Drain, url string) (sample, error) {
	if _, err := asynqFill(ctx, b.url, o.Jobs, 64, short); err != nil {
		return nil, err
	}
	before, err := b.cpu(ctx)
	if err != nil {
		return nil, err
	}
	count := newTally(o.Jobs)
	began := time.Now()
	server, err := asynqServer(url, o.Concurrency, nil, func(context.Context, *asynq.Task) error { count.add(); return nil })
	if err != nil {
		return nil, err
	}
	defer server.Shutdown()
	select {
	case <-count.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s := sample{throughput: float64(o.Jobs) / time.Since(began).Seconds()}
	if err := b.asynqSettled(ctx); err != nil {
		return nil, err
	}
	return s, errors.Join(b.addCPU(ctx, s, before, o.Jobs), count.exact())
}
