package timetable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// How long a Walker rests between two looks at the timetable, and how much it
// does in one step.
const (
	lookEvery  = 2 * time.Second        // at least, to see schedules that changed
	retryAfter = 250 * time.Millisecond // when a look failed, or slots wait; doubles up to lookEvery
	wokenAfter = 50 * time.Millisecond  // the end of a job, for others may end with it
	firstSlots = 1000                   // are decided and started in the first step of a look; twice as many in the next
	mostSlots  = 2000                   // are decided and started in one step
)

// Ledger is where schedules and slots are kept.
type Ledger interface {
	// ScheduleVersion returns a number that grows when people or declarations
	// change a schedule or a calendar. What becomes of slots is no change.
	ScheduleVersion(ctx context.Context) (int64, error)
	Schedules(ctx context.Context) ([]job.Schedule, error)
	Schedule(ctx context.Context, name string) (job.Schedule, error)
	Calendars(ctx context.Context) ([]job.Calendar, error)
	// OpenSlots returns the slots that are intended and have no outcome yet,
	// the oldest first.
	OpenSlots(ctx context.Context) ([]job.Slot, error)
	// PutManySlots writes slots of schedules, each schedule with the time up to
	// which all of its slots are decided, in one transaction. An outcome that
	// is recorded stays, and so does the job that a slot is intended for; the
	// time only moves forward.
	PutManySlots(ctx context.Context, batches []job.SlotBatch) error
	// UnfinishedOf returns, of each schedule that has any, the newest job of
	// its slots that has not ended as far as the ledger knows.
	UnfinishedOf(ctx context.Context, schedules []string) (map[string]job.Job, error)
	// Slots returns the newest slots that were due in [from, to); a zero to
	// means no end.
	Slots(ctx context.Context, schedule string, from, to time.Time, limit int) ([]job.Slot, error)
	// SlotStands returns the slots that are asked for, in that order, with how
	// their jobs stand; zero where there is none.
	SlotStands(ctx context.Context, spans []job.SlotSpan) ([]job.SlotStand, error)
	// Job returns a recorded job, or a fault.NotFound.
	Job(ctx context.Context, id string) (job.Job, error)
	RecoveryLedger
}

// Queue is where jobs go.
type Queue interface {
	// EnqueueBatch accepts jobs, each once per id, and returns what became of
	// each, in order: the job as it is when the id comes again.
	EnqueueBatch(ctx context.Context, all []job.Request) ([]Accepted, error)
	// Jobs returns those of ids that are in flight or ended lately.
	Jobs(ctx context.Context, ids []string) (map[string]job.Job, error)
	// Abort tells a job to stop.
	Abort(ctx context.Context, id, by string) (job.Job, error)
}

// An Accepted is what became of one request of many.
type Accepted struct {
	Job job.Job // if Err is nil
	Err error
}

// A Walker walks the timetable: it starts the job of each slot when it is due
// and records what became of the slot. One is meant to run in the whole
// installation; while a change of leader lets two overlap, they agree.
type Walker struct {
	Ledger  Ledger
	Queue   Queue
	Log     *slog.Logger
	Now     func() time.Time    // time.Now, unless a test says otherwise
	Observe func(slot job.Slot) // told of each outcome; may be nil
	Alarm   func(slot job.Slot) // told once of each slot that is missed, or open for a minute after its time; may be nil

	// Recovery is how slots recover that went by while nobody was watching;
	// zero: each schedule catches up by itself.
	Recovery RecoveryRules

	// Settled is told once that all is decided that was due before the walker
	// began; may be nil.
	Settled func()

	// Wake tells the ids of jobs that have ended, so that slots which wait for
	// them start at once; may be nil.
	Wake <-chan []string

	agenda   agenda
	vigil    vigil
	recovery convalescence
	open     []job.Slot            // slots that are intended and have not started, the oldest first
	waiting  map[string][]job.Slot // the same, by schedule
	behind   map[string]string     // the job that the job of a slot waits for, by ids
	aborted  map[string]bool       // jobs that were told to stop
	rulings  map[string]ruling     // on the slots that come after others, by the ids of their jobs
	awaited  map[string]bool       // jobs for whose end they wait
	alarmed  map[string]bool       // jobs of slots that are late, and known to be
	portion  int                   // how many slots are decided and started in the next step
	more     bool                  // the last look ended with something left to do at once
	failures int                   // looks in a row that failed
	idle     int                   // looks in a row at which slots waited and none started
}

// Run walks until ctx is done. Nothing else ends it: while the ledger or the
// queue is away, it tries again.
func (w *Walker) Run(ctx context.Context) error {
	w.vigil = startVigil(w.Now())
	w.agenda, w.recovery = agenda{}, convalescence{}
	w.behind, w.aborted, w.alarmed = map[string]string{}, map[string]bool{}, map[string]bool{}
	for ctx.Err() == nil {
		err := w.look(ctx)
		w.sayLate(ctx)
		rest := w.rest(ctx, err)
		w.vigil.rest(w.Now(), rest)
		w.pause(ctx, rest)
	}
	return nil
}

// rest returns how long to sleep after a look, and reports when looks begin to
// fail and when they succeed again.
func (w *Walker) rest(ctx context.Context, err error) time.Duration {
	switch {
	case err == nil:
		if w.failures > 0 {
			w.Log.InfoContext(ctx, "the timetable is walked again", "failures", w.failures)
		}
		w.failures = 0
		return w.untilNext()
	case w.failures == 0 && ctx.Err() == nil:
		w.Log.WarnContext(ctx, "the timetable cannot be walked, trying again", "err", err)
	}
	w.failures++
	return slower(w.failures - 1)
}

// untilNext returns how long nothing is to be done.
func (w *Walker) untilNext() time.Duration {
	rest := lookEvery
	if w.more {
		return 0
	}
	if len(w.open) > 0 {
		rest = slower(w.idle - 1)
	}
	if next := w.agenda.soonest(); !next.IsZero() {
		rest = min(rest, max(next.Sub(w.Now()), 0))
	}
	return rest
}

// slower returns how long to rest before the n-th try again.
func slower(n int) time.Duration { return min(retryAfter<<max(min(n, 8), 0), lookEvery) }

// pause waits for so long, or until a job ends for which slots wait.
func (w *Walker) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case ended := <-w.Wake:
			if slices.ContainsFunc(ended, func(id string) bool { return w.awaited[id] }) {
				pause(ctx, min(wokenAfter, d))
				return
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// look decides on all slots that are due and starts their jobs, a portion at a
// time.
func (w *Walker) look(ctx context.Context) error {
	w.watch(ctx)
	if err := w.refresh(ctx); err != nil {
		return err
	}
	if err := w.recall(ctx); err != nil {
		return err
	}
	w.idle++
	if !w.more {
		w.portion = firstSlots
	}
	w.more = true
	for began := time.Now(); w.more && time.Since(began) < lookEvery; {
		open, err := w.Ledger.OpenSlots(ctx)
		if err != nil {
			return fmt.Errorf("read open slots: %w", err)
		}
		settled, err := w.startOpen(ctx, open)
		if len(settled) > 0 {
			w.idle = 0
		}
		var failed error
		if w.more, failed = w.decide(ctx, settled); err != nil || failed != nil {
			return errors.Join(err, failed)
		}
		w.portion = min(2*w.portion, mostSlots)
	}
	if next := w.agenda.soonest(); next.IsZero() || !next.Before(w.vigil.since) {
		if err := w.caughtUp(ctx); err != nil {
			return err
		}
	}
	return w.foresee(ctx)
}

// caughtUp does what is to be done once all is decided that was due before
// somebody was watching.
func (w *Walker) caughtUp(ctx context.Context) error {
	if err := w.complete(ctx); err != nil {
		return err
	}
	if w.Settled != nil {
		w.Settled()
		w.Settled = nil
	}
	return nil
}

// decide writes what is to become of a portion of the slots that are due,
// along with the slots that are settled. It reports whether there is more to
// do at once.
func (w *Walker) decide(ctx context.Context, settled []job.Slot) (more bool, err error) {
	now, page := w.Now(), newPage(settled)
	for page.slots < w.portion && w.agenda.isDue(now) {
		e := w.agenda.due[0]
		w.agenda.plan(e, Due{})
		p, err := w.planOf(ctx, e, now)
		if err != nil {
			w.agenda.version = 0
			return false, err
		}
		page.add(e, p)
	}
	if err := w.record(ctx, page); err != nil {
		w.agenda.version = 0 // what is written is not known
		return false, err
	}
	return page.intended > 0 || len(settled) > 0 || w.agenda.isDue(now), nil
}

// planOf plans e. How many runs it had, and may yet have in recoveries, is known
// for certain only to the ledger, where it matters.
func (w *Walker) planOf(ctx context.Context, e *entry, now time.Time) (plan, error) {
	v := w.viewOf(e, now)
	if e.MaxRuns > 0 {
		recorded, err := w.Ledger.Schedule(ctx, e.Name)
		if err != nil {
			return plan{}, fmt.Errorf("read runs of schedule %s: %w", e.Name, err)
		}
		e.Runs = max(e.Runs, recorded.Runs)
		more, err := w.promised(ctx, e.Name)
		if err != nil {
			return plan{}, err
		}
		v.promised += more
	}
	p := planFor(e.times, v)
	p.slots = slices.DeleteFunc(p.slots, func(s job.Slot) bool { return isWaiting(w.waiting[e.Name], s.Due) })
	w.announce(e, p)
	return p, nil
}

// isWaiting reports whether the slot of a time is intended already: by a walker
// before this one, which did not settle it.
func isWaiting(waiting []job.Slot, due time.Time) bool {
	return slices.ContainsFunc(waiting, func(s job.Slot) bool { return s.Due.Equal(due) })
}

func (w *Walker) viewOf(e *entry, now time.Time) view {
	v := view{now: now, since: w.vigil.since, recovery: w.recoveryInTheMaking()}
	for _, slot := range w.waiting[e.Name] {
		if slot.Recovery == 0 {
			v.waiting = append(v.waiting, slot)
		} else {
			v.promised++
		}
	}
	return v
}

// record writes a page and tells of the slots that are settled by it.
func (w *Walker) record(ctx context.Context, page *page) error {
	if len(page.batches) > 0 {
		if err := w.Ledger.PutManySlots(ctx, page.list()); err != nil {
			return fmt.Errorf("write slots: %w", err)
		}
	}
	for e, p := range page.plans {
		e.Decided = later(e.Decided, p.decided)
		w.agenda.plan(e, p.next)
	}
	for _, batch := range page.batches {
		w.tell(ctx, batch.Slots)
		if e, ok := w.agenda.entries[batch.Schedule]; ok && e.MaxRuns > 0 {
			w.agenda.plan(e, e.upNext()) // a slot that did not run makes room for another
		}
	}
	return nil
}
