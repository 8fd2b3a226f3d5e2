package cron

import (
	"cmp"
	"fmt"
	"strings"
)

var quartzFields = [7]field{
	{name: "second", max: 59, quartz: true},
	{name: "minute", max: 59, quartz: true},
	{name: "hour", max: 23, quartz: true},
	{name: "day of month", min: 1, max: 31, quartz: true},
	{name: "month", min: 1, max: 12, names: monthNames, quartz: true},
	{name: "day of week", min: 1, max: 7, names: dayNames, quartz: true},
	{name: "year", min: firstYear, max: lastYear, quartz: true},
}

// The places of the fields that are more than sets.
const quartzDay, quartzWeekday, quartzYear = 3, 5, 6

const questionMarkHint = "? stands alone, for the day of month or the day of week"

// ParseQuartz reads an expression of the Quartz dialect. Its errors are of type
// [*Error].
func ParseQuartz(expr string) (Schedule, error) {
	s, err := parseQuartz(expr)
	if err != nil {
		return Schedule{}, err
	}
	return s, nil
}

func parseQuartz(expr string) (Schedule, *Error) {
	if err := tooLong(expr); err != nil {
		return Schedule{}, err
	}
	words := split(expr)
	if err := zoned(words); err != nil {
		return Schedule{}, err
	}
	if len(words) < 6 || len(words) > 7 {
		return Schedule{}, notSix(expr, words)
	}
	s := Schedule{text: expr, dialect: Quartz}
	if err := s.parseTimes(words); err != nil {
		return Schedule{}, err
	}
	if err := s.parseDays(words[quartzDay], words[quartzWeekday]); err != nil {
		return Schedule{}, err
	}
	if len(words) > quartzYear {
		var err *Error
		if s.years, err = parseYears(words[quartzYear]); err != nil {
			return Schedule{}, err
		}
	}
	if !s.fires() {
		return Schedule{}, s.never(words)
	}
	return s, nil
}

// parseTimes reads the fields that are plain sets.
func (s *Schedule) parseTimes(words []word) *Error {
	var sets [5]uint64
	for _, i := range []int{0, 1, 2, 4} {
		var err *Error
		if sets[i], err = quartzFields[i].parse(words[i]); err != nil {
			return err
		}
	}
	s.sec, s.min, s.hour, s.month = sets[0], sets[1], uint32(sets[2]), uint16(sets[4])
	return nil
}

// parseDays reads the two fields of days, of which one is a question mark.
func (s *Schedule) parseDays(day, weekday word) *Error {
	if err := cmp.Or(loneQuestionMark(quartzDay, day), loneQuestionMark(quartzWeekday, weekday)); err != nil {
		return err
	}
	if (day.text == "?") == (weekday.text == "?") {
		return notOneQuestionMark(day, weekday)
	}
	s.domStar, s.dowStar = day.text[0] == '*', weekday.text[0] == '*'
	if day.text == "?" {
		s.dom, s.domStar = everyDayOfMonth, true
		return s.parseWeek(weekday)
	}
	s.dow, s.dowStar = everyDayOfWeek, true
	return s.parseMonth(day)
}

// loneQuestionMark refuses a question mark in a list or beside something else.
func loneQuestionMark(field int, w word) *Error {
	if w.text == "?" || !strings.Contains(w.text, "?") {
		return nil
	}
	return quartzFields[field].wrong(w, "is not understood", questionMarkHint)
}

func parseYears(w word) (*[4]uint64, *Error) {
	var years [4]uint64
	for item := range w.items() {
		r, err := quartzFields[quartzYear].parseItem(item)
		if err != nil {
			return nil, err
		}
		for n := r.from - firstYear; n <= r.to-firstYear; n += r.step {
			years[n/64] |= 1 << (n % 64)
		}
	}
	if years == everyYear() {
		return nil, nil //nolint:nilnil // no set is every year
	}
	return &years, nil
}

func notOneQuestionMark(day, weekday word) *Error {
	f := &quartzFields[quartzWeekday]
	switch {
	case day.text == "?":
		return f.wrong(weekday, "is a second question mark", "write * for the day of month")
	case weekday.text == "*":
		return f.wrong(weekday, "has no ? on either side, and Quartz wants one", "write ? for the day of week")
	case day.text == "*":
		return quartzFields[quartzDay].wrong(day, "is not a ? though there is a day of week", "write ? for the day of month")
	}
	return f.wrong(weekday, fmt.Sprintf("is there besides the day of month %q, and Quartz takes one of the two", shorten(day.text)),
		"write ? for one of them, or make two schedules")
}

// never says why s has no date.
func (s *Schedule) never(words []word) *Error {
	i := quartzDay
	if words[i].text == "?" {
		i = quartzWeekday
	}
	f, always := &quartzFields[i], *s
	always.years = nil
	if s.years != nil && always.fires() {
		return f.wrong(words[i], "never fires, as it does not occur in any of the years", "use another year, or leave out the years")
	}
	if i == quartzWeekday {
		return f.wrong(words[i], "never fires, as its months have no such day", "use another day")
	}
	return f.wrong(words[i], "never fires, as none of its months has such a day", lastDayHint(s.month))
}

func notSix(expr string, words []word) *Error {
	e := &Error{
		Item: shorten(expr), Column: 1, Suggestion: `use six fields, as in "0 30 2 * * ?": second, minute, hour, day of month, month, day of week; and a year if need be`,
		Reason: fmt.Sprintf("has %s, and Quartz has 6 or 7", fields(len(words))),
	}
	if len(words) == 0 {
		e.Reason = "is empty"
		return e
	}
	if s, err := parseUnix(expr); err == nil {
		if text, err := s.Quartz(); err == nil && len(text) <= mostHint {
			e.Reason += "; it is unix cron"
			e.Suggestion = fmt.Sprintf("write %q, or say that it is unix", text)
		}
	}
	return e
}

// quartzHint says what somebody who wrote item, and value in it, may have
// meant.
func (f *field) quartzHint(item, value string) string {
	day := f.name == quartzFields[quartzDay].name || f.name == quartzFields[quartzWeekday].name
	switch {
	case day && strings.ContainsAny(item, "cC"):
		return "C is not part of Quartz any more: write the day without it, and keep days to leave out in a calendar"
	case f.name == "month" && value == "0":
		return "months are 1 to 12: write 1 for january"
	case f.name == "day of week" && (value == "0" || value == "8"):
		return "days of the week are 1 to 7: write 1 for sunday"
	case strings.Contains(item, "?"):
		return questionMarkHint
	case !day && strings.ContainsAny(item, "LW#"):
		return "L, W and # are for days; " + f.extent()
	case strings.HasPrefix(item, "*"):
		return "only a step may follow an asterisk, as in */5"
	}
	return f.extent()
}
