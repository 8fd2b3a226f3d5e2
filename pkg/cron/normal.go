package cron

// Equal reports whether s and o fire at the same times by the same rule,
// however they are written and in whatever dialect.
func (s Schedule) Equal(o Schedule) bool {
	a, b := s.normal(), o.normal()
	if (a.years == nil) != (b.years == nil) || a.years != nil && *a.years != *b.years {
		return false
	}
	a.years, b.years = nil, nil
	return a == b
}

// normal returns the one Schedule that stands for all that are equal to s. It
// has no text and no dialect; domStar and dowStar are the same, and false only
// if both days are restricted and either is enough.
func (s Schedule) normal() Schedule {
	s.text, s.dialect = "", ""
	s.normalMonth()
	s.normalWeek()
	anyDay, anyWeekday := s.dom == everyDayOfMonth, s.dow == everyDayOfWeek
	both := s.domStar || s.dowStar
	switch {
	case s.month == 0:
		return Schedule{}
	case !both && (anyDay || anyWeekday):
		s.dom, s.back, s.near, s.nearBack = everyDayOfMonth, 0, 0, 0
		s.dow, s.lastDow, s.nth = everyDayOfWeek, 0, [7]uint8{}
	}
	either := !both && !anyDay && !anyWeekday
	s.domStar, s.dowStar = !either, !either
	if s.years != nil && *s.years == everyYear() {
		s.years = nil
	}
	return s
}

// normalMonth takes out what the days of dom hold already.
func (s *Schedule) normalMonth() {
	if s.dom == everyDayOfMonth {
		s.back, s.near, s.nearBack = 0, 0, 0
	}
}

// normalWeek takes out what the days of dow, or other days of nth, hold
// already: the last friday is the fourth or the fifth.
func (s *Schedule) normalWeek() {
	const allFive, fourthAndFifth = 1<<6 - 2, 1<<4 | 1<<5
	for day := range s.nth {
		if s.nth[day] == allFive {
			s.dow |= 1 << day
		}
		if s.dow>>day&1 == 1 {
			s.nth[day] = 0
		}
		if s.dow>>day&1 == 1 || s.nth[day]&fourthAndFifth == fourthAndFifth {
			s.lastDow &^= 1 << day
		}
	}
}

// everyYear is the set of all years of the calendar.
func everyYear() (set [4]uint64) {
	for n := range lastYear - firstYear + 1 {
		set[n/64] |= 1 << (n % 64)
	}
	return set
}
