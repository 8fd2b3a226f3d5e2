package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// An Abort measures how soon running jobs end that are told to.
type Abort struct {
	Jobs       int
	Stuck      bool // also how soon a job is shown as stuck that does not obey; takes half a minute
	NoRecorder bool
}

// Abort aborts jobs that run, all at once.
func (b *Bed) Abort(ctx context.Context, o Abort) (Report, error) {
	setting := fmt.Sprintf("%d running jobs that obey, aborted at once", o.Jobs)
	return b.measured(ctx, "abort", setting, []string{ours}, func(r *Report) (err error) {
		p, err := b.introduced(ctx, b.url, !o.NoRecorder)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.close()) }()
		took, err := p.abortObedient(ctx, o.Jobs)
		if err != nil {
			return err
		}
		r.spread("abort to end", ours, took)
		if !o.Stuck {
			return nil
		}
		shown, err := p.abortDeaf(ctx)
		r.add("abort to shown as stuck", "s", ours, shown.Seconds())
		return err
	})
}

func (p *platform) abortObedient(ctx context.Context, n int) ([]time.Duration, error) {
	p.bed.tell(Step{0, 1, "jobs that obey"})
	running := newTally(n)
	worker := p.work(ctx, engine.WorkerOptions{Concurrency: n}, does(func(ctx context.Context, _ *tasks.Job[args]) error {
		running.add()
		<-ctx.Done()
		return ctx.Err()
	}))
	ids, err := p.fill(ctx, n, request)
	if err != nil {
		return nil, err
	}
	if err := running.wait(ctx, worker); err != nil {
		return nil, err
	}
	took, err := p.abortAll(ctx, ids)
	return took, errors.Join(err, worker.stop())
}

// abortAll aborts all these jobs and returns how long it took until the event
// stream told the end of each.
func (p *platform) abortAll(ctx context.Context, ids []string) ([]time.Duration, error) {
	last, err := p.bed.rdb.Time(ctx).Result()
	if err != nil {
		return nil, fmt.Errorf("ask redis for the time: %w", err)
	}
	told := make([]time.Time, len(ids))
	g, calls := errgroup.WithContext(ctx)
	for i, id := range ids {
		g.Go(func() error {
			told[i] = time.Now()
			_, err := p.engine.Abort(calls, id, "bench")
			return err
		})
	}
	ends, err := p.ends(ctx, fmt.Sprintf("%d-0", last.UnixMilli()), ids)
	if err := errors.Join(err, g.Wait()); err != nil {
		return nil, fmt.Errorf("abort: %w", err)
	}
	took := make([]time.Duration, len(ids))
	for i, id := range ids {
		took[i] = ends[id].Sub(told[i])
	}
	return took, nil
}

// ends returns when the stream told, behind a position, that these jobs were
// aborted.
func (p *platform) ends(ctx context.Context, after string, ids []string) (map[string]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ends := map[string]time.Time{}
	for len(ends) < len(ids) {
		entries, err := p.engine.Events(ctx, after, 500, time.Second)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%d of %d jobs ended within a minute", len(ends), len(ids))
		}
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			after = entry.ID
			if end, ok := entry.Event.(events.AttemptEnded); ok && end.State == job.Aborted {
				ends[end.JobID()] = time.Now()
			}
		}
	}
	return ends, nil
}

// abortDeaf returns how long it takes until a job is shown as stuck that does
// not obey.
func (p *platform) abortDeaf(ctx context.Context) (time.Duration, error) {
	p.bed.tell(Step{0, 1, "a job that does not obey"})
	running, release := newTally(1), make(chan struct{})
	worker := p.work(ctx, engine.WorkerOptions{}, does(func(context.Context, *tasks.Job[args]) error {
		running.add()
		<-release
		return nil
	}))
	defer close(release)
	j, err := p.engine.Enqueue(ctx, request(0))
	if err != nil {
		return 0, err
	}
	if err := running.wait(ctx, worker); err != nil {
		return 0, err
	}
	told := time.Now()
	if _, err := p.engine.Abort(ctx, j.ID, "bench"); err != nil {
		return 0, err
	}
	return p.shownStuck(ctx, j.ID, told)
}

func (p *platform) shownStuck(ctx context.Context, id string, told time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := poll(ctx, 50*time.Millisecond, func() (bool, error) {
		j, err := p.engine.Job(ctx, id)
		return j.Stuck, err
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("the job was not shown as stuck within a minute")
	}
	return time.Since(told), err
}
