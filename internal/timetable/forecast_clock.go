package timetable

import (
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

// oddity says what is odd about a firing because the clock of its zone is
// changed: that its time comes twice, or not at all. What follows real time has
// nothing odd about it.
func oddity(trigger cron.Trigger, at time.Time) string {
	if e, ok := trigger.(cron.Every); ok && !e.ByDay() {
		return ""
	}
	start, end := at.ZoneBounds()
	switch {
	case !start.IsZero() && start.Equal(at):
		return afterGap(trigger, at)
	case !end.IsZero():
		return beforeOverlap(trigger, at, end)
	}
	return ""
}

// afterGap speaks of a firing at the moment at which the clock was changed, if
// its own time was left out by that.
func afterGap(trigger cron.Trigger, at time.Time) string {
	before := offset(at.Add(-time.Second))
	gap := offset(at) - before
	if gap <= 0 || fires(trigger, at, time.FixedZone("", int(offset(at)/time.Second))) {
		return ""
	}
	old := time.FixedZone("", int(before/time.Second))
	meant, ok := trigger.Next(at.Add(-time.Second), old)
	if !ok || !meant.Before(at.Add(gap)) {
		return ""
	}
	return fmt.Sprintf("the clock goes forward: %s does not exist, it runs at %s", wallTime(meant, gap), wallTime(at, gap))
}

// beforeOverlap speaks of a firing whose time comes again after the clock is
// put back at end.
func beforeOverlap(trigger cron.Trigger, at, end time.Time) string {
	overlap := offset(at) - offset(end)
	again := at.Add(overlap)
	if overlap <= 0 || again.Before(end) || fires(trigger, again, at.Location()) {
		return ""
	}
	return fmt.Sprintf("the clock goes back: %s comes twice, it runs at the first", wallTime(at, overlap))
}

func offset(at time.Time) time.Duration {
	_, seconds := at.Zone()
	return time.Duration(seconds) * time.Second
}

func fires(trigger cron.Trigger, at time.Time, zone *time.Location) bool {
	next, ok := trigger.Next(at.Add(-time.Second), zone)
	return ok && next.Equal(at)
}

// wallTime writes the local time of a day whose clock is changed by so much.
func wallTime(at time.Time, change time.Duration) string {
	switch {
	case change >= 24*time.Hour:
		return at.Format("2006-01-02 15:04")
	case at.Second() != 0:
		return at.Format(time.TimeOnly)
	}
	return at.Format("15:04")
}
