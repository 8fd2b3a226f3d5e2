package bench

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// The clients of the fairness benchmark, and its columns.
const (
	first  = "first"
	second = "second"
	shared = "beadle, 1 job in 100 of a second client"
)

// fairness measures how long a client waits that comes second, and what it
// costs the first one that there is another.
func (b *Bed) fairness(ctx context.Context, r *Report, o Locks) error {
	between, err := b.overtake(ctx, o)
	if err != nil {
		return err
	}
	r.add("jobs of the first client before the last of the second", "jobs", ours, float64(between))
	return b.sharing(ctx, r, o)
}

// overtake enqueues jobs of a second client while those of a first are worked
// off, and returns how many of the first end between that and the end of the
// second's last.
func (b *Bed) overtake(ctx context.Context, o Locks) (between int64, err error) {
	b.tell(Step{0, 1, "a second client comes along"})
	if err := b.fresh(ctx); err != nil {
		return 0, err
	}
	p, err := b.platform(ctx, b.url, !o.NoRecorder)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	race := &race{second: newTally(o.Added), first: newTally(o.Queued), begun: make(chan struct{}), start: int64(max(o.Queued/20, 1))}
	if err := p.introduce(ctx, does(race.run)); err != nil {
		return 0, err
	}
	if _, err := p.fill(ctx, o.Queued, of(first)); err != nil {
		return 0, err
	}
	worker := p.work(ctx, engine.WorkerOptions{Concurrency: o.Concurrency}, does(race.run))
	select {
	case <-race.begun:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	if _, err := p.fill(ctx, o.Added, of(second)); err != nil {
		return 0, err
	}
	before := race.first.ran.Load()
	if err := race.second.wait(ctx, worker); err != nil {
		return 0, err
	}
	return max(race.last.Load()-before, 0), race.first.wait(ctx, worker)
}

// of makes the requests of a client.
func of(client string) func(int) job.Request {
	return func(n int) job.Request {
		r := request(n)
		r.Client = client
		return r
	}
}

// A race is two clients on one worker.
type race struct {
	first, second *tally
	start         int64 // the second comes along after so many jobs of the first
	begun         chan struct{}
	last          atomic.Int64 // jobs of the first that had ended at the last of the second
}

func (r *race) run(_ context.Context, j *tasks.Job[args]) error {
	if j.Client == second {
		r.last.Store(r.first.ran.Load())
		r.second.add()
		return nil
	}
	if r.first.add() == r.start {
		close(r.begun)
	}
	return nil
}

// sharing compares drains of one client with drains in which now and then there
// is a job of another.
func (b *Bed) sharing(ctx context.Context, r *Report, o Locks) error {
	alone, both := drainOf(b.url, !o.NoRecorder), drainOf(b.url, !o.NoRecorder)
	alone.request = of(first)
	both.request = func(n int) job.Request {
		if n%100 == 99 {
			return of(second)(n)
		}
		return of(first)(n)
	}
	all, err := b.alternate(ctx, o.Rounds,
		side{ours, func(ctx context.Context) (sample, error) { return b.drain(ctx, o.drain(), alone) }},
		side{shared, func(ctx context.Context) (sample, error) { return b.drain(ctx, o.drain(), both) }},
	)
	if err != nil {
		return err
	}
	one, two := median(all.of(ours, throughput)), median(all.of(shared, throughput))
	r.add("drain of one client", "jobs/s", ours, one)
	r.add("drain with a second client", "jobs/s", ours, two)
	r.say(two/one, "With a second client around, a drain runs at %.2f of its speed.")
	return nil
}
