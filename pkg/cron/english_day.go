package cron

import (
	"math/bits"
	"slices"
)

// daysClause is what a text says about the days: the sets of a [Schedule].
type daysClause struct {
	token, end int // where it began, plus 1, and what comes after it
	every      bool
	both       bool // "if it is"

	dom, back, near, nearBack uint32
	dow, lastDow              uint8
	nth                       [7]uint8

	dates [13]uint32 // days by month, of "1 january"
}

// all reports whether nothing is restricted.
func (d *daysClause) all() bool { return d.token == 0 || d.every }

// byMonth and byWeek report whether days of the month, or of the week, are
// named.
func (d *daysClause) byMonth() bool { return d.dom|d.back|d.near|d.nearBack != 0 }
func (d *daysClause) byWeek() bool  { return d.dow|d.lastDow != 0 || d.nth != [7]uint8{} }

func (s *sentence) beginDays(start int) {
	if s.days.token != 0 {
		s.twice(start, "on which days")
	}
	s.days.token = start + 1
}

func (s *sentence) everyDay(start int) {
	s.beginDays(start)
	s.days.every, s.days.end = true, s.at
}

// everyOrdinal reads "every last friday", and "every second friday" only with
// "of": it could mean every other.
func (s *sentence) everyOrdinal(start int) {
	n, _ := s.ordinalAt(0)
	_, noun := s.weekAt(1)
	if unit := s.unitAt(1); n > 1 && unit != "" {
		s.at += 2
		s.noMemory(start, unit)
		return
	}
	s.dayItems(start)
	if n > 1 && noun && !s.ofMonth && s.months == 0 {
		s.at = s.days.end
		s.noMemory(start, "")
	}
}

// dayNext reports whether the n-th word from here begins days.
func (s *sentence) dayNext(n int) bool {
	for slices.Contains([]string{"on", "the", "any", "every", "each"}, s.peek(n)) {
		n++
	}
	_, ordinal := s.ordinalAt(n)
	_, week := s.weekAt(n)
	_, numeral := s.numberAt(n)
	_, month := s.monthAt(n)
	_, date := s.monthAt(n + 1)
	_, day := s.numberAt(n + 1)
	_, dayth := s.ordinalAt(n + 1)
	before := s.unitAt(n+1) == "day" && s.peek(n+2) == "before"
	return ordinal || week || numeral && (date || before || s.peek(n+1) == "of") || month && (day || dayth) ||
		slices.Contains([]string{"day", "days", "last", "nearest"}, s.peek(n))
}

// dayItems reads days of which any is enough.
func (s *sentence) dayItems(start int) {
	s.beginDays(start)
	for s.err == nil {
		s.dayItem()
		s.of()
		n := s.separator("and", "or")
		if n == 0 || s.err != nil || !s.dayNext(n) {
			break
		}
		s.sameKind(s.at+n-1, n)
		s.at += n
		s.skip("on", "the", "any", "every", "each")
	}
	s.days.end = s.at
	s.applyDates(start)
}

// sameKind refuses "day 13 and friday", which could be either or both, and
// days after those of some months.
func (s *sentence) sameKind(word, n int) {
	after := s.reader
	after.at += n
	next := sentence{reader: after}
	next.skip("on", "the", "any", "every", "each")
	next.dayItem()
	mixed := s.days.byMonth() && next.days.byWeek() || s.days.byWeek() && next.days.byMonth()
	switch {
	case next.err != nil:
	case mixed && s.tokens[word].word != "or":
		s.at = next.at
		s.fail(s.days.token-1, "could be either of these days, or only days that are both", `write "or", or "if it is"`)
	case s.months != 0:
		s.at = next.at
		s.fail(s.days.token-1, "has days of some months, and then others", "make two schedules")
	}
}

// of reads the months that days are of, and "every month" after them.
func (s *sentence) of() {
	start := s.at
	switch {
	case s.peek(0) == "of" && s.peek(2) == "quarter":
		s.at += 3
		s.setPeriod(start, "quarter")
	case s.peek(0) == "of":
		s.in()
	}
}

// dayItem reads one kind of days.
func (s *sentence) dayItem() {
	s.skip("on", "the", "any")
	_, ordinal := s.ordinalAt(0)
	_, week := s.weekAt(0)
	_, numeral := s.numberAt(0)
	_, month := s.monthAt(0)
	switch {
	case s.take("day", "days"):
		s.numbers(1, 31, func(n int) { s.days.dom |= 1 << n })
	case s.peek(0) == "last" || ordinal:
		s.ordinals()
	case s.peek(1) == "nearest" || s.peek(0) == "nearest":
		s.nearest()
	case week:
		s.days.dow |= s.weekList()
	case numeral && s.unitAt(1) == "day":
		s.days.back |= 1 << s.beforeLast()
	case numeral:
		s.dayAndMonths()
	case month:
		s.monthAndDays()
	default:
		s.unexpected(`name the days, as in "every monday" or "on day 1"`)
	}
}

// weekList reads days of the week, of which a range may run over the end of
// the week.
func (s *sentence) weekList() (set uint8) {
	for {
		days, ok := s.weekAt(0)
		if !ok {
			s.unexpected("name a day of the week")
			return 1
		}
		from, single := s.weekdayAt(0)
		s.at++
		if single && s.take("to", "through") {
			to, ok := s.weekdayAt(0)
			if !ok {
				s.unexpected("name a day of the week")
				return 1
			}
			s.at++
			days = uint8(roundTrip(from, to, 7))
		}
		set |= days
		n := s.separator("and", "or")
		if _, more := s.weekAt(n); n == 0 || !more || s.peek(n+1) == "nearest" {
			return set
		}
		s.at += n
	}
}

// nearest reads "weekday nearest to day 15", and that to a day before the last.
func (s *sentence) nearest() {
	if s.peek(0) == "nearest" {
		s.at++
		s.need("weekday")
	} else {
		s.need("weekday")
		s.at++
	}
	s.need("to")
	s.skip("the")
	_, numeral := s.numberAt(0)
	if n, ordinal := s.ordinalAt(0); ordinal && n >= 1 && n <= 31 {
		s.at++
		s.days.near |= 1 << n
		return
	}
	if numeral {
		s.days.nearBack |= 1 << s.beforeLast()
		return
	}
	s.need("day")
	s.days.near |= 1 << s.numberFrom(1, 31)
}

// beforeLast reads "3 days before the last day".
func (s *sentence) beforeLast() int {
	n := s.numberFrom(1, 30)
	s.need("day", "days")
	s.need("before")
	s.skip("the")
	s.need("last")
	s.need("day")
	return n
}

// ordinals reads "first and third monday", "last day", "1st and 15th".
func (s *sentence) ordinals() {
	start := s.at
	var ks []int // 0 is the last
	numerals := true
	for {
		k, _ := s.ordinalAt(0) // 0 if it is "last"
		numerals = numerals && s.peek(0) != "last" && (s.peek(0)[0] <= '9' || s.peek(1) == "of")
		ks = append(ks, k)
		s.at++
		n := s.separator("and")
		if n > 0 && s.peek(n) == "the" {
			n++
		}
		if _, more := s.ordinalAt(n); n == 0 || !more && s.peek(n) != "last" {
			break
		}
		s.at += n
	}
	s.ordinalsOf(start, ks, numerals)
}

// ordinalsOf reads what the ordinals count. Without a word for it, that is the
// days of the month.
func (s *sentence) ordinalsOf(start int, ks []int, numerals bool) {
	weekday, ok := s.weekdayAt(0)
	_, month := s.monthAt(0)
	noun := s.peek(0)
	if ok || noun == "day" || noun == "days" || noun == "weekday" {
		s.at++
	}
	switch {
	case noun == "last" || noun == "to" && s.peek(1) == "last":
		s.secondLast(start)
	case ok:
		s.nthOf(start, ks, weekday)
	case noun == "weekday":
		s.workday(start, ks)
	case noun == "day" || noun == "days" || numerals:
		s.nthDays(start, ks)
		if month && s.err == nil {
			s.addDates(s.days.dom, s.monthList())
		}
	default:
		s.unexpected("say of what: a day, a weekday or a day of the week")
	}
}

func (s *sentence) nthOf(start int, ks []int, weekday int) {
	for _, k := range ks {
		switch {
		case k > 5:
			s.fail(start, "is more than a month has", `use "first" to "fifth"`)
		case k == 0:
			s.days.lastDow |= 1 << weekday
		default:
			s.days.nth[weekday] |= 1 << k
		}
	}
	n := s.separator("and", "or")
	if other, more := s.weekdayAt(n); n > 0 && more {
		s.at += n + 1
		s.fail(start, "does not say which "+weekdayWords[other], `write "the first monday or the first friday"`)
	}
}

func (s *sentence) workday(start int, ks []int) {
	for _, k := range ks {
		switch k {
		case 0:
			s.days.nearBack |= 1
		case 1:
			s.days.near |= 1 << 1
		default:
			s.fail(start, "is not expressible in cron", `use "the first weekday", "the last weekday" or "the weekday nearest to day 2"`)
		}
	}
}

func (s *sentence) nthDays(start int, ks []int) {
	for _, k := range ks {
		switch {
		case k > 31:
			s.fail(start, "is more than a month has", "use 1st to 31st")
		case k == 0:
			s.days.back |= 1
		default:
			s.days.dom |= 1 << k
		}
	}
}

// dayAndMonths reads "1 and 15 january", and "15" before "of".
func (s *sentence) dayAndMonths() {
	start := s.at
	var days uint32
	s.numbers(1, 31, func(n int) { days |= 1 << n })
	_, month := s.monthAt(0)
	switch {
	case s.err != nil:
	case month:
		s.addDates(days, s.monthList())
	case s.peek(0) == "of":
		s.days.dom |= days
	default:
		s.fail(start, "does not say of what", `write "day" before it, or a month after it`)
	}
}

// monthAndDays reads "january 1", "january 1st and 15th".
func (s *sentence) monthAndDays() {
	start := s.at
	month, _ := s.monthAt(0)
	s.at++
	var days uint32
	if _, ordinal := s.ordinalAt(0); !ordinal {
		s.numbers(1, 31, func(n int) { days |= 1 << n })
	} else {
		earlier := s.days.dom
		s.days.dom = 0
		s.ordinals()
		days, s.days.dom = s.days.dom, earlier|s.days.dom
	}
	if days == 0 {
		s.fail(start, "has no day", `write "on day 1 of january"`)
	}
	s.addDates(days, 1<<month)
}

func (s *sentence) addDates(days uint32, months uint16) {
	s.days.dom |= days
	for month := range s.days.dates {
		if months>>month&1 == 1 {
			s.days.dates[month] |= days
		}
	}
}

// applyDates turns dates into days and months, which must be of all their
// months with all their days.
func (s *sentence) applyDates(start int) {
	var months uint16
	for month, days := range s.days.dates {
		if days == 0 {
			continue
		}
		months |= 1 << month
		if days != s.days.dom {
			s.failAt(start, "cron would also fire on the other day of each month", "make two schedules")
		}
	}
	if months != 0 && s.err == nil {
		s.setMonths(start, months)
	}
}

// condition reads "if it is friday" after days of the month.
func (s *sentence) condition() {
	start := s.at
	s.at++
	s.need("it")
	s.need("is")
	week := s.weekList()
	d := &s.days
	if d.dom == 0 || d.back|d.near|d.nearBack != 0 || d.byWeek() || bits.OnesCount16(s.months) > 0 {
		s.fail(start, "has no plain day of the month before it", `write "on day 1 to 7 of the month if it is monday"`)
	}
	d.dow, d.both, d.end = week, true, s.at
}
