package cron

import "math/bits"

// A month is what its days depend on.
type month struct {
	length int
	first  int    // day of the week of the 1st, 0 for Sunday
	all    uint32 // the set of its days
}

func monthOf(year, number int) month {
	length := daysIn(year, number)
	return month{length, weekdayOfFirst(year, number), 1<<(length+1) - 2}
}

// days is the set of days of the month on which s fires.
func (s *Schedule) days(year, number int) uint32 {
	m := monthOf(year, number)
	byMonth, byWeek := s.dom, m.weekdays(s.dow)
	if s.back|s.near|s.nearBack != 0 {
		byMonth |= m.fromEnd(s.back) | m.nearest(s.near|m.fromEnd(s.nearBack))
	}
	if s.lastDow != 0 {
		byWeek |= m.weekdays(s.lastDow) & m.lastWeek()
	}
	if s.nth != [7]uint8{} {
		byWeek |= m.nth(&s.nth)
	}
	if s.domStar || s.dowStar {
		return byMonth & byWeek & m.all
	}
	return (byMonth | byWeek) & m.all
}

// weekdays is the set of days that are one of those days of the week.
func (m month) weekdays(dow uint8) uint32 {
	week := uint64(dow)>>m.first | uint64(dow)<<(7-m.first)
	week &= 0x7f
	return uint32((week|week<<7|week<<14|week<<21|week<<28)<<1) & m.all
}

// lastWeek is the set of the last seven days.
func (m month) lastWeek() uint32 { return 0x7f << (m.length - 6) }

// nth is the set of days that are the k-th such day of the week, of all k by
// day of the week.
func (m month) nth(byDay *[7]uint8) (set uint32) {
	for day, ks := range byDay {
		for k := 1; ks>>k != 0; k++ {
			if ks>>k&1 == 1 {
				set |= m.weekdays(1<<day) & (0x7f << (7*k - 6))
			}
		}
	}
	return set
}

// fromEnd is the set of days that are so many days before the last.
func (m month) fromEnd(back uint32) uint32 {
	return bits.Reverse32(back) >> (31 - m.length) & m.all
}

// nearest is the set of weekdays that are nearest to days. It is a weekday of
// the same month: for a Saturday the 1st it is Monday the 3rd, and for a Sunday
// that is the last day, the Friday before.
func (m month) nearest(days uint32) uint32 {
	days &= m.all
	first, last := uint32(1<<1), uint32(1)<<m.length
	saturdays, sundays := days&m.weekdays(1<<6), days&m.weekdays(1)
	set := days &^ (saturdays | sundays)
	set |= saturdays&^first>>1 | saturdays&first<<2
	return set | sundays&^last<<1 | sundays&last>>2
}

// fires reports whether s has a date: in a whole cycle of leap years and days
// of the week, and in its years.
func (s *Schedule) fires() bool {
	always := *s
	always.years = nil
	if _, found := always.nextDay(date{2000, 1, 1}, 2027); !found {
		return false
	}
	_, found := s.nextDay(date{firstYear, 1, 1}, lastYear)
	return found
}

// nextYear returns the first year from year on in which s may fire, or one
// after the calendar.
func (s *Schedule) nextYear(year int) int {
	if s.years == nil || year > lastYear {
		return year
	}
	for n := max(year-firstYear, 0); n < 64*len(s.years); n = n&^63 + 64 {
		if bit := next(s.years[n/64], n%64); bit < 64 {
			return firstYear + n&^63 + bit
		}
	}
	return lastYear + 1
}
