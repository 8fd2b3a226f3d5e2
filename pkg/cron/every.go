package cron

import (
	"fmt"
	"time"
)

// An Every is an interval and the local time that it counts from: "90 minutes
// from 2026-01-05 08:00". The first firing is that time itself. Seconds,
// minutes and hours are of real time, whatever the clocks do; days and weeks
// are days of the calendar, at the same time of the day, and follow the rules
// for changes of clock. An Every does not change. The zero Every never fires.
type Every struct {
	text     string
	calendar bool  // step is in days of the calendar, else in seconds of real time
	step     int64 // from one firing to the next
	from     int64 // the wall second of the first
}

// ParseEvery reads an interval: a number of seconds, minutes, hours, days or
// weeks, and from which local time on. Its errors are of type [*Error].
func ParseEvery(text string) (Every, error) {
	e, err := parseEvery(text)
	if err != nil {
		return Every{}, err
	}
	return e, nil
}

// Next returns the first firing strictly after after, in zone, and false when
// there is none: the calendar ends with 2199. A nil zone is UTC.
func (e Every) Next(after time.Time, zone *time.Location) (time.Time, bool) {
	if e.step == 0 {
		return time.Time{}, false
	}
	if zone == nil {
		zone = time.UTC
	}
	past := min(max(after.Unix(), -maxShift), endOfTime)
	next := e.nextElapsed
	if e.calendar {
		next = e.nextDay
	}
	at := time.Unix(next(past, zone), 0).In(zone)
	return at, at.Year() <= lastYear
}

// nextElapsed counts real time from the instant of the first firing.
func (e Every) nextElapsed(past int64, zone *time.Location) int64 {
	first := instantOf(e.from, zone)
	if past < first {
		return first
	}
	return first + ((past-first)/e.step+1)*e.step
}

// nextDay counts days of the calendar from the first firing's. Since clocks
// differ by less than two days from UTC, it need not begin with the first.
func (e Every) nextDay(past int64, zone *time.Location) int64 {
	step := e.step * secondsPerDay
	wall := e.from + max(0, (past-maxShift-e.from)/step)*step
	for instantOf(wall, zone) <= past {
		wall += step
	}
	return instantOf(wall, zone)
}

// instantOf returns the first instant at which the clock of zone shows wall, or
// a later time because it was put forward.
func instantOf(wall int64, zone *time.Location) int64 {
	for at := wall - maxShift; ; {
		p := periodAt(at, zone)
		if instant := max(wall-p.offset, at); instant < p.end {
			return instant
		}
		at = p.end
	}
}

// Describe says in English when e fires: "every 90 minutes from 2026-01-05
// 08:00". Intervals that fire at the same times by the same rule have the same
// text, and [ParseEvery] reads it.
func (e Every) Describe() string {
	if e.step == 0 {
		return "never"
	}
	n, unit := e.step, "second"
	for _, u := range units {
		if u.calendar == e.calendar && e.step%u.size == 0 {
			n, unit = e.step/u.size, u.name
			break
		}
	}
	if n == 1 {
		return "every " + unit + " from " + wallText(e.from)
	}
	return fmt.Sprintf("every %d %ss from %s", n, unit, wallText(e.from))
}

// String returns the interval as it was written.
func (e Every) String() string { return e.text }

// Dialect returns Intervals.
func (e Every) Dialect() Dialect { return Intervals }

// ByDay reports whether e counts days of the calendar, and not real time.
func (e Every) ByDay() bool { return e.calendar }

// Equal reports whether e and o fire at the same times by the same rule: 24
// hours are not a day.
func (e Every) Equal(o Every) bool {
	e.text, o.text = "", ""
	return e == o
}

// wallText writes a local time, with seconds if it has any.
func wallText(wall int64) string {
	layout := "2006-01-02 15:04:05"
	if wall%60 == 0 {
		layout = "2006-01-02 15:04"
	}
	return time.Unix(wall, 0).UTC().Format(layout)
}
