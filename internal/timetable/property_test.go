package timetable_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// A scenario is a story of schedulers that come, go, overlap and meet errors.
type scenario struct {
	crons []string
	idle  time.Duration // before the first of them
	terms []term
	takes time.Duration // of each job
	seed  uint64        // of the errors
}

// A term is the work of one walker, which begins so long after the one before.
type term struct {
	after, lasts time.Duration
	errors       int // in 100 calls
}

func drawScenario(t *rapid.T) scenario {
	terms := rapid.Custom(func(t *rapid.T) term {
		return term{
			after:  time.Duration(rapid.IntRange(0, 3*3600).Draw(t, "after")) * time.Second,
			lasts:  time.Duration(rapid.IntRange(1, 900).Draw(t, "lasts")) * time.Second,
			errors: rapid.SampledFrom([]int{0, 5, 50, 100}).Draw(t, "errors"),
		}
	})
	return scenario{
		crons: rapid.SliceOfN(rapid.SampledFrom([]string{"*/7 * * * *", "0 * * * *", "30 */5 * * *", "0 12 * * *"}), 1, 3).Draw(t, "crons"),
		idle:  time.Duration(rapid.IntRange(0, 60*3600).Draw(t, "idle")) * time.Second,
		terms: rapid.SliceOfN(terms, 1, 6).Draw(t, "terms"),
		takes: time.Duration(rapid.IntRange(0, 3600).Draw(t, "takes")) * time.Second,
		seed:  rapid.Uint64().Draw(t, "seed"),
	}
}

// Over any downtime, changes of leader and errors, each due time has exactly
// one outcome, and one job if it ran and none if it did not.
func TestEachDueTimeHasOneOutcomeAndAtMostOneJob(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScenario(rt)
		var told []error
		synctest.Test(t, func(t *testing.T) { told = s.play(t) })
		for _, err := range told {
			rt.Error(err)
		}
	})
}

// play lets the story happen, and then calm minutes, and returns what is wrong.
func (s scenario) play(t *testing.T) []error {
	l, q := &fakeLedger{}, &fakeQueue{takes: s.takes}
	for i, cron := range s.crons {
		schedule := every(cron)
		schedule.Name = string(rune('a' + i))
		l.schedules = append(l.schedules, schedule)
	}
	created := time.Now()
	time.Sleep(s.idle)
	var walkers sync.WaitGroup
	for i, term := range s.terms {
		time.Sleep(term.after)
		walkers.Go(func() { term.walk(t.Context(), l, q, rand.New(rand.NewPCG(s.seed, uint64(i)))) })
	}
	walkers.Wait()
	calm := term{lasts: 20*time.Minute + time.Second/2} // so that no slot is due as it ends
	calm.walk(t.Context(), l, q, nil)
	return append(wrongSlots(l, q, created), wrongJobs(l, q)...)
}

func (tm term) walk(ctx context.Context, l *fakeLedger, q *fakeQueue, chance *rand.Rand) {
	ctx, cancel := context.WithTimeout(ctx, tm.lasts)
	defer cancel()
	w := timetable.Walker{Ledger: flaky{l, tm, chance}, Queue: flakyQueue{q, tm, chance}, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	w.Run(ctx)
}

// wrongSlots compares the slots with the due times of the schedules.
func wrongSlots(l *fakeLedger, q *fakeQueue, created time.Time) (wrong []error) {
	for _, s := range l.schedules {
		var want, got []time.Time
		rule, _ := cron.Parse(s.Cron)
		for due, _ := rule.Next(created, time.UTC); !due.After(time.Now()); due, _ = rule.Next(due, time.UTC) {
			want = append(want, due)
		}
		for _, slot := range l.slots {
			if slot.Schedule != s.Name {
				continue
			}
			got = append(got, slot.Due)
			if _, started := q.jobs[timetable.SlotID(s.Name, slot.Due)]; !slot.Outcome.Final() || started != slot.Outcome.Ran() {
				wrong = append(wrong, errors.New(s.Name+" "+slot.Due.String()+" is "+string(slot.Outcome)))
			}
		}
		slices.SortFunc(got, time.Time.Compare)
		if !slices.EqualFunc(want, got, time.Time.Equal) {
			wrong = append(wrong, errors.New("the slots of "+s.Name+" are not its due times"))
		}
	}
	return wrong
}

// wrongJobs counts jobs that belong to no slot that ran.
func wrongJobs(l *fakeLedger, q *fakeQueue) (wrong []error) {
	ran := 0
	for _, slot := range l.slots {
		if slot.Outcome.Ran() {
			ran++
		}
	}
	if ran != len(q.requests) {
		wrong = append(wrong, errors.New("there are more jobs than slots that ran"))
	}
	return wrong
}

// flaky is the ledger as one walker meets it.
type flaky struct {
	*fakeLedger
	term   term
	chance *rand.Rand
}

// fails says whether a call goes wrong this time.
func (tm term) fails(chance *rand.Rand) bool { return chance != nil && chance.IntN(100) < tm.errors }

func (f flaky) ScheduleVersion(ctx context.Context) (int64, error) {
	if f.term.fails(f.chance) {
		return 0, errDisk
	}
	return f.fakeLedger.ScheduleVersion(ctx)
}

func (f flaky) Schedules(ctx context.Context) ([]job.Schedule, error) {
	if f.term.fails(f.chance) {
		return nil, errDisk
	}
	return f.fakeLedger.Schedules(ctx)
}

func (f flaky) OpenSlots(ctx context.Context) ([]job.Slot, error) {
	if f.term.fails(f.chance) {
		return nil, errDisk
	}
	return f.fakeLedger.OpenSlots(ctx)
}

func (f flaky) PutManySlots(ctx context.Context, batches []job.SlotBatch) error {
	if f.term.fails(f.chance) {
		return errDisk
	}
	if err := f.fakeLedger.PutManySlots(ctx, batches); err != nil || !f.term.fails(f.chance) {
		return err
	}
	return errDisk // written, and the answer is lost
}

func (f flaky) UnfinishedOf(ctx context.Context, schedules []string) (map[string]job.Job, error) {
	if f.term.fails(f.chance) {
		return nil, errDisk
	}
	return f.fakeLedger.UnfinishedOf(ctx, schedules)
}

// flakyQueue is the queue as one walker meets it.
type flakyQueue struct {
	*fakeQueue
	term   term
	chance *rand.Rand
}

func (f flakyQueue) EnqueueBatch(ctx context.Context, all []job.Request) ([]timetable.Accepted, error) {
	if f.term.fails(f.chance) {
		return nil, errAway
	}
	done, err := f.fakeQueue.EnqueueBatch(ctx, all)
	for i := range done {
		if f.term.fails(f.chance) {
			done[i] = timetable.Accepted{Err: errAway} // accepted, and the answer is lost
		}
	}
	return done, err
}

func (f flakyQueue) Jobs(ctx context.Context, ids []string) (map[string]job.Job, error) {
	if f.term.fails(f.chance) {
		return nil, errAway
	}
	return f.fakeQueue.Jobs(ctx, ids)
}

func (f flakyQueue) Abort(ctx context.Context, id, by string) (job.Job, error) {
	if f.term.fails(f.chance) {
		return job.Job{}, errAway
	}
	return f.fakeQueue.Abort(ctx, id, by)
}
