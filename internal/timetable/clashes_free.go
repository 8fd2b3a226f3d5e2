package timetable

import (
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// Free times are looked for in steps, up to so many minutes before and after.
const (
	freeStep = 5
	freeMost = 12 * 60
)

// free returns the nearest times on the same days at which the schedule runs as
// often, and none of its jobs clashes; nil if there are none, or its times
// cannot be moved.
func (c *contest) free(runs int, rivals field) *job.FreeTimes {
	s, ok := c.subject.trigger.(cron.Schedule)
	if !ok {
		return nil
	}
	for by := freeStep; by <= freeMost; by += freeStep {
		for _, minutes := range [2]int{by, -by} {
			moved, ok := s.Shift(minutes)
			if ok && c.isFree(moved, runs, rivals) {
				return c.offer(moved)
			}
		}
	}
	return nil
}

// isFree reports whether the schedule runs as often by another trigger, and
// does not clash.
func (c *contest) isFree(trigger cron.Schedule, runs int, rivals field) bool {
	one := c.subject
	one.trigger = trigger
	at, left := cursorAt(one.times, c.from), runs
	for ; at.ok && at.due.At.Before(c.to); at.advance() {
		if at.firing().Skipped {
			continue
		}
		if left--; rivals.count(one.stint(&at.due, 0)) > 0 {
			return false
		}
	}
	return left <= 0
}

func (c *contest) offer(trigger cron.Schedule) *job.FreeTimes {
	t := c.subject.times
	t.trigger = trigger
	next, _ := firstRun(t, c.from)
	return &job.FreeTimes{Dialect: string(trigger.Dialect()), Cron: trigger.String(), Text: trigger.Describe(), Next: next}
}
