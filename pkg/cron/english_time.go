package cron

import (
	"fmt"
	"math/bits"
	"strings"
)

// timesClause is what a text says about the times of the day: one of how
// often, clock times and sets; how often may have minutes or a window.
type timesClause struct {
	token int // where it began, plus 1
	often string
	n     int // every n seconds, minutes or hours

	clock    []int // seconds of the day
	midnight int   // the token of this word, plus 1

	sec, min uint64
	hour     uint32

	window   int // the token where the window began, plus 1
	from, to int // seconds of the day
	between  bool
}

// begin keeps where the times began, of which there can be one.
func (s *sentence) begin(start int) {
	if s.times.token != 0 {
		s.twice(start, "at which times")
	}
	s.times.token = start + 1
}

// every reads what comes after this word: how often, or on which days.
func (s *sentence) every() {
	start := s.at
	s.at++
	n, numeral := s.numberAt(0)
	_, ordinal := s.ordinalAt(0)
	_, week := s.weekAt(1)
	switch unit := s.unitAt(0); {
	case s.peek(0) == "other", s.peek(0) == "second" && s.unitAt(1) != "":
		s.everyOther(start)
	case ordinal && week:
		s.everyOrdinal(start)
	case s.peek(0) == "half" && s.unitAt(1) == "hour":
		s.at += 2
		s.interval(start, 30, "minute")
	case s.take("halfhour"):
		s.interval(start, 30, "minute")
	case numeral && s.unitAt(1) != "":
		s.at += 2
		s.everyUnit(start, n, s.unitAt(-1))
	case unit != "":
		s.at++
		s.everyUnit(start, 1, unit)
	case ordinal:
		s.everyOrdinal(start)
	default:
		s.dayItems(start)
	}
}

// everyOther reads "other day" and "second day", and takes "other hour" for two
// hours.
func (s *sentence) everyOther(start int) {
	s.at++
	unit := s.unitAt(0)
	if _, week := s.weekAt(0); week || unit != "" {
		s.at++
	}
	if unit == "minute" || unit == "hour" {
		s.interval(start, 2, unit)
		return
	}
	s.noMemory(start, unit)
}

// everyUnit reads "every 5 minutes", "every minute of hour 3", "every day",
// "every month".
func (s *sentence) everyUnit(start, n int, unit string) {
	switch {
	case n == 1 && s.peek(0) == "of" && (unit == "second" || unit == "minute"):
		s.at = start
		s.sets(start)
	case unit == "second" || unit == "minute" || unit == "hour":
		s.interval(start, n, unit)
	case n != 1:
		s.noMemory(start, unit)
	case unit == "day":
		s.everyDay(start)
	default:
		s.setPeriod(start, unit)
	}
}

// interval keeps how often, and reads the minutes of "every hour at :15".
func (s *sentence) interval(start, n int, unit string) {
	switch whole := (n == 60 && unit != "hour"); {
	case whole && unit == "second":
		n, unit = 1, "minute"
	case whole:
		n, unit = 1, "hour"
	}
	s.begin(start)
	s.times.often, s.times.n = unit, n
	s.divides(start)
	s.times.sec, s.times.min, s.times.hour = 1, 1, everyHour
	switch unit {
	case "second":
		s.times.sec, s.times.min = span(0, 59, max(n, 1)), everyMinute
	case "minute":
		s.times.min = span(0, 59, max(n, 1))
	case "hour":
		s.times.hour = uint32(span(0, 23, max(n, 1)))
		s.minutes()
	}
}

// minutes reads ":15 and :45" after "every hour at".
func (s *sentence) minutes() {
	if s.times.n != 1 || s.peek(0) != "at" || !strings.HasPrefix(s.peek(1), ":") {
		return
	}
	s.at++
	s.times.min, s.times.often = 0, "minutes"
	for {
		digits, colon := strings.CutPrefix(s.peek(0), ":")
		m, ok := number(digits)
		s.at++
		if !colon || !ok || len(digits) != 2 || m > 59 {
			s.fail(s.at-1, "is not a minute of the hour", `write it as ":05"`)
			return
		}
		s.times.min |= 1 << m
		n := s.separator("and")
		if n == 0 || !strings.HasPrefix(s.peek(n), ":") {
			return
		}
		s.at += n
	}
}

// clockOrSets reads what comes after "at".
func (s *sentence) clockOrSets() {
	start := s.at
	s.at++
	if unit := s.unitAt(0); unit == "second" || unit == "minute" {
		s.sets(start)
		return
	}
	s.clockTimes(start)
}

// clockTimes reads a list of times of the clock.
func (s *sentence) clockTimes(start int) {
	s.begin(start)
	for s.err == nil {
		s.times.clock = append(s.times.clock, s.clock())
		n := s.separator("and")
		if n > 0 && s.peek(n) == "at" {
			n++
		}
		if n == 0 || !s.clockNext(n) && !s.bareHour(n) {
			return
		}
		s.at += n
	}
}

// clockNext reports whether the n-th word from here is a time of the clock.
func (s *sentence) clockNext(n int) bool {
	_, numeral := number(s.peek(n))
	half := s.peek(n+1) == "am" || s.peek(n+1) == "pm"
	return clockAt(s.peek(n)) || numeral && half
}

// bareHour reports whether the n-th word from here is a number that is not a
// part of a date.
func (s *sentence) bareHour(n int) bool {
	_, numeral := number(s.peek(n))
	_, month := s.monthAt(n + 1)
	return numeral && !month && s.unitAt(n+1) == ""
}

// clockAt reports whether a word looks like a time of the clock.
func clockAt(word string) bool {
	if word == "noon" || word == "midnight" {
		return true
	}
	_, digits := number(strings.TrimRight(word, "apm:0123456789"))
	startsWithDigit := word != "" && (word[0] >= '0' && word[0] <= '9' || word[0] == ':')
	return !digits && startsWithDigit && strings.Trim(word, "0123456789:apm") == "" && strings.ContainsAny(word, ":m")
}

// clock reads a time of the clock, and returns its second of the day.
func (s *sentence) clock() int {
	start := s.at
	word := s.peek(0)
	if word == "" {
		s.unexpected(`write a time, such as "09:00"`)
		return 0
	}
	s.at++
	switch word {
	case "noon":
		return 12 * 3600
	case "midnight":
		s.times.midnight = start + 1
		return 0
	}
	half := word[max(len(word)-2, 0):]
	if half == "am" || half == "pm" {
		word = word[:len(word)-2]
	} else if half = s.peek(0); !s.take("am", "pm") {
		half = ""
	}
	return s.clockOf(start, word, half)
}

// clockOf reads "9:05", or "9" and "pm".
func (s *sentence) clockOf(start int, word, half string) int {
	parts := strings.Split(word, ":")
	var n [3]int
	ok := len(parts) <= 3
	for i := 0; ok && i < len(parts); i++ {
		n[i], ok = number(parts[i])
		ok = ok && len(parts[i]) <= 2 && (i == 0 || len(parts[i]) == 2)
	}
	switch {
	case !ok:
		s.notClock(start)
	case half == "" && len(parts) == 1:
		s.bareNumber(start, n[0])
	case n[0] == 24 && n[1]+n[2] == 0 && half == "":
		s.fail(start, "is the end of the day", "write 00:00 and the day that it begins")
	case n[0] > 23, n[1] > 59, n[2] > 59, half != "" && (n[0] < 1 || n[0] > 12):
		s.notClock(start)
	}
	if half != "" {
		n[0] %= 12
	}
	if half == "pm" {
		n[0] += 12
	}
	return n[0]*3600 + n[1]*60 + n[2]
}

// sets reads "at second 5 of every minute of hour 3", and that without the
// seconds.
func (s *sentence) sets(start int) {
	s.begin(start)
	s.times.sec = 1
	if s.unitAt(0) == "second" || s.unitAt(1) == "second" {
		s.times.sec = s.unitSet("second", 59)
		s.need("of")
	}
	s.times.min = s.unitSet("minute", 59)
	s.need("of")
	s.times.hour = uint32(s.unitSet("hour", 23))
}

// unitSet reads "every minute" or "minute 5 and 10".
func (s *sentence) unitSet(unit string, most int) (set uint64) {
	all := s.take("every", "each")
	if s.unitAt(0) != unit {
		s.unexpected("name the " + unit + "s here")
		return 1
	}
	s.at++
	if all {
		return span(0, most, 1)
	}
	s.numbers(0, most, func(n int) { set |= 1 << n })
	return set
}

// window reads "from 09:00 to 17:45" and "between 9am and 5pm", or a range of
// days after "from".
func (s *sentence) window() {
	start := s.at
	s.at++
	s.times.between = s.tokens[start].word == "between"
	_, weekday := s.weekAt(0)
	switch {
	case weekday && !s.times.between:
		s.dayItems(start)
		return
	case s.times.window != 0:
		s.twice(start, "from when to when")
		return
	}
	s.times.window = start + 1
	s.times.from = s.clock()
	if s.times.between {
		s.need("and")
	} else {
		s.need("to")
	}
	s.times.to = s.clock()
	if s.times.midnight != 0 {
		s.fail(start, "could be the start or the end of the day", `write "from 00:00", or "to" and the time of the last run`)
	}
}

// applyWindow restricts the hours of how often.
func (s *sentence) applyWindow() {
	t := &s.times
	if t.window == 0 {
		return
	}
	start := t.window - 1
	from, to := t.from/3600, t.to/3600
	switch {
	case t.often != "minute" && (t.often != "hour" || t.n != 1):
		s.failAt(start, "has no meaning for these times", `use it with "every minute", "every 15 minutes" or "every hour"`)
	case from > to && !s.days.all():
		s.failAt(start, "runs past the end of the day, and so into another", "make two schedules")
	case t.from%60+t.to%60 != 0:
		s.failAt(start, "has seconds", "leave them out")
	case t.often == "hour" && t.from%3600 != t.to%3600:
		s.failAt(start, "does not end on a run", fmt.Sprintf(`write "to %s"`, clockText(to*3600+t.from%3600, false)))
	case t.often == "hour":
		t.min = 1 << (t.from / 60 % 60)
	case t.between || t.to/60%60 != 63-bits.LeadingZeros64(t.min):
		s.halfWindow()
	case t.from%3600 != 0:
		s.failAt(start, "does not begin on an hour", fmt.Sprintf(`write "from %s"`, clockText(from*3600, false)))
	}
	t.hour = uint32(roundTrip(from, to, 24))
}

// halfWindow refuses a window of which it is not clear whether the last hour
// belongs to it.
func (s *sentence) halfWindow() {
	t := &s.times
	from, to := t.from/3600*3600, t.to/3600*3600
	last := to + (63-bits.LeadingZeros64(t.min))*60
	before := (last + 23*3600) % secondsPerDay
	s.failAt(t.window-1,
		fmt.Sprintf("does not say whether it includes %s to %s", clockText(to, false), clockText(last, false)),
		fmt.Sprintf(`write "from %[1]s to %[2]s" or "from %[1]s to %[3]s"`, clockText(from, false), clockText(before, false), clockText(last, false)))
}

// applyClock turns times of the clock into sets, which must be of all their
// hours with all their minutes.
func (s *sentence) applyClock() {
	t := &s.times
	if len(t.clock) == 0 {
		return
	}
	named := map[int]bool{}
	for _, at := range t.clock {
		named[at] = true
		t.hour |= 1 << (at / 3600)
		t.min |= 1 << (at / 60 % 60)
		t.sec |= 1 << (at % 60)
	}
	grid := Schedule{sec: t.sec, min: t.min, hour: t.hour}
	var also []string
	for at, ok := grid.nextSecond(0); ok && len(also) < mostTimes; at, ok = grid.nextSecond(at + 1) {
		if !named[at] {
			also = append(also, clockText(at, t.sec != 1))
		}
	}
	if len(also) > 0 {
		s.failAt(t.token-1, "cron would also fire "+join(also, "and"), "make two schedules")
	}
}
