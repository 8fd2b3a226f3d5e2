package cron

import (
	"fmt"
	"math/bits"
	"strings"
)

// everySecond, everyMinute, everyDayOfMonth, everyMonth and everyDayOfWeek are
// full sets.
const (
	everySecond     = 1<<60 - 1
	everyMinute     = 1<<60 - 1
	everyDayOfMonth = 1<<32 - 2
	everyMonth      = 1<<13 - 2
	everyDayOfWeek  = 1<<7 - 1
)

// mostTimes is how many times of the day are named one by one.
const mostTimes = 6

// inRow is from how many neighbours on a list says "a to b".
const inRow = 3

// Describe says in English when s fires: "every weekday at 08:30". Schedules
// that are [Schedule.Equal] have the same text, and others have another one, so
// that [ParseEnglish] can read it back. Times are of the 24-hour clock; the end
// of "from 09:00 to 17:45" is the last firing.
func (s Schedule) Describe() string {
	s = s.normal()
	if s.month == 0 {
		return "never"
	}
	day, named := s.describeDay()
	time, clock := s.describeTime()
	text := time
	switch {
	case clock:
		text = day + " at " + time
	case day != "every day":
		text = time + " " + day
	}
	if !named && s.month != everyMonth {
		text += " in " + s.describeMonths()
	}
	if s.years != nil {
		text += " in " + s.describeYears()
	}
	return text
}

// describeTime says at which times of a day s fires, and whether that is as
// times of the clock.
func (s *Schedule) describeTime() (text string, clock bool) {
	switch often := s.describeOften(); {
	case often != "":
		return often, false
	case bits.OnesCount64(s.sec)*bits.OnesCount64(s.min)*bits.OnesCount32(s.hour) <= mostTimes:
		return s.describeClock(), true
	}
	if text = s.describeWindow(); text == "" {
		text = s.describeSets()
	}
	return text, false
}

// describeOften says how often s fires if that is the same at any time of day.
func (s *Schedule) describeOften() string {
	switch {
	case s.sec == 1 && s.min == 1 && s.hour != everyHour:
		return interval(uint64(s.hour), 24, "hour")
	case s.hour != everyHour:
		return ""
	case s.min == everyMinute && s.sec != 1:
		return interval(s.sec, 60, "second")
	case s.sec != 1:
		return ""
	case s.min == 1:
		return "every hour"
	}
	often := interval(s.min, 60, "minute")
	if often == "" && bits.OnesCount64(s.min) <= mostTimes {
		return "every hour at " + list(s.min, func(m int) string { return fmt.Sprintf(":%02d", m) }, 60)
	}
	return often
}

// describeWindow says how often s fires between two hours, or "" if it does
// not do so evenly.
func (s *Schedule) describeWindow() string {
	first, past := bits.TrailingZeros32(s.hour), bits.Len32(s.hour)
	if s.sec != 1 || bits.OnesCount32(s.hour) != past-first {
		return ""
	}
	often, last := interval(s.min, 60, "minute"), 63-bits.LeadingZeros64(s.min)
	if s.min == 1 {
		often = "every hour"
	}
	if often == "" {
		return ""
	}
	return fmt.Sprintf("%s from %02d:00 to %02d:%02d", often, first, past-1, last)
}

// interval says that set holds all multiples of a divisor of size below size,
// but more than one; else it says nothing.
func interval(set uint64, size int, unit string) string {
	n := bits.OnesCount64(set)
	switch {
	case n < 2 || size%n != 0 || set != span(0, size-1, size/n):
		return ""
	case n == size:
		return "every " + unit
	}
	return fmt.Sprintf("every %d %ss", size/n, unit)
}

// describeClock names each time of the day.
func (s *Schedule) describeClock() string {
	var times []string
	for at, ok := s.nextSecond(0); ok; at, ok = s.nextSecond(at + 1) {
		times = append(times, clockText(at, s.sec != 1))
	}
	return join(times, "and")
}

// clockText writes a second of the day as a clock shows it.
func clockText(second int, seconds bool) string {
	text := fmt.Sprintf("%02d:%02d", second/3600, second/60%60)
	if seconds {
		text += fmt.Sprintf(":%02d", second%60)
	}
	return text
}

// describeSets names what any times of the day have in common.
func (s *Schedule) describeSets() string {
	text := describeSet("minute", s.min, everyMinute) + " of " + describeSet("hour", uint64(s.hour), everyHour)
	switch s.sec {
	case 1:
		return text
	case everySecond:
		return "every second of " + text
	}
	return "at second " + list(s.sec, number10, inRow) + " of " + text
}

func describeSet(word string, set, full uint64) string {
	if set == full {
		return "every " + word
	}
	return word + " " + list(set, number10, inRow)
}

func number10(n int) string { return fmt.Sprint(n) }

// list names the members of set; so many or more in a row are "a to b".
func list(set uint64, name func(int) string, row int) string {
	return join(listItems(set, name, row), "and")
}

func listItems(set uint64, name func(int) string, row int) (items []string) {
	for n := next(set, 0); n < 64; n = next(set, n) {
		past := next(^set, n)
		if past-n >= row {
			items = append(items, name(n)+" to "+name(past-1))
			n = past
			continue
		}
		for ; n < past; n++ {
			items = append(items, name(n))
		}
	}
	return items
}

// join writes a list as people do: "a, b and c".
func join(items []string, word string) string {
	last := len(items) - 1
	if last <= 0 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:last], ", ") + " " + word + " " + items[last]
}
