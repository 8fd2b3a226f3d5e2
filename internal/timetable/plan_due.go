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

// Slots returns the due times of s strictly after a time, in order, and within
// the days that it is for. They follow from its rule alone: it does not matter
// whether s is paused, over, or too young. calendars are those that there are,
// by name. It is an error if s can have no slots.
func Slots(s job.Schedule, calendars map[string]job.Calendar, after time.Time) (iter.Seq[Due], error) {
	times, err := readTimes(s, calendars)
	if err != nil {
		return nil, err
	}
	return times.after(after), nil
}

// times are the due times of a schedule.
type times struct {
	schedule job.Schedule
	trigger  cron.Trigger
	zone     *time.Location
	calendar job.Calendar
}

func readTimes(s job.Schedule, calendars map[string]job.Calendar) (t times, err error) {
	t.schedule = s
	if t.trigger, t.zone, err = parseTrigger(s.Dialect, s.Cron, s.Zone); err != nil {
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
	if starts := t.schedule.StartsAt; starts != nil {
		after = later(after, starts.Add(-time.Nanosecond))
	}
	return t.trigger.Next(after, t.zone)
}

func (t times) ended(due time.Time) bool {
	return t.schedule.EndsAt != nil && !due.Before(*t.schedule.EndsAt)
}

func (t times) due(at, next time.Time) Due {
	d := Due{At: at, Start: at.Add(delay(t.schedule, at, next))}
	d.Title, d.Excluded = Excluded(t.calendar, at)
	return d
}
