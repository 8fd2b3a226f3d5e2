package scheduler

import (
	"cmp"
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/app/builtin"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/metric"
	"github.com/beadle-jobs/beadle/internal/notify"
	"github.com/beadle-jobs/beadle/internal/record"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// lead does what only one scheduler may do, until ctx ends with its term.
func (s *scheduler) lead(ctx context.Context) error {
	s.metrics.leads(true)
	defer s.metrics.leads(false)
	ended := make(chan []string, 64)
	recorder := s.recorder(ended)
	s.terms.begin(recorder)
	defer s.terms.end()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return recorder.Run(ctx) })
	settled := make(chan struct{})
	g.Go(func() error { return s.walker(ended, func() { close(settled) }).Run(ctx) })
	g.Go(func() error { return s.warden().Run(ctx) })
	g.Go(func() error { return s.registrar().run(ctx, settled) })
	g.Go(func() error { return s.sayRetention(ctx) })
	g.Go(func() error { return publisher{"limits", s.limits(), s.Log}.run(ctx) })
	g.Go(func() error { return publisher{"pauses", s.queues(), s.Log}.run(ctx) })
	g.Go(func() error { return engine.NewSweeper(s.engine).Run(ctx) })
	g.Go(func() error { return s.desk().Run(ctx) })
	return g.Wait()
}

// sayRetention tells the ledger, once in a term, what the settings say of
// retention. What cannot be written is tried again.
func (s *scheduler) sayRetention(ctx context.Context) error {
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	for ; ctx.Err() == nil; wait(ctx, tick) {
		err := s.Ledger.SetRetentionBase(ctx, s.Settings.Retention.Base())
		if err == nil {
			return nil
		}
		s.Log.Warn("the ledger does not know yet how long things are kept", "err", err)
	}
	return nil
}

// desk returns what decides who is told of jobs.
func (s *scheduler) desk() *notify.Desk {
	return &notify.Desk{
		Ledger: s.Ledger, People: s.Ledger, Queue: s.engine, PerHour: s.Settings.Notify.PerHour, Syncs: builtin.Syncs(s.Settings), Now: time.Now, Log: s.Log,
	}
}

// recorder returns a recorder that tells of jobs that have ended.
func (s *scheduler) recorder(ended chan<- []string) *record.Recorder {
	return &record.Recorder{Stream: s.engine, Jobs: front{s.engine}, Ledger: counted{s.Ledger, s.metrics.jobs, ended}, Log: s.Log}
}

// walker returns a walker that is woken by jobs that have ended, and says when
// it has decided on all that was due before.
func (s *scheduler) walker(ended <-chan []string, settled func()) *timetable.Walker {
	return &timetable.Walker{
		Ledger: s.Ledger, Queue: clientQueue{s.engine, s.Ledger}, Log: s.Log, Now: time.Now,
		Observe: s.metrics.slots.Slot, Alarm: s.metrics.slots.Alarm, Wake: ended, Settled: settled, Recovery: timetable.RecoveryRules(s.Settings.Recovery),
	}
}

// warden returns what looks after the jobs of slots.
func (s *scheduler) warden() *timetable.Warden {
	return &timetable.Warden{Ledger: s.Ledger, Queue: clientQueue{s.engine, s.Ledger}, Log: s.Log, Now: time.Now}
}

// counted counts events once they are recorded, and tells when jobs have ended
// by them.
type counted struct {
	*ledger.Ledger
	jobs  *metric.Jobs
	ended chan<- []string // by their ids
}

// Record implements record.Ledger.
func (c counted) Record(ctx context.Context, after string, entries []events.Entry) (skipped int, err error) {
	steps, skipped, err := c.RecordSteps(ctx, after, entries)
	if err != nil {
		return skipped, err
	}
	c.jobs.Recorded(steps)
	if ids := events.Ended(entries); len(ids) > 0 {
		select {
		case c.ended <- ids:
		default: // it looks by itself soon
		}
	}
	return skipped, nil
}

// clientQueue refuses jobs of clients that are unknown or disabled.
type clientQueue struct {
	*engine.Engine
	clients *ledger.Ledger
}

// EnqueueBatch implements timetable.Queue. As long as no worker has announced
// anything, as in a new Redis, no task is unknown yet.
func (q clientQueue) EnqueueBatch(ctx context.Context, all []job.Request) ([]timetable.Accepted, error) {
	done, usable := make([]timetable.Accepted, len(all)), map[string]error{}
	var wanted []job.Request
	var places []int
	for i, r := range all {
		if _, known := usable[r.Client]; !known {
			usable[r.Client] = q.clients.UsableClient(ctx, r.Client)
		}
		if done[i].Err = usable[r.Client]; done[i].Err == nil {
			wanted, places = append(wanted, r), append(places, i)
		}
	}
	accepted, err := q.Engine.EnqueueBatch(ctx, wanted)
	if err != nil {
		return nil, err
	}
	refusal := sync.OnceValue(func() error { return q.unannounced(ctx) })
	for i, a := range accepted {
		if fault.KindOf(a.Err) == fault.Invalid {
			a.Err = cmp.Or(refusal(), a.Err)
		}
		done[places[i]] = timetable.Accepted{Job: a.Job, Err: a.Err}
	}
	return done, nil
}

// unannounced says why a task may be unknown that is not: no worker has
// announced any. It is nil if one has.
func (q clientQueue) unannounced(ctx context.Context) error {
	known, err := q.Tasks(ctx)
	if err == nil && len(known) > 0 {
		return nil
	}
	return fault.New(fault.Unavailable, "No worker has announced its tasks yet.").Because(err)
}
