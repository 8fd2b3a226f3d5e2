package cron

import "slices"

// maxEnglish is the longest text that ParseEnglish reads, in bytes. It has
// room for the words of every cron expression.
const maxEnglish = 8192

// ParseEnglish reads what [Schedule.Describe] writes, and much of what people
// write, as the section on plain English says. Every word counts: a text with
// one that is not understood is an error. Its errors are of type [*Error].
//
// The Schedule is of the unix dialect if that can say it, else of Quartz, and
// its String is the cron expression. The zone is "" unless the text ends in one.
func ParseEnglish(text string) (s Schedule, zone string, err error) {
	if len(text) > maxEnglish {
		return Schedule{}, "", &Error{
			Field: "text", Item: shorten(text), Column: 1, Reason: "is too long",
			Suggestion: "make several schedules",
		}
	}
	r := sentence{reader: reader{text: text, tokens: tokens(text)}}
	r.refuseWords()
	for r.err == nil && r.at < len(r.tokens) {
		r.clause()
	}
	s = r.schedule()
	if r.err != nil {
		return Schedule{}, "", r.err
	}
	return s, r.zone, nil
}

// A sentence is a text and what its clauses have said so far. A clause is told
// by the token that it begins with, plus 1; 0 is none.
type sentence struct {
	reader

	times timesClause
	days  daysClause

	months      uint16 // 0 if there was none
	ofMonth     bool   // "of the month", "of every month"
	everyMonth  bool   // the second of these
	period      string // "week" of "weekly", "month", "quarter" or "year"
	periodToken int
	years       *[4]uint64
	zone        string
}

// clause reads the next clause.
func (s *sentence) clause() {
	start := s.at
	switch s.peek(0) {
	case ",", "run", "runs", "on", "the":
		s.filler()
	case "every", "each":
		s.every()
	case "at":
		s.clockOrSets()
	case "from", "between":
		s.window()
	case "in", "of":
		s.in()
	case "if":
		s.condition()
	case "daily":
		s.at++
		s.everyDay(start)
	case "hourly":
		s.at++
		s.interval(start, 1, "hour")
	case "weekly", "monthly", "quarterly", "yearly", "annually":
		s.at++
		s.setPeriod(start, periods[s.tokens[start].word])
	default:
		s.bareClause()
	}
}

var periods = map[string]string{"weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year", "annually": "year"}

// filler goes past a word without a meaning of its own, before one that has.
func (s *sentence) filler() {
	_, numeral := s.numberAt(1)
	switch {
	case s.peek(1) == "":
		s.unexpected("")
	case numeral && s.peek(0) == "on":
		s.at++
		s.dayItems(s.at)
	default:
		s.at++
	}
}

// bareClause reads a clause that no word announces.
func (s *sentence) bareClause() {
	_, numeral := s.numberAt(1)
	switch unit := s.unitAt(0); {
	case s.clockNext(0):
		s.clockTimes(s.at)
	case numeral && (unit == "minute" || unit == "second"):
		s.sets(s.at)
	case s.dayNext(0):
		s.dayItems(s.at)
	default:
		s.unexpected("")
	}
}

// in reads the months, the years or the zone.
func (s *sentence) in() {
	start := s.at
	s.at++
	n, numeral := s.numberAt(0)
	_, month := s.monthAt(0)
	switch {
	case month:
		s.setMonths(start, s.monthList())
	case s.peek(1) == "month" && slices.Contains([]string{"the", "a", "every", "each"}, s.peek(0)):
		s.ofMonths(start)
	case numeral && n >= firstYear && n <= lastYear:
		s.yearList(start)
	case numeral && s.unitAt(1) != "":
		s.at += 2
		s.oneOff(start)
	case s.tokens[start].word == "of" && s.peek(0) == "the" && s.peek(1) == "week":
		s.at += 2
	case s.tokens[start].word == "in" && s.at < len(s.tokens):
		s.place()
	default:
		s.unexpected("name a month, a year or a zone")
	}
}

// ofMonths reads "the month", which others may restrict, and "every month".
func (s *sentence) ofMonths(start int) {
	s.ofMonth, s.everyMonth = true, s.everyMonth || s.take("every", "each")
	s.take("the", "a")
	s.need("month")
	if s.everyMonth && s.months != 0 {
		s.twice(start, "in which months")
	}
}

func (s *sentence) setMonths(start int, months uint16) {
	if s.months != 0 || s.everyMonth {
		s.twice(start, "in which months")
	}
	s.months = months
	if n, ok := s.numberAt(0); ok && n >= firstYear {
		s.yearList(s.at)
	}
}

// monthList reads names of months, of which a range may run over the end of
// the year.
func (s *sentence) monthList() (set uint16) {
	for {
		from, ok := s.monthAt(0)
		if !ok {
			s.unexpected("name a month")
			return 0
		}
		s.at++
		to := from
		if s.take("to", "through") {
			if to, ok = s.monthAt(0); !ok {
				s.unexpected("name a month")
				return 0
			}
			s.at++
		}
		set |= uint16(roundTrip(from-1, to-1, 12)) << 1
		n := s.separator("and", "or")
		if _, more := s.monthAt(n); n == 0 || !more {
			return set
		}
		s.at += n
	}
}

// roundTrip is the set of numbers from from to to, of size that go round.
func roundTrip(from, to, size int) (set uint64) {
	for n := from; ; n = (n + 1) % size {
		set |= 1 << n
		if n == to {
			return set
		}
	}
}

func (s *sentence) yearList(start int) {
	if s.years != nil {
		s.twice(start, "in which years")
		return
	}
	s.years = new([4]uint64)
	s.numbers(firstYear, lastYear, func(year int) {
		n := year - firstYear
		s.years[n/64] |= 1 << (n % 64)
	})
}

// numbers reads a list of numbers from low to high.
func (s *sentence) numbers(low, high int, add func(int)) {
	for {
		from := s.numberFrom(low, high)
		to := from
		start := s.at - 1
		if s.take("to", "through") {
			to = s.numberFrom(low, high)
		}
		if from > to {
			s.fail(start, "runs backwards", "begin with the smaller number")
		}
		if s.err != nil {
			return
		}
		for n := from; n <= to; n++ {
			add(n)
		}
		n := s.separator("and", "or")
		if _, more := s.numberAt(n); n == 0 || !more || s.unitAt(n+1) != "" {
			return
		}
		s.at += n
	}
}

func (s *sentence) numberFrom(low, high int) int {
	n, ok := s.numberAt(0)
	if !ok {
		s.unexpected("write a number here")
		return low
	}
	s.at++
	if n < low || n > high {
		s.fail(s.at-1, "is not from "+number10(low)+" to "+number10(high), "")
	}
	return n
}

// need goes past a word that must come next.
func (s *sentence) need(words ...string) {
	if !s.take(words...) {
		s.unexpected("write \"" + words[0] + "\" here")
	}
}

// setPeriod keeps that the days come again every week, month, quarter or year.
func (s *sentence) setPeriod(start int, period string) {
	if s.period != "" && s.period != period {
		s.twice(start, "how often")
	}
	s.period, s.periodToken = period, start+1
}

func (s *sentence) twice(start int, what string) {
	s.at = max(s.at, start+1)
	s.fail(start, "says twice "+what, "say it once, or make two schedules")
}
