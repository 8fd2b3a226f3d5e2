package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A Soak watches the memory of this process, which is worker and scheduler
// then, under a steady load.
type Soak struct {
	For         time.Duration
	Rate        int // jobs per second
	Concurrency int
}

// Soak runs the load and tells how memory grew in the second half of the time.
func (b *Bed) Soak(ctx context.Context, o Soak) (Report, error) {
	setting := fmt.Sprintf("%d mixed jobs per second for %s: some take 10 ms, some hold locks, some fail once", o.Rate, o.For)
	return b.measured(ctx, "soak", setting, []string{ours}, func(r *Report) (err error) {
		p, err := b.platform(ctx, b.url, true)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.close()) }()
		watched, err := p.soak(ctx, o)
		if err == nil {
			watched.report(r)
		}
		return err
	})
}

// soak runs the load and looks at memory.
func (p *platform) soak(ctx context.Context, o Soak) (looks, error) {
	task := mixed()
	if err := p.introduce(ctx, task); err != nil {
		return nil, err
	}
	worker := p.work(ctx, engine.WorkerOptions{Concurrency: o.Concurrency}, task)
	load := p.run(ctx, func(ctx context.Context) error { return p.load(ctx, o.Rate) })
	return p.bed.watch(ctx, o.For, worker, load)
}

// mixed is a task whose jobs differ by their number: one in ten takes a while
// and holds locks, one in fifty fails at first.
func mixed() tasks.Task {
	task := does(func(ctx context.Context, j *tasks.Job[args]) error {
		switch {
		case j.Args.N%50 == 49 && j.Attempt == 1:
			return errors.New("fails at first")
		case j.Args.N%10 == 0:
			return sleep(ctx, 10*time.Millisecond)
		}
		return nil
	})
	task.Backoff = time.Second
	task.Writes = func(a args) []string {
		if a.N%10 == 0 {
			return []string{"desk-" + strconv.Itoa(a.N/10%50)}
		}
		return nil
	}
	return task
}

// load enqueues jobs at a steady rate until ctx ends, ten batches a second.
func (p *platform) load(ctx context.Context, rate int) error {
	const perSecond = 10
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for n := 0; ; n += rate / perSecond {
		_, err := p.fill(ctx, rate/perSecond, func(i int) job.Request { return request(n + i) })
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// A look is what memory was like at a time.
type look struct {
	process, redis float64 // MB
}

// looks are taken at equal intervals.
type looks []look

// watch looks at memory until the time is over, sixty times.
func (b *Bed) watch(ctx context.Context, lasting time.Duration, worker, load *part) (looks, error) {
	const times = 60
	var all looks
	for i := range times {
		b.tell(Step{i + 1, times, "soak"})
		select {
		case <-worker.ended:
			return nil, fmt.Errorf("the worker ended: %w", worker.err)
		case <-load.ended:
			return nil, fmt.Errorf("the load ended: %w", load.err)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lasting / times):
		}
		redis, err := b.used(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, look{process: float64(resident()) / 1e6, redis: float64(redis) / 1e6})
	}
	return all, nil
}

// report adds what was seen: of the sixth tenth of the time and of the last,
// so that one look at a bad moment decides nothing.
func (l looks) report(r *Report) {
	tenth := len(l) / 10
	middle, last := l[5*tenth:6*tenth], l[9*tenth:]
	process := func(k look) float64 { return k.process }
	redis := func(k look) float64 { return k.redis }
	half, end := middle.median(process), last.median(process)
	r.add("process, half-way", "MB", ours, half)
	r.add("process, at the end", "MB", ours, end)
	r.add("redis, half-way", "MB", ours, middle.median(redis))
	r.add("redis, at the end", "MB", ours, last.median(redis))
	r.add("growth of the process in the second half", "%", ours, (end/half-1)*100)
}

func (l looks) median(of func(look) float64) float64 {
	var all []float64
	for _, k := range l {
		all = append(all, of(k))
	}
	return median(all)
}

// resident returns the memory of this process in bytes: what the system says,
// or what the runtime does where the system is not Linux.
func resident() int64 {
	raw, err := os.ReadFile("/proc/self/statm")
	if fields := strings.Fields(string(raw)); err == nil && len(fields) > 1 {
		pages, _ := strconv.ParseInt(fields[1], 10, 64)
		return pages * int64(os.Getpagesize())
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}
