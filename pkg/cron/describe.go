package cron

import (
	"fmt"
	"math/bits"
	"strings"
)

// everyMinute, everyDayOfMonth, everyMonth and everyDayOfWeek are full sets.
const (
	everyMinute     = 1<<60 - 1
	everyDayOfMonth = 1<<32 - 2
	everyMonth      = 1<<13 - 2
	everyDayOfWeek  = 1<<7 - 1
)

// mostTimes is how many times of the day are named one by one.
const mostTimes = 6

// Describe says in English when s fires: "every weekday at 08:30". Schedules
// that fire at the same times by the same rule have the same text, however
// they are spelled, and others have another one. Times are of the 24-hour
// clock; the end of "from 09:00 to 17:45" is the last firing.
func (s Schedule) Describe() string {
	if s.month == 0 {
		return "never"
	}
	day, named := s.describeDay()
	text := s.describeTime()
	switch {
	case strings.HasPrefix(text, "at "):
		text = day + " " + text
	case day != "every day":
		text += " " + day
	}
	if !named && s.month != everyMonth {
		text += " in " + s.describeMonths()
	}
	return text
}

// describeTime says at which times of a day s fires.
func (s *Schedule) describeTime() string {
	often, last := s.describeMinutes()
	first, past := bits.TrailingZeros32(s.hour), bits.Len32(s.hour)
	step := stepOf(uint64(s.hour), 24)
	switch {
	case s.hour == everyHour && often != "":
		return often
	case s.hour == everyHour && bits.OnesCount64(s.min) <= mostTimes:
		return "every hour at " + list(s.min, func(m int) string { return fmt.Sprintf(":%02d", m) }, 60)
	case s.min == 1 && step > 1 && step < 24:
		return fmt.Sprintf("every %d hours", step)
	case bits.OnesCount64(s.min)*bits.OnesCount32(s.hour) <= mostTimes:
		return "at " + s.describeGrid()
	case often != "" && bits.OnesCount32(s.hour) == past-first:
		return fmt.Sprintf("%s from %02d:00 to %02d:%02d", often, first, past-1, last)
	}
	return describeSet("minute", s.min, everyMinute) + " of " + describeSet("hour", uint64(s.hour), everyHour)
}

// describeMinutes says how often s fires in an hour if that is evenly, and
// the last minute.
func (s *Schedule) describeMinutes() (often string, last int) {
	switch step := stepOf(s.min, 60); step {
	case 0:
		return "", 0
	case 1:
		return "every minute", 59
	case 60:
		return "every hour", 0
	default:
		return fmt.Sprintf("every %d minutes", step), 60 - step
	}
}

// stepOf returns the divisor of size of which set holds all multiples below
// size, or 0 if it is no such set.
func stepOf(set uint64, size int) int {
	n := bits.OnesCount64(set)
	if n == 0 || size%n != 0 || set != span(0, size-1, size/n) {
		return 0
	}
	return size / n
}

// describeGrid names each time of the day.
func (s *Schedule) describeGrid() string {
	var times []string
	for h := next(uint64(s.hour), 0); h < 24; h = next(uint64(s.hour), h+1) {
		for m := next(s.min, 0); m < 60; m = next(s.min, m+1) {
			times = append(times, fmt.Sprintf("%02d:%02d", h, m))
		}
	}
	return join(times)
}

func describeSet(word string, set, full uint64) string {
	if set == full {
		return "every " + word
	}
	return word + " " + list(set, number10, 3)
}

// describeDay says on which days s fires, and whether that names the months.
func (s *Schedule) describeDay() (text string, named bool) {
	days := "on day " + list(uint64(s.dom), number10, 3)
	anyDay, anyWeekday, both := s.dom == everyDayOfMonth, s.dow == everyDayOfWeek, s.domStar || s.dowStar
	switch {
	case anyDay && anyWeekday, !both && (anyDay || anyWeekday):
		return "every day", false
	case anyDay && s.dow == 1<<6-2:
		return "every weekday", false
	case anyDay:
		return "every " + s.describeWeek(), false
	case anyWeekday && s.month == everyMonth:
		return days + " of every month", true
	case anyWeekday:
		return days + " of " + s.describeMonths(), true
	case both:
		return days + " of the month if it is " + s.describeWeek(), false
	}
	return days + " of the month or every " + s.describeWeek(), false
}

// describeWeek names the days of the week, Monday first.
func (s *Schedule) describeWeek() string {
	names := [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	return list(uint64(s.dow&^1)|uint64(s.dow&1)<<7, func(d int) string { return names[d%7] }, 3)
}

func (s *Schedule) describeMonths() string {
	names := [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	return list(uint64(s.month), func(m int) string { return names[m-1] }, 3)
}

func number10(n int) string { return fmt.Sprint(n) }

// list names the members of set; so many or more in a row are "a to b".
func list(set uint64, name func(int) string, row int) string {
	var items []string
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
	return join(items)
}

// join writes a list as people do: "a, b and c".
func join(items []string) string {
	last := len(items) - 1
	if last <= 0 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:last], ", ") + " and " + items[last]
}
