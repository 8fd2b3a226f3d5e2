package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// A Seed fills a ledger with jobs that have ended, for looking at what many of
// them do to lists and pages. It needs no Redis. The same numbers make the same
// jobs, wherever and whenever.
type Seed struct {
	Ledger   string // postgres:// URL or path of an empty ledger
	Jobs     int
	Seed     int        // which jobs
	Progress func(Step) // hears how far it has come; may be nil
}

// Seeded is what a seed has put into a ledger, and how fast.
type Seeded struct {
	Jobs         int     `json:"jobs"`
	Attempts     int     `json:"attempts"` // of jobs that made more than one
	RecordErrors int     `json:"record_errors"`
	LogLines     int     `json:"log_lines"`
	Seconds      float64 `json:"seconds"`
	JobsASecond  float64 `json:"jobs_per_second"`
}

// jobsAtATime is how many jobs one transaction writes.
const jobsAtATime = 10000

// Run fills the ledger. One in use is refused.
func (o Seed) Run(ctx context.Context) (s Seeded, err error) {
	l, err := ledger.Open(ctx, o.Ledger)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := unused(ctx, l); err != nil {
		return s, err
	}
	began := time.Now()
	past := newPast(o.Seed, o.Jobs)
	if err := past.introduce(ctx, l); err != nil {
		return s, err
	}
	if err := l.Fill(ctx, func() error { return o.fill(ctx, l, past, &s) }); err != nil {
		return s, err
	}
	s.Seconds = time.Since(began).Seconds()
	s.JobsASecond = float64(s.Jobs) / s.Seconds
	return s, nil
}

// fill writes jobs while the next ones are made up.
func (o Seed) fill(ctx context.Context, l *ledger.Ledger, past *past, s *Seeded) error {
	batches := make(chan []ledger.EndedJob, 1)
	made, ctx := errgroup.WithContext(ctx)
	made.Go(func() error { return o.make(ctx, past, batches) })
	made.Go(func() error {
		for jobs := range batches {
			if err := write(ctx, l, jobs); err != nil {
				return err
			}
			s.count(jobs)
			o.tell(s.Jobs)
		}
		return nil
	})
	return made.Wait()
}

// make makes up all jobs, in batches.
func (o Seed) make(ctx context.Context, past *past, batches chan<- []ledger.EndedJob) error {
	defer close(batches)
	for made := 0; made < o.Jobs; made += jobsAtATime {
		select {
		case batches <- past.next(min(jobsAtATime, o.Jobs-made)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func write(ctx context.Context, l *ledger.Ledger, jobs []ledger.EndedJob) error {
	if err := l.ImportJobs(ctx, jobs); err != nil {
		return err
	}
	return l.PutManySlots(ctx, slotsOf(jobs))
}

func (o Seed) tell(done int) {
	if o.Progress != nil {
		o.Progress(Step{done + 1, o.Jobs, fmt.Sprintf("%d of %d jobs", done, o.Jobs)})
	}
}

func (s *Seeded) count(jobs []ledger.EndedJob) {
	s.Jobs += len(jobs)
	for _, j := range jobs {
		if len(j.Attempts) > 1 {
			s.Attempts += len(j.Attempts)
		}
		s.RecordErrors += len(j.Errors)
		s.LogLines += len(j.Lines)
	}
}

// slotsOf returns the slots whose jobs these are.
func slotsOf(jobs []ledger.EndedJob) (all []job.SlotBatch) {
	for _, j := range jobs {
		if j.Job.Slot != nil {
			due := *j.Job.Slot
			slot := job.Slot{Schedule: j.Job.Schedule, Due: due, Outcome: job.SlotRan, JobID: j.Job.ID, Decided: due}
			all = append(all, job.SlotBatch{Schedule: j.Job.Schedule, Decided: due, Slots: []job.Slot{slot}})
		}
	}
	return all
}

// unused refuses a ledger that others use, or have used.
func unused(ctx context.Context, l *ledger.Ledger) error {
	schedules, err := l.Schedules(ctx)
	if err != nil {
		return err
	}
	jobs, err := l.Jobs(ctx, job.Filter{Limit: 1})
	if err != nil {
		return err
	}
	if len(schedules)+len(jobs) > 0 {
		return fault.New(fault.Conflict, "The ledger is in use: name an empty one. What a benchmark leaves in it is of no use for anything else.").In("ledger")
	}
	return nil
}
