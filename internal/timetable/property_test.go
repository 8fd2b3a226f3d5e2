package timetable_test

import (
	"context"
	"errors"
	"fmt"
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
)

// A scenario is a story of schedulers that come, go, overlap and meet errors.
type scenario struct {
	schedules []job.Schedule // without names
	paused    []int          // for so many minutes; 0: not
	starts    []int          // after so many minutes; 0: at once
	ends      []int          // after so many minutes; 0: never
	idle      time.Duration  // before the first of them
	terms     []term
	takes     time.Duration // of each job
	seed      uint64        // of the errors
	recovery  timetable.RecoveryRules
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
	schedules := rapid.SliceOfN(rapid.Custom(drawSchedule), 1, 3).Draw(t, "schedules")
	minutes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 30, 1000}), len(schedules), len(schedules))
	return scenario{
		schedules: schedules,
		paused:    minutes.Draw(t, "paused"),
		starts:    minutes.Draw(t, "starts"),
		ends:      minutes.Draw(t, "ends"),
		idle:      time.Duration(rapid.IntRange(0, 60*3600).Draw(t, "idle")) * time.Second,
		terms:     rapid.SliceOfN(terms, 1, 6).Draw(t, "terms"),
		takes:     time.Duration(rapid.SampledFrom([]int{0, 1, 30, 600, 3600}).Draw(t, "takes")) * time.Second,
		seed:      rapid.Uint64().Draw(t, "seed"),
		recovery: timetable.RecoveryRules{
			After:    time.Duration(rapid.SampledFrom([]int{0, 1, 30}).Draw(t, "recovery after")) * time.Minute,
			Approve:  rapid.SampledFrom([]int{0, 2, 1000}).Draw(t, "approve"),
			Most:     rapid.SampledFrom([]int{3, 1000}).Draw(t, "most"),
			Together: rapid.SampledFrom([]int{1, 20}).Draw(t, "together"),
		},
	}
}

func drawSchedule(t *rapid.T) job.Schedule {
	s := job.Schedule{Task: "some.task", Rule: drawRule(t)}
	if rapid.IntRange(0, 3).Draw(t, "quartz") == 0 {
		s.Dialect, s.Cron = "quartz", rapid.SampledFrom([]string{"0/20 * * * * ?", "5 0/3 * * * ?"}).Draw(t, "cron")
	} else {
		s.Cron = rapid.SampledFrom([]string{"* * * * *", "*/7 * * * *", "*/7 * * * *", "0 * * * *", "30 */5 * * *", "0 12 * * *"}).Draw(t, "cron")
	}
	return s
}

func drawRule(t *rapid.T) job.Rule {
	r := job.DefaultRule()
	seconds := func(name string, all ...int) job.Seconds {
		return job.Seconds(time.Duration(rapid.SampledFrom(all).Draw(t, name)) * time.Second)
	}
	r.Zone = rapid.SampledFrom([]string{"UTC", "America/New_York", "Asia/Kolkata"}).Draw(t, "zone")
	r.Enabled = rapid.IntRange(0, 9).Draw(t, "enabled") > 0
	r.Overlap = rapid.SampledFrom([]job.Overlap{job.OverlapSkip, job.OverlapQueueOne, job.OverlapQueueAll, job.OverlapAbort, job.OverlapAllow}).Draw(t, "overlap")
	r.CatchUp = rapid.SampledFrom([]job.CatchUp{job.CatchUpNone, job.CatchUpLatest, job.CatchUpAll}).Draw(t, "catch up")
	r.CatchUpWithin = seconds("within", 0, 60, 3600)
	r.CatchUpMost = rapid.IntRange(0, 9).Draw(t, "most")
	r.LatestStart = seconds("latest start", 0, 0, 1, 90, 3600)
	r.Jitter = seconds("jitter", 0, 0, 3, 90, 3600)
	r.JitterBy = rapid.SampledFrom([]job.JitterBy{job.JitterByName, job.JitterByChance}).Draw(t, "by")
	r.Calendar = rapid.SampledFrom([]string{"", "", "nights"}).Draw(t, "calendar")
	r.AfterElse = rapid.SampledFrom([]job.AfterElse{"", "", job.ElseSkip, job.ElseRun, job.ElseMiss}).Draw(t, "after else")
	r.AfterFor = rapid.SampledFrom([]job.AfterFor{job.AfterSlot, job.AfterDay}).Draw(t, "after for")
	r.AfterLimit = seconds("after limit", 10, 600, 7200, 30*3600)
	r.MaxRuns = rapid.SampledFrom([]int{0, 0, 0, 1, 2, 20}).Draw(t, "runs")
	return r
}

var nights = job.Calendar{Name: "nights", Title: "At night", Exclusions: []job.Exclusion{{Start: "22:00", End: "06:00"}, {Weekdays: []string{"sunday"}, Title: "On sundays"}}}

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
	q := &fakeQueue{takes: s.takes, fails: map[string]bool{"b": s.seed%2 == 0}}
	l := &fakeLedger{calendars: []job.Calendar{nights}, queue: q}
	created := time.Now()
	for i := range s.schedules {
		l.schedules = append(l.schedules, s.schedule(i, created))
	}
	time.Sleep(s.idle)
	var walkers sync.WaitGroup
	for i, term := range s.terms {
		time.Sleep(term.after)
		walkers.Go(func() { term.walk(t.Context(), s.recovery, l, q, rand.New(rand.NewPCG(s.seed, uint64(i)))) })
	}
	walkers.Wait()
	q.end()
	term{lasts: time.Minute}.walk(t.Context(), s.recovery, l, q, nil)
	s.settle(t, l)
	rules := s.recovery
	rules.Approve = 1000                                // nobody is there any more
	calm := term{lasts: 20*time.Minute + time.Second/2} // so that no slot is due as it ends
	calm.walk(t.Context(), rules, l, q, nil)
	return slices.Concat(wrongSlots(l, q), wrongJobs(l, q), wrongRecoveries(l))
}

// settle has a person approve or reject the recoveries that are held.
func (s scenario) settle(t *testing.T, l *fakeLedger) {
	book := bookOf(t, l)
	for _, r := range l.plans {
		var err error
		switch {
		case r.State != job.RecoveryHeld:
		case (s.seed/2+uint64(r.ID))%3 == 0:
			_, err = book.RejectRecovery(t.Context(), r.ID, "ada", "No.")
		default:
			_, err = book.ApproveRecovery(t.Context(), r.ID, "ada", "Yes.")
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// wrongRecoveries finds those that are not over, though nothing of them waits.
func wrongRecoveries(l *fakeLedger) (wrong []error) {
	for _, r := range l.plans {
		waits := slices.ContainsFunc(l.slots, func(s job.Slot) bool { return s.Recovery == r.ID && !s.Outcome.Final() })
		if r.Ended == nil && !waits {
			wrong = append(wrong, fmt.Errorf("recovery %d is %s, and none of its slots is open", r.ID, r.State))
		}
	}
	return wrong
}

func (s scenario) schedule(i int, now time.Time) job.Schedule {
	schedule := s.schedules[i]
	schedule.Name, schedule.Created = string(rune('a'+i)), now
	at := func(minutes int) *time.Time {
		if minutes == 0 {
			return nil
		}
		return new(now.Add(time.Duration(minutes) * time.Minute))
	}
	if schedule.AfterElse != "" && i > 0 {
		schedule.After = []string{string(rune('a' + i - 1)), "a"}[:i]
	}
	schedule.PausedUntil, schedule.StartsAt, schedule.EndsAt = at(s.paused[i]), at(s.starts[i]), at(s.ends[i])
	return schedule
}

func (tm term) walk(ctx context.Context, rules timetable.RecoveryRules, l *fakeLedger, q *fakeQueue, chance *rand.Rand) {
	ctx, cancel := context.WithTimeout(ctx, tm.lasts)
	defer cancel()
	w := timetable.Walker{Ledger: flaky{l, tm, chance}, Queue: flakyQueue{q, tm, chance}, Log: slog.New(slog.DiscardHandler), Now: time.Now, Recovery: rules}
	w.Run(ctx)
}

// wrongSlots compares the slots with the due times of the schedules.
func wrongSlots(l *fakeLedger, q *fakeQueue) (wrong []error) {
	for _, s := range l.schedules {
		slots := slices.DeleteFunc(slices.Clone(l.slots), func(slot job.Slot) bool { return slot.Schedule != s.Name })
		slices.SortFunc(slots, func(a, b job.Slot) int { return a.Due.Compare(b.Due) })
		want := dueUntilNow(s)
		if s.MaxRuns > 0 && int(s.Runs)+open(slots) >= s.MaxRuns {
			want = want[:min(len(want), len(slots))] // it is over, or will be if those run
		}
		if !slices.EqualFunc(want, slots, func(due timetable.Due, slot job.Slot) bool { return due.At.Equal(slot.Due) }) {
			wrong = append(wrong, fmt.Errorf("the slots of %s are not its due times: %d for %d", s.Name, len(slots), len(want)))
			continue
		}
		for i, slot := range slots {
			if why := wrongSlot(s, want[i], l.asApproved(slot), q); why != "" {
				wrong = append(wrong, fmt.Errorf("%s %s is %s (%s): %s", s.Name, slot.Due, slot.Outcome, slot.Reason, why))
			}
		}
		if int(s.Runs) > s.MaxRuns && s.MaxRuns > 0 {
			wrong = append(wrong, fmt.Errorf("%s had %d runs of %d", s.Name, s.Runs, s.MaxRuns))
		}
	}
	return wrong
}

// asApproved returns a slot of a recovery as if it had been decided on when that
// was approved.
func (l *fakeLedger) asApproved(slot job.Slot) job.Slot {
	for _, r := range l.plans {
		if r.ID == slot.Recovery && r.Settled != nil && r.Settled.After(slot.Decided) {
			slot.Decided = *r.Settled
		}
	}
	return slot
}

// open counts the slots that wait.
func open(slots []job.Slot) (n int) {
	for _, s := range slots {
		if !s.Outcome.Final() {
			n++
		}
	}
	return n
}

func dueUntilNow(s job.Schedule) (all []timetable.Due) {
	slots, err := timetable.Slots(s, map[string]job.Calendar{"nights": nights}, s.Created)
	if err != nil {
		panic(err)
	}
	for due := range slots {
		if due.Start.After(time.Now()) {
			break
		}
		all = append(all, due)
	}
	return all
}

func wrongSlot(s job.Schedule, due timetable.Due, slot job.Slot, q *fakeQueue) string {
	_, started := q.jobs[timetable.SlotID(s.Name, slot.Due)]
	switch {
	case !slot.Outcome.Final() && waits(s, due, slot) && !started:
		return ""
	case !slot.Outcome.Final():
		return "it is open"
	case started != slot.Outcome.Ran():
		return "its job says otherwise"
	case slot.Outcome == job.SlotExcluded && !due.Excluded, due.Excluded && slot.Outcome.Ran():
		return "its calendar says otherwise"
	case s.PausedUntil != nil && slot.Due.Before(*s.PausedUntil) && slot.Outcome.Ran(), !s.Enabled && slot.Outcome != job.SlotPaused:
		return "it was paused"
	case slot.Outcome == job.SlotRan && len(s.After) == 0 && slot.Due.Add(slot.Lag).Sub(due.Start) > 5*time.Second:
		return "it was late"
	}
	return ""
}

// waits reports whether an open slot may still wait for others, or for one of
// the same schedule that does.
func waits(s job.Schedule, due timetable.Due, slot job.Slot) bool {
	const looks = 10 * time.Second
	since := due.Start
	if slot.Decided.After(since) {
		since = slot.Decided
	}
	return len(s.After) > 0 && time.Since(since) <= time.Duration(s.AfterLimit)+looks
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

func (f flaky) Schedule(ctx context.Context, name string) (job.Schedule, error) {
	if f.term.fails(f.chance) {
		return job.Schedule{}, errDisk
	}
	return f.fakeLedger.Schedule(ctx, name)
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

func (f flaky) Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]job.Slot, error) {
	if f.term.fails(f.chance) {
		return nil, errDisk
	}
	return f.fakeLedger.Slots(ctx, schedule, from, to, limit)
}

func (f flaky) SlotStands(ctx context.Context, spans []job.SlotSpan) ([]job.SlotStand, error) {
	if f.term.fails(f.chance) {
		return nil, errDisk
	}
	return f.fakeLedger.SlotStands(ctx, spans)
}

func (f flaky) UnfinishedOf(ctx context.Context, schedules []string) (map[string]job.Job, error) {
	if f.term.fails(f.chance) {
		return nil, errDisk
	}
	return f.fakeLedger.UnfinishedOf(ctx, schedules)
}

func (f flaky) OpenRecoveries(ctx context.Context) ([]job.Recovery, error) {
	if f.term.fails(f.chance) {
		return nil, errDisk
	}
	return f.fakeLedger.OpenRecoveries(ctx)
}

func (f flaky) RecoverySteps(ctx context.Context, id int64) ([]job.SlotStand, error) {
	if f.term.fails(f.chance) {
		return nil, errDisk
	}
	return f.fakeLedger.RecoverySteps(ctx, id)
}

func (f flaky) SaveRecovery(ctx context.Context, r job.Recovery, was job.RecoveryState, order []job.Slot, settled []job.SlotBatch) error {
	if f.term.fails(f.chance) {
		return errDisk
	}
	if err := f.fakeLedger.SaveRecovery(ctx, r, was, order, settled); err != nil || !f.term.fails(f.chance) {
		return err
	}
	return errDisk // written, and the answer is lost
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
