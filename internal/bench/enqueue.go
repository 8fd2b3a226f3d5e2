package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"
)

// An Enqueue measures how fast jobs are accepted: in bulk, and one call after
// the other.
type Enqueue struct {
	Jobs       int // in bulk
	Calls      int // one after the other
	Rounds     int
	Latency    time.Duration // added to each round trip to Redis, for both sides
	NoRecorder bool
	VsAsynq    bool
}

// The figures of enqueueing, and the two ways to make asynq fast at it.
const (
	bulk    = "bulk"
	single  = "single call"
	plain8  = "asynq, 8 goroutines"
	plain64 = "asynq, 64 goroutines"
)

// Enqueue measures both.
func (b *Bed) Enqueue(ctx context.Context, o Enqueue) (Report, error) {
	url, done, err := b.way(o.Latency)
	if err != nil {
		return Report{}, err
	}
	defer done()
	setting := fmt.Sprintf("%d jobs in batches of %d by %d callers, then %d single calls, %d-byte payload", o.Jobs, batch, bulkCallers, o.Calls, payloadSize)
	return b.measured(ctx, "enqueue", setting, []string{ours, unrecorded, plain, plain8, plain64}, func(r *Report) error {
		bulks, err := b.alternate(ctx, o.Rounds, o.bulkSides(b, url)...)
		if err != nil {
			return err
		}
		singles, err := b.alternate(ctx, o.Rounds, o.singleSides(b, url)...)
		o.report(r, bulks, singles)
		return err
	})
}

func (o Enqueue) report(r *Report, bulks, singles results) {
	r.addRounds(bulk, "jobs/s", bulks)
	r.addRounds(allTime, "µs/job", bulks)
	r.addRounds(single, "µs", singles)
	best := plain8
	if median(bulks.of(plain64, bulk)) > median(bulks.of(plain8, bulk)) {
		best = plain64
	}
	r.compare(bulk, ours, best, "Beadle's bulk with the recorder running is %.2f times as fast as "+best+".")
	r.compare(bulk, unrecorded, best, "Beadle's bulk without the recorder is %.2f times as fast as "+best+".")
	r.compare(single, ours, plain, "A single call with the recorder running takes %.2f times as long as asynq's.")
	r.compare(single, unrecorded, plain, "A single call without the recorder takes %.2f times as long as asynq's.")
}

func (o Enqueue) bulkSides(b *Bed, url string) []side {
	all := b.recordedOrNot(o.NoRecorder, func(ctx context.Context, record bool) (sample, error) {
		return b.enqueueBulk(ctx, url, o.Jobs, record)
	})
	if !o.VsAsynq {
		return all
	}
	for name, goroutines := range map[string]int{plain8: 8, plain64: 64} {
		all = append(all, side{name, func(ctx context.Context) (sample, error) {
			return b.enqueueAsynq(ctx, url, o.Jobs, goroutines)
		}})
	}
	return all
}

func (o Enqueue) singleSides(b *Bed, url string) []side {
	all := b.recordedOrNot(o.NoRecorder, func(ctx context.Context, record bool) (sample, error) {
		return b.enqueueSingly(ctx, url, o.Calls, record)
	})
	if o.VsAsynq {
		all = append(all, side{plain, func(ctx context.Context) (sample, error) {
			return b.enqueueAsynqSingly(ctx, url, o.Calls)
		}})
	}
	return all
}

// recordedOrNot returns the sides of Beadle: with the recorder, unless that is
// not wanted, and without.
func (b *Bed) recordedOrNot(without bool, turn func(ctx context.Context, record bool) (sample, error)) []side {
	var all []side
	if !without {
		all = append(all, side{ours, func(ctx context.Context) (sample, error) { return turn(ctx, true) }})
	}
	return append(all, side{unrecorded, func(ctx context.Context) (sample, error) { return turn(ctx, false) }})
}

// bulkCallers is how many enqueue in bulk at a time, against up to 64 of asynq's.
const bulkCallers = 2

func (b *Bed) enqueueBulk(ctx context.Context, url string, n int, record bool) (s sample, err error) {
	p, err := b.introduced(ctx, url, record)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	before, err := b.cpu(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	var callers errgroup.Group
	for i := range bulkCallers {
		callers.Go(func() error {
			_, err := p.fill(ctx, n*(i+1)/bulkCallers-n*i/bulkCallers, request)
			return err
		})
	}
	if err := callers.Wait(); err != nil {
		return nil, err
	}
	s = sample{bulk: float64(n) / time.Since(began).Seconds()}
	return s, errors.Join(p.caughtUp(ctx), b.addCPU(ctx, s, before, n))
}

// introduced starts Beadle and makes its task known.
func (b *Bed) introduced(ctx context.Context, url string, record bool) (*platform, error) {
	p, err := b.platform(ctx, url, record)
	if err != nil {
		return nil, err
	}
	if err := p.introduce(ctx, does(nil)); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (b *Bed) enqueueAsynq(ctx context.Context, url string, n, goroutines int) (sample, error) {
	before, err := b.cpu(ctx)
	if err != nil {
		return nil, err
	}
	took, err := asynqFill(ctx, url, n, goroutines, short)
	if err != nil {
		return nil, err
	}
	s := sample{bulk: float64(n) / took.Seconds()}
	return s, b.addCPU(ctx, s, before, n)
}

func (b *Bed) enqueueSingly(ctx context.Context, url string, n int, record bool) (s sample, err error) {
	p, err := b.introduced(ctx, url, record)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	return singly(n, func(i int) error {
		_, err := p.engine.Enqueue(ctx, request(i))
		return err
	})
}

func (b *Bed) enqueueAsynqSingly(ctx context.Context, url string, n int) (s sample, err error) {
	client, err := asynqClient(url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	return singly(n, func(i int) error {
		_, err := client.EnqueueContext(ctx, asynq.NewTask(taskName, short(i)))
		return err
	})
}

// singly times calls one after the other. The first ones, which open
// connections and load scripts, do not count.
func singly(n int, call func(i int) error) (sample, error) {
	const warmUp = 20
	took := make([]float64, n)
	for i := range n + warmUp {
		began := time.Now()
		if err := call(i); err != nil {
			return nil, fmt.Errorf("call %d: %w", i+1, err)
		}
		if i >= warmUp {
			took[i-warmUp] = float64(time.Since(began)) / float64(time.Microsecond)
		}
	}
	return sample{single: median(took)}, nil
}
