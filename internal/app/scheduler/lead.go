package scheduler

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/metric"
	"github.com/beadle-jobs/beadle/internal/record"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// lead does what only one scheduler may do, until ctx ends with its term.
func (s *scheduler) lead(ctx context.Context) error {
	s.metrics.Lead(true)
	defer s.metrics.Lead(false)
	recorder := s.recorder()
	s.terms.begin(recorder)
	defer s.terms.end()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return recorder.Run(ctx) })
	g.Go(func() error { return s.walker().Run(ctx) })
	g.Go(func() error { return s.registrar().run(ctx) })
	g.Go(func() error { return publisher{s.limits(), s.Log}.run(ctx) })
	g.Go(func() error { return engine.NewSweeper(s.engine).Run(ctx) })
	return g.Wait()
}

func (s *scheduler) recorder() *record.Recorder {
	return &record.Recorder{Stream: s.engine, Jobs: front{s.engine}, Ledger: counted{s.Ledger, s.metrics}, Log: s.Log}
}

func (s *scheduler) walker() *timetable.Walker {
	return &timetable.Walker{
		Ledger: s.Ledger, Queue: clientQueue{s.engine, s.Ledger}, Log: s.Log, Now: time.Now, Observe: s.metrics.Slot,
	}
}

// counted counts events once they are recorded.
type counted struct {
	*ledger.Ledger
	metrics *metric.Metrics
}

// Record implements record.Ledger.
func (c counted) Record(ctx context.Context, after string, entries []events.Entry) (skipped int, err error) {
	skipped, err = c.Ledger.Record(ctx, after, entries)
	if err == nil {
		c.metrics.Recorded(entries)
	}
	return skipped, err
}

// clientQueue refuses jobs of clients that are unknown or disabled.
type clientQueue struct {
	*engine.Engine
	clients *ledger.Ledger
}

// Enqueue implements timetable.Queue. As long as no worker has announced
// anything, as in a new Redis, no task is unknown yet.
func (q clientQueue) Enqueue(ctx context.Context, r job.Request) (job.Job, error) {
	if err := q.clients.UsableClient(ctx, r.Client); err != nil {
		return job.Job{}, err
	}
	j, err := q.Engine.Enqueue(ctx, r)
	if fault.KindOf(err) != fault.Invalid {
		return j, err
	}
	if known, failed := q.Tasks(ctx); failed != nil || len(known) == 0 {
		return j, fault.New(fault.Unavailable, "No worker has announced its tasks yet.").Because(cmp.Or(failed, err))
	}
	return j, err
}
