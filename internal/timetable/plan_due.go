package timetable

import (
	"iter"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// A Due is a due time of a schedule.
type Due struct {
	At       time.Time // in the zone of the schedule
	Start    time.Time // when its job starts, which jitter makes later
	Excluded bool      // the schedule's calendar leaves it out
	Title    string    // of what leaves it out
}

// Slots returns the due times of s strictly after a time, in order, from when
// it starts to when it ends. They follow from its rule alone: it does not
// matter whether s is paused, had all its runs, or is younger. calendars are
// those that there are, by name. It is an error if s can have no slots.
func Slots(s job.Schedule, calendars map[string]job.Calendar, after time.Time) (iter.Seq[Due], error) {
	t, err := atlas{}.times(s, calendars)
	if err != nil {
		return nil, err
	}
	return t.after(after), nil
}

// An atlas holds zones that were read, since reading one takes a while.
type atlas map[string]*time.Location

func (a atlas) zone(name string) (*time.Location, error) {
	if zone, ok := a[name]; ok {
		return zone, nil
	}
	zone, err := cron.Zone(name)
	if err == nil {
		a[name] = zone
	}
	return zone, err
}

// times are the due times of a schedule.
type times struct {
	job.Schedule
	trigger  cron.Trigger
	zone     *time.Location
	calendar job.Calendar
}

func (a atlas) times(s job.Schedule, calendars map[string]job.Calendar) (t times, err error) {
	t.Schedule = s
	if t.trigger, err = cron.ParseDialect(cron.Dialect(s.Dialect), s.Cron); err != nil {
		return t, err
	}
	if t.zone, err = a.zone(s.Zone); err != nil {
		return t, err
	}
	calendar, ok := calendars[s.Calendar]
	if s.Calendar != "" && !ok {
		return t, fault.New(fault.NotFound, "There is no calendar %q.", s.Calendar).In("calendar")
	}
	t.calendar = calendar
	return t, nil
}

// after returns the due times strictly after a time.
func (t times) after(after time.Time) iter.Seq[Due] {
	return func(yield func(Due) bool) {
		due, ok := t.first(after)
		for ok && !t.ended(due) {
			next, more := t.trigger.Next(due, t.zone)
			if !yield(t.due(due, next)) {
				return
			}
			due, ok = next, more
		}
	}
}

// first returns the first due time strictly after a time, and not before the
// schedule starts.
func (t times) first(after time.Time) (time.Time, bool) {
	if t.StartsAt != nil {
		after = later(after, t.StartsAt.Add(-time.Nanosecond))
	}
	return t.trigger.Next(after, t.zone)
}

// latest returns the last due time before a time, whether or not the schedule
// has begun; zero if there is none for years.
func (t times) latest(before time.Time) time.Time {
	const years = 9 * 366 * 24 * time.Hour
	far := time.Second
	for !t.comes(before.Add(-far), before) {
		if far *= 2; far > years {
			return time.Time{}
		}
	}
	for near := far / 2; far-near > time.Second; {
		if mid := (near + far) / 2; t.comes(before.Add(-mid), before) {
			far = mid
		} else {
			near = mid
		}
	}
	at, _ := t.trigger.Next(before.Add(-far), t.zone)
	for next, ok := at, true; ok && next.Before(before); next, ok = t.trigger.Next(at, t.zone) {
		at = next
	}
	return at
}

// comes reports whether a time strictly between two is due.
func (t times) comes(after, before time.Time) bool {
	due, ok := t.trigger.Next(after, t.zone)
	return ok && due.Before(before)
}

func (t times) ended(due time.Time) bool {
	return t.EndsAt != nil && !due.Before(*t.EndsAt)
}

// due returns the slot at a time, which next follows unless that is zero.
func (t times) due(at, next time.Time) Due {
	d := Due{At: at, Start: at.Add(delay(t.Schedule, at, next))}
	d.Title, d.Excluded = Excluded(t.calendar, at)
	return d
}

// start returns when the job of a slot starts. It may be one from before the
// times of the schedule made no sense any more.
func (t times) start(due time.Time) time.Time {
	if t.trigger == nil || t.zone == nil {
		return due
	}
	next, _ := t.trigger.Next(due, t.zone)
	return due.Add(delay(t.Schedule, due, next))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
