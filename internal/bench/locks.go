package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A Locks measures what locks cost when nobody contends for them, how soon one
// is handed over when many do, and whether clients get their share.
type Locks struct {
	Jobs        int // of each drain
	Concurrency int
	Rounds      int
	Handovers   int
	Queued      int // jobs of the client that came first
	Added       int // jobs of the client that comes second
	NoRecorder  bool
}

// The columns of this benchmark: drains with and without locks.
const (
	locked   = "beadle, 1 read + 1 write lock"
	unlocked = "beadle, no locks"
)

// handover is the figure of it.
const handover = "hand-over"

// Locks measures all of it.
func (b *Bed) Locks(ctx context.Context, o Locks) (Report, error) {
	setting := fmt.Sprintf("drains of %d jobs, concurrency %d; %d jobs of 5 ms that write one resource; %d jobs of one client and %d of another",
		o.Jobs, o.Concurrency, o.Handovers, o.Queued, o.Added)
	return b.measured(ctx, "locks", setting, []string{unlocked, locked, ours}, func(r *Report) error {
		for _, measure := range []func(context.Context, *Report, Locks) error{b.uncontended, b.handovers, b.fairness} {
			if err := measure(ctx, r, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o Locks) drain() Drain {
	return Drain{Jobs: o.Jobs, Concurrency: o.Concurrency, NoRecorder: o.NoRecorder}
}

// uncontended compares drains with locks that nobody else wants with drains
// without any.
func (b *Bed) uncontended(ctx context.Context, r *Report, o Locks) error {
	with := drainOf(b.url, !o.NoRecorder)
	with.spec.Reads = func(a args) []string { return []string{"shelf-" + strconv.Itoa(a.N)} }
	with.spec.Writes = func(a args) []string { return []string{"book-" + strconv.Itoa(a.N)} }
	without := drainOf(b.url, !o.NoRecorder)
	all, err := b.alternate(ctx, o.Rounds,
		side{unlocked, func(ctx context.Context) (sample, error) { return b.drain(ctx, o.drain(), without) }},
		side{locked, func(ctx context.Context) (sample, error) { return b.drain(ctx, o.drain(), with) }},
	)
	if err != nil {
		return err
	}
	r.addRounds(throughput, "jobs/s", all)
	r.addRounds(selfTime, "µs/job", all)
	r.addRounds(redisTime, "µs/job", all)
	r.addRounds(allTime, "µs/job", all)
	r.compare(throughput, locked, unlocked, "With locks that nobody contends for, a drain runs at %.2f of its speed.")
	return nil
}

// A line is jobs that want one resource, one after the other.
type line struct {
	mu    sync.Mutex
	ended time.Time // when the last one returned
	gaps  []time.Duration
	mixed bool // two ran at a time
	busy  bool
}

// run is what each does. It notes how long after its predecessor it started.
func (l *line) run(context.Context, *tasks.Job[args]) error {
	began := time.Now()
	l.mu.Lock()
	l.mixed = l.mixed || l.busy
	l.busy = true
	if !l.ended.IsZero() {
		l.gaps = append(l.gaps, began.Sub(l.ended))
	}
	l.mu.Unlock()
	time.Sleep(5 * time.Millisecond)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = false
	l.ended = time.Now()
	return nil
}

// handovers measures how long a resource lies idle between two jobs that want
// it.
func (b *Bed) handovers(ctx context.Context, r *Report, o Locks) error {
	b.tell(Step{0, 1, "hand-over of one resource"})
	if err := b.fresh(ctx); err != nil {
		return err
	}
	l, count := &line{}, newTally(o.Handovers)
	task := does(func(ctx context.Context, j *tasks.Job[args]) error {
		defer count.add()
		return l.run(ctx, j)
	})
	task.Writes = func(args) []string { return []string{"desk"} }
	if err := b.runAll(ctx, !o.NoRecorder, o.Concurrency, task, count); err != nil {
		return err
	}
	if l.mixed {
		return errors.New("two jobs that write one resource ran at the same time")
	}
	r.spread(handover, ours, l.gaps)
	return nil
}

// runAll enqueues as many jobs of a task as count expects, and runs them.
func (b *Bed) runAll(ctx context.Context, record bool, concurrency int, task tasks.Task, count *tally) (err error) {
	p, err := b.platform(ctx, b.url, record)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.introduce(ctx, task); err != nil {
		return err
	}
	if _, err := p.fill(ctx, int(count.want), request); err != nil {
		return err
	}
	worker := p.work(ctx, engine.WorkerOptions{Concurrency: concurrency}, task)
	return errors.Join(count.wait(ctx, worker), p.settled(ctx), count.exact())
}
