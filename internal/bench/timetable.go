package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A Timetable measures schedules that are all due in the same second, and what
// the process costs while the same schedules are not due for a year.
type Timetable struct {
	Schedules   int
	Quiet       time.Duration // how long to watch while nothing is due; 0: not at all
	Ledger      string        // postgres:// URL or path of an empty ledger; empty: a SQLite file of the bed's own
	Concurrency int
}

// The figures of a timetable.
const (
	firstJobs  = "due to enqueued, of the first 1,000"
	allJobs    = "due to enqueued, all"
	allSettled = "due to recorded, all"
	missed     = "missed"
	doubled    = "doubled"
	quietSelf  = "cpu while nothing is due, process"
	quietRedis = "cpu while nothing is due, redis"
)

// early is how many of the jobs that come first are looked at by themselves.
const early = 1000

// Timetable measures both, with the scheduler's parts and a worker in this
// process. A schedule whose slot is missed, or runs twice, is an error.
func (b *Bed) Timetable(ctx context.Context, o Timetable) (Report, error) {
	setting := fmt.Sprintf("%d schedules due in the same second, a worker whose task does nothing, concurrency %d; then nothing due for %s",
		o.Schedules, o.Concurrency, o.Quiet)
	return b.measured(ctx, "timetable", setting, []string{ours}, func(r *Report) (err error) {
		p, err := b.platformOn(ctx, b.url, o.ledger(b))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.close()) }()
		if err := unused(ctx, p.ledger); err != nil {
			return err
		}
		if err := p.rushHour(ctx, r, o); err != nil {
			return err
		}
		return p.quiet(ctx, r, o)
	})
}

func (o Timetable) ledger(b *Bed) string {
	if o.Ledger != "" {
		return o.Ledger
	}
	return b.nextLedger()
}

// rushHour lets all schedules be due at once and adds how it went.
func (p *platform) rushHour(ctx context.Context, r *Report, o Timetable) error {
	h := newRush(p, o)
	if err := p.introduce(ctx, h.task()); err != nil {
		return err
	}
	p.bed.tell(Step{0, 1, fmt.Sprintf("%d schedules are registered", o.Schedules)})
	if err := p.register(ctx, h.due, o.Schedules); err != nil {
		return err
	}
	if time.Until(h.due) < settling {
		return fmt.Errorf("it took more than %s to register %d schedules: measure fewer", registering(o.Schedules)-settling, o.Schedules)
	}
	p.bed.tell(Step{0, 1, "all are due at " + h.due.Format(time.TimeOnly)})
	p.work(ctx, engine.WorkerOptions{Concurrency: o.Concurrency}, h.task())
	p.run(ctx, h.walker().Run)
	if err := h.over(ctx); err != nil {
		return err
	}
	return h.report(r)
}

// registering bounds how long it takes to register schedules, with time to
// spare for a walker to read them.
func registering(schedules int) time.Duration {
	return settling + 2*time.Second + time.Duration(schedules)*2*time.Millisecond
}

// register puts schedules into the ledger that are due then, and every year.
func (p *platform) register(ctx context.Context, due time.Time, n int) error {
	created := time.Now().UTC()
	rule := job.DefaultRule()
	rule.Dialect = "quartz"
	rule.Cron = due.UTC().Format("5 4 15 2 1 ?")
	for from := 0; from < n; from += batch {
		var some []job.Schedule
		for i := from; i < min(from+batch, n); i++ {
			rule.Args = payload(i, payloadSize)
			some = append(some, job.Schedule{
				Name: taskName + ":" + strconv.Itoa(i), Task: taskName, Rule: rule, Base: rule, Declared: true, Created: created,
			})
		}
		if err := p.ledger.PutSchedules(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// quiet adds what the process takes while nothing is due.
func (p *platform) quiet(ctx context.Context, r *Report, o Timetable) error {
	if o.Quiet == 0 {
		return nil
	}
	if err := errors.Join(p.settled(ctx), p.caughtUp(ctx)); err != nil {
		return err
	}
	runtime.GC()
	if err := sleep(ctx, settling); err != nil {
		return err
	}
	p.bed.tell(Step{0, 1, fmt.Sprintf("nothing is due for %s", o.Quiet)})
	before, err := p.bed.cpu(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := sleep(ctx, o.Quiet); err != nil {
		return err
	}
	after, err := p.bed.cpu(ctx)
	share := func(used time.Duration) float64 { return 100 * float64(used) / float64(time.Since(began)) }
	r.add(quietSelf, "% of a core", ours, share(after.self-before.self))
	r.add(quietRedis, "% of a core", ours, share(after.redis-before.redis))
	return err
}
