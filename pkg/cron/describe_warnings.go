package cron

import (
	"fmt"
	"time"
)

// secondsPerYear is how far ahead changes of clock are looked for.
const secondsPerYear = 366 * secondsPerDay

// Warnings says, in a sentence each, where s may do another thing than people
// expect: it skips months that have no such day; or, in the year from after on,
// the clock of zone skips one of its times or shows it twice. A nil zone is UTC.
func (s Schedule) Warnings(zone *time.Location, after time.Time) []string {
	if s = s.normal(); s.month == 0 {
		return nil
	}
	all := s.skippedDays()
	if zone == nil || s.hour == everyHour {
		return all
	}
	return append(all, s.clockChanges(zone, after)...)
}

// skippedDays says which months have no day that s names.
func (s *Schedule) skippedDays() (all []string) {
	if s.dom != everyDayOfMonth {
		for day := range members((s.dom | s.near) >> 29 << 29) {
			instead := "the last day"
			if s.dom>>day&1 == 0 {
				instead = "the last weekday"
			}
			all = s.skips(all, fmt.Sprintf("day %d", day), day, instead)
		}
		for n := range members((s.back | s.nearBack) >> 28 << 28) {
			all = s.skips(all, "day "+beforeLast(n), n+1, "day 1")
		}
	}
	for day, ks := range s.nth {
		if ks>>5&1 == 1 {
			all = append(all, fmt.Sprintf("most months have no fifth %[1]s: it does not run then; \"the last %[1]s\" runs in every month", weekdayWords[day]))
		}
	}
	return all
}

// skips adds which months are too short for a day.
func (s *Schedule) skips(all []string, day string, length int, instead string) []string {
	var short uint16
	for month := range members(uint32(s.month)) {
		if daysIn(2027, month) < length {
			short |= 1 << month
		}
	}
	if short == 0 {
		return all
	}
	have, except := "has", ""
	if short&(short-1) != 0 {
		have = "have"
	}
	if length == 29 {
		except = ", except in leap years"
	}
	months := Schedule{month: short}
	return append(all, fmt.Sprintf("%s %s no %s%s: it does not run then; %q runs in every month", months.describeMonths(), have, day, except, instead))
}

// clockChanges says what becomes of clock times in the zone's next gap, and of
// those in its next overlap, of which s has some.
func (s *Schedule) clockChanges(zone *time.Location, after time.Time) (all []string) {
	var gap, overlap bool
	from := min(max(after.Unix(), 0), endOfTime)
	for p := periodAt(from, zone); p.end-from < secondsPerYear; {
		later := periodAt(p.end, zone)
		shown, shows := p.end+p.offset, p.end+later.offset
		if !gap && shown < shows {
			if text := s.inGap(shown, shows, zone); text != "" {
				gap, all = true, append(all, text)
			}
		}
		if !overlap && shows < shown {
			if text := s.inOverlap(shows, shown, zone); text != "" {
				overlap, all = true, append(all, text)
			}
		}
		p = later
	}
	return all
}

// inGap says what becomes of the times from the wall second from up to to,
// which the clock skips.
func (s *Schedule) inGap(from, to int64, zone *time.Location) string {
	times, many := s.timesIn(from, to)
	day, second := dateOf(to)
	runs := clockText(second, second%60 != 0)
	if first, _ := dateOf(from); first != day {
		runs = fmt.Sprintf("%s on %s", runs, day)
	}
	switch {
	case times == "":
		return ""
	case many:
		return fmt.Sprintf("%s do not exist in %s: they run once, at %s", times, zone, runs)
	}
	return fmt.Sprintf("%s does not exist in %s: it runs at %s", times, zone, runs)
}

// inOverlap says what becomes of times that the clock shows twice.
func (s *Schedule) inOverlap(from, to int64, zone *time.Location) string {
	times, many := s.timesIn(from, to)
	switch {
	case times == "":
		return ""
	case many:
		return fmt.Sprintf("%s come twice in %s: they run the first time only", times, zone)
	}
	return fmt.Sprintf("%s comes twice in %s: it runs the first time only", times, zone)
}

// timesIn names the firings from the wall second from up to to.
func (s *Schedule) timesIn(from, to int64) (text string, many bool) {
	first, found := s.nextWall(from)
	if !found || first >= to {
		return "", false
	}
	last := first
	for at, more := s.nextWall(first + 1); more && at < to; at, more = s.nextWall(at + 1) {
		last, many = at, true
	}
	day, second := dateOf(first)
	text = fmt.Sprintf("on %s %s", day, clockText(second, s.sec != 1))
	if many {
		_, second = dateOf(last)
		text += " to " + clockText(second, s.sec != 1)
	}
	return text, many
}

// String writes d as 2026-01-05.
func (d date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day) }
