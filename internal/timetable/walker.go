package timetable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// How long a Walker rests between two looks at the timetable.
const (
	lookEvery  = 2 * time.Second        // at least, to see schedules that changed
	retryAfter = 250 * time.Millisecond // when a look failed; doubles up to lookEvery
	awayAfter  = 10 * time.Second       // a pause between looks that means that the process was frozen
)

// Ledger is where schedules and slots are kept.
type Ledger interface {
	Schedules(ctx context.Context) ([]job.Schedule, error)
	// OpenSlots returns the slots that are intended and have no outcome yet.
	OpenSlots(ctx context.Context) ([]job.Slot, error)
	// PutSlots writes slots of a schedule and that all up to decided are
	// decided, in one transaction. An outcome that is recorded stays, and so
	// does the job that a slot is intended for; decided only moves forward.
	PutSlots(ctx context.Context, schedule string, decided time.Time, slots []job.Slot) error
	// Unfinished returns the newest job of a schedule's slots that has not
	// ended as far as the ledger knows, or a fault.NotFound.
	Unfinished(ctx context.Context, schedule string) (job.Job, error)
}

// Queue is where jobs go.
type Queue interface {
	// Enqueue accepts a job once per id, and returns the job as it is when the
	// id comes again.
	Enqueue(ctx context.Context, r job.Request) (job.Job, error)
	// Job returns a job that is in flight or ended lately.
	Job(ctx context.Context, id string) (job.Job, error)
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

	since    time.Time         // nobody was watching before
	looked   time.Time         // when the last look ended
	failures int               // looks in a row that failed
	last     map[string]string // the newest job of each schedule that this walker started
	broken   map[string]string // the schedules that cannot be planned, and what was said about it
}

// Run walks until ctx is done. Nothing else ends it: while the ledger or the
// queue is away, it tries again.
func (w *Walker) Run(ctx context.Context) error {
	w.since, w.looked = w.Now(), w.Now()
	w.last, w.broken = map[string]string{}, map[string]string{}
	for ctx.Err() == nil {
		next, err := w.look(ctx)
		w.looked = w.Now()
		pause(ctx, w.rest(ctx, next, err))
	}
	return nil
}

// rest returns how long to sleep after a look, and reports when looks begin to
// fail and when they succeed again.
func (w *Walker) rest(ctx context.Context, next time.Time, err error) time.Duration {
	switch {
	case err == nil:
		if w.failures > 0 {
			w.Log.InfoContext(ctx, "the timetable is walked again", "failures", w.failures)
		}
		w.failures = 0
		if next.IsZero() {
			return lookEvery
		}
		return min(next.Sub(w.Now()), lookEvery)
	case w.failures == 0 && ctx.Err() == nil:
		w.Log.WarnContext(ctx, "the timetable cannot be walked, trying again", "err", err)
	}
	w.failures++
	return min(retryAfter<<min(w.failures-1, 8), lookEvery)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// look decides on all slots that are due and starts their jobs. It returns
// when the next slot is due; zero if there is none.
func (w *Walker) look(ctx context.Context) (next time.Time, err error) {
	w.watch()
	schedules, err := w.Ledger.Schedules(ctx)
	if err != nil {
		return next, fmt.Errorf("read schedules: %w", err)
	}
	stuck, err := w.startOpen(ctx, schedules)
	intends := false
	for _, s := range schedules {
		p, failed := w.decide(ctx, s, stuck[s.Name])
		err = errors.Join(err, failed)
		intends = intends || p.intends()
		next = sooner(next, p.next)
	}
	if intends {
		_, failed := w.startOpen(ctx, schedules)
		err = errors.Join(err, failed)
	}
	return next, err
}

// watch notes when the process was frozen or the clock was moved, so that
// slots from then are not called late but caught up.
func (w *Walker) watch() {
	now := w.Now()
	if away := now.Sub(w.looked); away > awayAfter || away < 0 {
		w.since = now
	}
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// decide writes what is to become of the slots of s that are due. The job of
// an earlier slot may be stuck on its way to the queue.
func (w *Walker) decide(ctx context.Context, s job.Schedule, stuck string) (plan, error) {
	p, ok := w.plan(ctx, s)
	if !ok || len(p.slots) == 0 {
		return p, nil
	}
	if p.intends() {
		busy, err := w.busy(ctx, s.Name, stuck)
		if err != nil {
			return plan{}, fmt.Errorf("find unfinished job of schedule %s: %w", s.Name, err)
		}
		if busy != "" {
			p.skip(busy)
		}
	}
	return p, w.record(ctx, s.Name, p.decided, p.slots...)
}

// plan plans s, unless it can have no slots. Schedules are checked when they
// are registered, so the log hears of it once.
func (w *Walker) plan(ctx context.Context, s job.Schedule) (plan, bool) {
	if s.Problem != "" {
		return plan{}, false
	}
	p, err := planFor(s, w.Now(), w.since)
	if err == nil {
		delete(w.broken, s.Name)
		return p, true
	}
	if w.broken[s.Name] != err.Error() {
		w.broken[s.Name] = err.Error()
		w.Log.WarnContext(ctx, "the schedule has no slots", "schedule", s.Name, "err", err)
	}
	return plan{}, false
}

// busy returns the job of an earlier slot that has not ended, or "". The
// ledger may be behind: a job that it does not know yet is one that this
// walker started, and one that it thinks unfinished may have ended.
func (w *Walker) busy(ctx context.Context, schedule, stuck string) (string, error) {
	if stuck != "" {
		return stuck, nil
	}
	recorded, err := w.Ledger.Unfinished(ctx, schedule)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", err
	}
	id := cmp.Or(w.last[schedule], recorded.ID)
	if id == "" {
		return "", nil
	}
	switch live, err := w.Queue.Job(ctx, id); {
	case fault.KindOf(err) == fault.NotFound:
		return recorded.ID, nil
	case err != nil:
		return "", err
	case !live.State.Final():
		return id, nil
	}
	return "", nil
}

// record writes slots and tells of those that are settled.
func (w *Walker) record(ctx context.Context, schedule string, decided time.Time, slots ...job.Slot) error {
	if err := w.Ledger.PutSlots(ctx, schedule, decided, slots); err != nil {
		return fmt.Errorf("write slots of schedule %s: %w", schedule, err)
	}
	for _, slot := range slots {
		if slot.Outcome.Final() && w.Observe != nil {
			w.Observe(slot)
		}
	}
	return nil
}
