package cron

import (
	"math"
	"time"
)

// everyHour is the hour set of schedules that follow real time.
const everyHour = 1<<24 - 1

// maxShift is more than two offsets of a zone ever differ by, in seconds.
const maxShift = 48 * 60 * 60

// endOfTime is an instant after the calendar's end in every zone.
const endOfTime = (lastYear + 2 - firstYear) * 366 * secondsPerDay

// Next returns the first firing strictly after after, in zone, and false when
// there is none: the calendar runs from 1970 to 2199. Firings have no fraction
// of a second. A nil zone is UTC.
func (s Schedule) Next(after time.Time, zone *time.Location) (time.Time, bool) {
	if zone == nil {
		zone = time.UTC
	}
	at := min(max(after.Unix(), -maxShift), endOfTime) + 1
	for {
		p := periodAt(at, zone)
		wall, found := s.nextWall(s.firstWall(p, at, zone))
		if !found {
			return time.Time{}, false
		}
		if instant := max(wall-p.offset, at); instant < p.end {
			return time.Unix(instant, 0).In(zone), true
		}
		at = p.after(at, wall)
	}
}

// firstWall returns the wall second from which to look for what fires in p
// from the instant at on. For clock times, what an earlier period has shown is
// past; what no clock showed because it was put forward fires as p begins.
func (s *Schedule) firstWall(p period, at int64, zone *time.Location) int64 {
	wall := at + p.offset
	if s.hour == everyHour || at-p.start > maxShift {
		return wall
	}
	shown := p.shownBefore(zone)
	if at == p.start {
		return shown
	}
	return max(wall, shown)
}

// A period is a stretch of constant offset from UTC in a zone: the instants
// from start up to end.
type period struct{ start, end, offset int64 }

func periodAt(instant int64, zone *time.Location) period {
	t := time.Unix(instant, 0).In(zone)
	_, offset := t.Zone()
	p := period{math.MinInt64 / 2, math.MaxInt64, int64(offset)}
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		p.start = start.Unix()
	}
	if !end.IsZero() {
		p.end = end.Unix()
	}
	if p.end <= instant {
		// Years to come are read from the zone's rule, and package time lets
		// each of them end after 365 days.
		p.end += secondsPerDay
	}
	return p
}

// after returns an instant to go on from when nothing fires in p from at on,
// and no clock time from then on matches before wall. Unless p ends so soon
// that a clock put back would show times before at again, nothing fires until
// shortly before wall, whatever the offset will be.
func (p period) after(at, wall int64) int64 {
	if p.end-at <= maxShift {
		return p.end
	}
	return max(p.end, wall-p.offset-maxShift)
}

// shownBefore returns the wall second up to which clocks had run before p
// began. Almost always that is where the period before it ended; where the
// offset changed twice within hours, it may be one before that.
func (p period) shownBefore(zone *time.Location) int64 {
	shown := int64(math.MinInt64)
	for start := p.start; start > p.start-maxShift; {
		earlier := periodAt(start-1, zone)
		shown = max(shown, start+earlier.offset)
		start = earlier.start
	}
	return shown
}
