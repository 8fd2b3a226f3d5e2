package cron

import "math/bits"

// Local time is counted in seconds of a calendar without zones: wall second 0
// is 1970-01-01 00:00:00 on the clock, wherever that clock hangs.
const secondsPerDay = 24 * 60 * 60

// The calendar of all schedules. A firing is never outside of it.
const firstYear, lastYear = 1970, 2199

// A date is a day of the calendar.
type date struct{ year, month, day int }

// dateOf returns the date of a wall second's day, and the second of that day.
// (Days are counted from 0000-03-01, so that a leap day ends its year.)
func dateOf(wall int64) (d date, second int) {
	days := floorDiv(wall, secondsPerDay)
	second = int(wall - days*secondsPerDay)
	days += 719468
	era := floorDiv(days, 146097)
	dayOfEra := int(days - era*146097)
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*dayOfYear + 2) / 153
	d = date{yearOfEra + int(era)*400, m + 3, dayOfYear - (153*m+2)/5 + 1}
	if d.month > 12 {
		d.month -= 12
		d.year++
	}
	return d, second
}

// wall returns the first wall second of d.
func (d date) wall() int64 {
	y, m := int64(d.year), int64(d.month)
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	yearOfEra := y - era*400
	dayOfYear := (153*(m-3)+2)/5 + int64(d.day) - 1
	days := era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
	return days * secondsPerDay
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// weekdayOfFirst returns the day of the week, 0 for Sunday, of the first of
// the month (Sakamoto).
func weekdayOfFirst(year, month int) int {
	shift := [...]int{0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4}
	if month < 3 {
		year--
	}
	return (year + year/4 - year/100 + year/400 + shift[month-1] + 1) % 7
}

// nextDay returns the first day from d on, and before the end of the year
// until, on which s fires.
func (s *Schedule) nextDay(d date, until int) (date, bool) {
	for year := s.nextYear(d.year); year <= until; year = s.nextYear(year + 1) {
		if year != d.year {
			d = date{year, 1, 1}
		}
		for month := next(uint64(s.month), d.month); month <= 12; month = next(uint64(s.month), month+1) {
			from := 1
			if month == d.month {
				from = d.day
			}
			if day := next(uint64(s.days(d.year, month)), from); day < 32 {
				return date{d.year, month, day}, true
			}
		}
	}
	return date{}, false
}

// nextSecond returns the first second of a day from second on at which s
// fires.
func (s *Schedule) nextSecond(second int) (int, bool) {
	h, m, sec := second/3600, second/60%60, second%60
	if s.hour>>h&1 == 1 {
		if s.min>>m&1 == 1 {
			if sec := next(s.sec, sec); sec < 60 {
				return h*3600 + m*60 + sec, true
			}
		}
		if m := next(s.min, m+1); m < 60 {
			return h*3600 + m*60 + next(s.sec, 0), true
		}
	}
	if h := next(uint64(s.hour), h+1); h < 24 {
		return h*3600 + next(s.min, 0)*60 + next(s.sec, 0), true
	}
	return 0, false
}

// nextWall returns the first wall second from wall on that matches s.
func (s *Schedule) nextWall(wall int64) (int64, bool) {
	wall = max(wall, 0)
	today, second := dateOf(wall)
	d, found := s.nextDay(today, lastYear)
	if !found {
		return 0, false
	}
	if d == today {
		if second, found = s.nextSecond(second); found {
			return d.wall() + int64(second), true
		}
		if d, found = s.nextDay(date{d.year, d.month, d.day + 1}, lastYear); !found {
			return 0, false
		}
	}
	second, _ = s.nextSecond(0)
	return d.wall() + int64(second), true
}

// next returns the smallest member of set from n on, or 64.
func next(set uint64, n int) int {
	return bits.TrailingZeros64(set >> n << n)
}
