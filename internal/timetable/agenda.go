package timetable

import (
	"container/heap"
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// rereadAfter is how long an agenda holds, since the time zone database of the
// machine may change without a word.
const rereadAfter = time.Hour

// An agenda is the schedules as a walker knows them, in the order in which
// they are due, so that it costs next to nothing to find that none is.
type agenda struct {
	version int64     // of the schedules in the ledger; zero: not read
	read    time.Time //
	entries map[string]*entry
	due     dues
	broken  map[string]string // the schedules that cannot be planned, and why
}

// An entry is a schedule of an agenda.
type entry struct {
	times
	next  Due    // its next slot; zero if there is none
	place int    // in dues; -1 if there is none
	last  string // the newest job that may be of one of its slots
	idle  bool   // no job of its slots is unfinished: known for certain
	met   bool   // the ledger was asked for last, or it is known better
}

// dues are entries with a next slot, the soonest first. It implements
// [heap.Interface].
type dues []*entry

func (d dues) Len() int           { return len(d) }
func (d dues) Less(i, j int) bool { return d[i].next.Start.Before(d[j].next.Start) }

func (d dues) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i, j
}

// Push implements [heap.Interface].
func (d *dues) Push(x any) {
	e := x.(*entry)
	e.place = len(*d)
	*d = append(*d, e)
}

// Pop implements [heap.Interface].
func (d *dues) Pop() any {
	e := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	e.place = -1
	return e
}

// plan sets when e is due next.
func (a *agenda) plan(e *entry, next Due) {
	e.next = next
	switch {
	case next.At.IsZero() && e.place >= 0:
		heap.Remove(&a.due, e.place)
	case next.At.IsZero():
	case e.place >= 0:
		heap.Fix(&a.due, e.place)
	default:
		heap.Push(&a.due, e)
	}
}

// soonest returns when the next slot starts; zero if there is none.
func (a *agenda) soonest() time.Time {
	if len(a.due) == 0 {
		return time.Time{}
	}
	return a.due[0].next.Start
}

// isDue reports whether a slot starts now, or did before.
func (a *agenda) isDue(now time.Time) bool {
	return len(a.due) > 0 && !a.due[0].next.Start.After(now)
}

// until returns the entries whose next slot starts by then, in no order.
func (a *agenda) until(then time.Time) iter.Seq[*entry] {
	return func(yield func(*entry) bool) { a.due.until(0, then, yield) }
}

// until goes through the heap from place i down, where all is later.
func (d dues) until(i int, then time.Time, yield func(*entry) bool) bool {
	if i >= len(d) || d[i].next.Start.After(then) {
		return true
	}
	return yield(d[i]) && d.until(2*i+1, then, yield) && d.until(2*i+2, then, yield)
}

// refresh reads the schedules again if they have changed.
func (w *Walker) refresh(ctx context.Context) error {
	version, err := w.Ledger.ScheduleVersion(ctx)
	if err != nil {
		return fmt.Errorf("read version of the schedules: %w", err)
	}
	if w.agenda.version == version && version != 0 && time.Since(w.agenda.read) < rereadAfter {
		return nil
	}
	schedules, err := w.Ledger.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("read schedules: %w", err)
	}
	calendars, err := w.Ledger.Calendars(ctx)
	if err != nil {
		return fmt.Errorf("read calendars: %w", err)
	}
	w.agenda = w.newAgenda(ctx, version, schedules, calendars)
	return nil
}

// newAgenda keeps what is known about jobs.
func (w *Walker) newAgenda(ctx context.Context, version int64, schedules []job.Schedule, calendars []job.Calendar) agenda {
	byName := map[string]job.Calendar{}
	for _, c := range calendars {
		byName[c.Name] = c
	}
	a := agenda{version: version, read: time.Now(), entries: make(map[string]*entry, len(schedules)), broken: map[string]string{}}
	zones := atlas{}
	for _, s := range schedules {
		e, decided := &entry{place: -1, last: SlotID(s.Name, s.Decided)}, time.Time{}
		old, known := w.agenda.entries[s.Name]
		if known {
			e.last, e.idle, e.met, decided = old.last, old.idle, old.met, old.Decided
		}
		a.entries[s.Name] = e
		t, err := zones.times(s, byName)
		e.times, e.Decided = t, later(t.Decided, decided) // it has not settled all that it intended
		switch {
		case s.Problem != "": // known since it was registered
		case err != nil:
			a.broken[s.Name] = err.Error()
		default:
			a.plan(e, e.upNext())
		}
		if known && w.agenda.version == version {
			w.sayMoved(ctx, old, e)
		}
	}
	w.sayBroken(ctx, a.broken)
	return a
}

// upNext returns the slot with which to go on; zero if there is none.
func (e *entry) upNext() Due {
	if e.over() {
		return Due{}
	}
	for due := range e.after(e.OpenAfter()) {
		return due
	}
	return Due{}
}

// sayMoved says that the next slot of a schedule that nobody has changed is at
// another time than was thought.
func (w *Walker) sayMoved(ctx context.Context, was, is *entry) {
	if was.Decided.Equal(is.Decided) && !was.next.At.IsZero() && !was.next.At.Equal(is.next.At) {
		w.Log.WarnContext(ctx, "the next slot has moved, by another edition of the time zone database", "schedule", is.Name,
			"zone", is.Zone, "from", was.next.At, "to", is.next.At)
	}
}

// sayBroken lets the log hear once of each schedule that has no slots.
func (w *Walker) sayBroken(ctx context.Context, broken map[string]string) {
	for name, why := range broken {
		if w.agenda.broken[name] != why {
			w.Log.WarnContext(ctx, "the schedule has no slots", "schedule", name, "err", why)
		}
	}
}
