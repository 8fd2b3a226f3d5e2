package cron

import "fmt"

// schedule makes a Schedule of what the clauses have said, and checks that
// they say enough and agree.
func (s *sentence) schedule() Schedule {
	for _, check := range []func(){
		s.checkPeriod, s.checkDates, s.applyWindow, s.applyClock, s.checkDays, s.checkTimes, s.checkMidnight,
	} {
		if check(); s.err != nil {
			return Schedule{}
		}
	}
	return s.written(s.model())
}

// model is the sets of what the clauses have said.
func (s *sentence) model() Schedule {
	d, t := &s.days, &s.times
	model := Schedule{
		sec: t.sec, min: t.min, hour: t.hour, month: s.months, years: s.years,
		dom: d.dom, back: d.back, near: d.near, nearBack: d.nearBack,
		dow: d.dow, lastDow: d.lastDow, nth: d.nth, domStar: d.both, dowStar: d.both,
	}
	if model.month == 0 {
		model.month = everyMonth
	}
	if !d.byMonth() {
		model.dom, model.domStar = everyDayOfMonth, true
	}
	if !d.byWeek() {
		model.dow, model.dowStar = everyDayOfWeek, true
	}
	return model
}

// written writes a model as cron, of unix if that can say it.
func (s *sentence) written(model Schedule) Schedule {
	read := Parse
	expr, err := model.Unix()
	if err != nil {
		read = ParseQuartz
		expr, err = model.Quartz()
	}
	if err != nil {
		s.notInCron(model)
		return Schedule{}
	}
	written, err := read(expr)
	if err != nil {
		s.failDays("is not expressible in cron", err.Error())
	}
	return written
}

// notInCron refuses days that neither dialect has words for.
func (s *sentence) notInCron(model Schedule) {
	switch {
	case model.domStar || model.dowStar:
		s.failDays("is not expressible in cron, which has both days only of day 1 or sunday", "let the task look at the date")
	case model.sec != 1:
		s.failDays("is not expressible in cron with seconds", "make two schedules")
	default:
		s.failDays("is not expressible in one cron expression", "make two schedules")
	}
}

// failDays keeps an error about the days.
func (s *sentence) failDays(reason, suggestion string) {
	s.at = len(s.tokens)
	if s.days.token != 0 {
		s.at = s.days.end
	}
	s.fail(max(s.days.token-1, 0), reason, suggestion)
}

// checkDates refuses days that no month, or no year, has.
func (s *sentence) checkDates() {
	if model := s.model(); !model.fires() {
		s.failDays("never happens", lastDayHint(model.month))
	}
}

// checkTimes refuses a text without a time.
func (s *sentence) checkTimes() {
	if s.times.token != 0 {
		return
	}
	s.at = len(s.tokens)
	s.fail(0, "does not say at what time", fmt.Sprintf("write, for example, %q", shorten(s.example())+" at 09:00"))
}

// example is the text with days, if it has none.
func (s *sentence) example() string {
	switch {
	case s.days.token != 0 && s.zone == "":
		return s.text[s.tokens[0].from:s.tokens[len(s.tokens)-1].to]
	case s.period == "month":
		return "on day 1 of every month"
	case s.period == "quarter":
		return "on day 1 of january, april, july and october"
	case s.period == "year":
		return "on day 1 of january"
	case s.period == "week":
		return "every monday"
	}
	return "every day"
}

// checkDays refuses times of the clock, and periods, without days.
func (s *sentence) checkDays() {
	if s.days.token != 0 || len(s.times.clock) == 0 && s.period == "" {
		return
	}
	s.at = len(s.tokens)
	s.fail(0, "does not say on which days", fmt.Sprintf("write, for example, %q", s.example()+" at 09:00"))
}

// checkMidnight refuses this word for some days only: it could be their start
// or their end.
func (s *sentence) checkMidnight() {
	if s.times.midnight == 0 || s.days.all() && s.months == 0 && s.years == nil {
		return
	}
	hint := "write 00:00 and the day that it begins"
	for day, name := range weekdayWords {
		if s.days.dow == 1<<day && !s.days.byMonth() {
			hint = fmt.Sprintf(`write "%s at 00:00" or "%s at 00:00"`, name, weekdayWords[(day+1)%7])
		}
	}
	s.at = s.times.midnight
	s.fail(s.at-1, "could be the start or the end of the day", hint)
}

// checkPeriod refuses periods with days that do not come once in them, and
// turns quarters and years into months.
func (s *sentence) checkPeriod() {
	d := &s.days
	if s.period == "" || d.token == 0 {
		return
	}
	everyWeek := d.dow != 0 && !d.both
	fits, hint := !everyWeek && (d.byMonth() || d.byWeek()), `name days of the month, as in "on day 1"`
	switch s.period {
	case "week":
		fits, hint = everyWeek && !d.byMonth() && d.nth == [7]uint8{} && d.lastDow == 0, `name days of the week, as in "on monday"`
	case "quarter":
		s.quarter()
	case "year":
		fits, hint = fits && s.months != 0, `name the date, as in "on 1 january"`
	case "month":
		fits = fits && s.months == 0
	}
	if !fits {
		s.at = s.periodToken
		s.fail(s.at-1, "does not go with these days", hint)
	}
}

// quarter keeps the first months of quarters, unless the days are those at an
// end, which could be of the quarter.
func (s *sentence) quarter() {
	d := &s.days
	if s.months != 0 || d.back|d.nearBack != 0 || d.lastDow != 0 {
		s.at = s.periodToken
		s.fail(s.at-1, "could be the first month of each quarter or another", `name the months, as in "of march, june, september and december"`)
		return
	}
	s.months = 1<<1 | 1<<4 | 1<<7 | 1<<10
}
