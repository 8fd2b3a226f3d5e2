package cron

import (
	"fmt"
	"math/bits"
)

var (
	weekdayWords = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	monthWords   = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	ordinals     = [...]string{"first", "second", "third", "fourth", "fifth"}
)

// workdays is monday to friday.
const workdays = 1<<6 - 2

// describeDay says on which days s fires, and whether that names the months.
func (s *Schedule) describeDay() (text string, named bool) {
	anyDay, anyWeekday, both := s.dom == everyDayOfMonth, s.dow == everyDayOfWeek, s.domStar || s.dowStar
	numbers := "on day " + list(uint64(s.dom), number10, inRow)
	switch {
	case anyDay && anyWeekday:
		return "every day", false
	case anyDay && s.plainWeek() && s.dow == workdays:
		return "every weekday", false
	case anyDay && s.plainWeek():
		return "every " + s.describeWeek(), false
	case anyDay:
		return "on " + join(s.weekItems(), "or") + " of " + s.describeMonths(), true
	case anyWeekday:
		return "on " + join(s.monthItems(), "or") + " of " + s.describeMonths(), true
	case both:
		return numbers + " of the month if it is " + s.describeWeek(), false
	}
	return numbers + " of the month or every " + s.describeWeek(), false
}

// plainWeek reports whether the days of the week are the same in every week.
func (s *Schedule) plainWeek() bool { return s.lastDow == 0 && s.nth == [7]uint8{} }

// monthItems names what is restricted of a month's days.
func (s *Schedule) monthItems() (items []string) {
	if s.dom != 0 {
		items = append(items, "day "+list(uint64(s.dom), number10, inRow))
	}
	if s.back&1 == 1 {
		items = append(items, "the last day")
	}
	if s.nearBack&1 == 1 {
		items = append(items, "the last weekday")
	}
	if s.near>>1&1 == 1 {
		items = append(items, "the first weekday")
	}
	for n := range members(s.back &^ 1) {
		items = append(items, beforeLast(n))
	}
	for day := range members(s.near &^ 2) {
		items = append(items, fmt.Sprintf("the weekday nearest to day %d", day))
	}
	for n := range members(s.nearBack &^ 1) {
		items = append(items, "the weekday nearest to "+beforeLast(n))
	}
	return items
}

func beforeLast(n int) string {
	if n == 1 {
		return "1 day before the last day"
	}
	return fmt.Sprintf("%d days before the last day", n)
}

// weekItems names what is restricted of a month's days of the week.
func (s *Schedule) weekItems() (items []string) {
	var last, every []string
	for n := range weekdayWords {
		day := (n + 1) % 7 // monday first
		for k := range members(uint32(s.nth[day])) {
			items = append(items, "the "+ordinals[k-1]+" "+weekdayWords[day])
		}
		if s.lastDow>>day&1 == 1 {
			last = append(last, "the last "+weekdayWords[day])
		}
		if s.dow>>day&1 == 1 {
			every = append(every, "any "+weekdayWords[day])
		}
	}
	return append(append(items, last...), every...)
}

// members goes through a set.
func members(set uint32) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for ; set != 0; set &= set - 1 {
			if !yield(bits.TrailingZeros32(set)) {
				return
			}
		}
	}
}

// describeWeek names the days of the week, monday first.
func (s *Schedule) describeWeek() string {
	mondayFirst := uint64(s.dow&^1) | uint64(s.dow&1)<<7
	return list(mondayFirst, func(d int) string { return weekdayWords[d%7] }, inRow)
}

// describeMonths names the months, as "every month" if it is all of them.
func (s *Schedule) describeMonths() string {
	if s.month == everyMonth {
		return "every month"
	}
	return list(uint64(s.month), func(m int) string { return monthWords[m-1] }, inRow)
}

// describeYears names the years; a row of them may cross the words of the set.
func (s *Schedule) describeYears() string {
	var items []string
	for year := firstYear; year <= lastYear; year++ {
		first := year
		for s.inYear(year) {
			year++
		}
		switch n := year - first; {
		case n >= inRow:
			items = append(items, fmt.Sprintf("%d to %d", first, year-1))
		case n == 2:
			items = append(items, fmt.Sprint(first), fmt.Sprint(first+1))
		case n == 1:
			items = append(items, fmt.Sprint(first))
		}
	}
	return join(items, "and")
}

// inYear reports whether a year of the calendar, or the one after it, is one
// of s.
func (s *Schedule) inYear(year int) bool {
	n := year - firstYear
	return s.years[n/64]>>(n%64)&1 == 1
}
