package cron

import (
	"fmt"
	"math/bits"
	"strings"
)

// Unix returns s as an expression of the unix dialect, the same one for all
// schedules that are [Schedule.Equal]. What unix cron cannot say is an [*Error]
// that names it; nothing is ever approximated.
func (s Schedule) Unix() (string, error) {
	n := s.normal()
	if err := s.notUnix(&n); err != nil {
		return "", err
	}
	return s.finish(Unix, []string{
		clockFields[1].print(n.min), clockFields[2].print(uint64(n.hour)),
		n.unixDay(), monthField.print(uint64(n.month)), n.unixWeekday(),
	})
}

// Quartz returns s as an expression of the Quartz dialect, the same one for all
// schedules that are [Schedule.Equal], with a year only if it needs one. What
// Quartz cannot say is an [*Error] that names it.
func (s Schedule) Quartz() (string, error) {
	n := s.normal()
	if err := s.notQuartz(&n); err != nil {
		return "", err
	}
	day, weekday := n.quartzDay(), "?"
	if n.dow != everyDayOfWeek {
		day, weekday = "?", n.quartzWeekday()
	}
	texts := []string{
		clockFields[0].print(n.sec), clockFields[1].print(n.min), clockFields[2].print(uint64(n.hour)),
		day, monthField.print(uint64(n.month)), weekday,
	}
	if n.years != nil {
		texts = append(texts, yearField.printYears(n.years))
	}
	return s.finish(Quartz, texts)
}

// Portable reports whether Quartz itself fires as s does when it is given what
// s.Quartz returns. It does not take several of n#k and nL, or other days beside
// one, and it loses all but one of the times of a day that W has moved.
func (s Schedule) Portable() bool {
	n := s.normal()
	marked := bits.OnesCount8(n.lastDow)
	for _, ks := range n.nth {
		marked += bits.OnesCount8(ks)
	}
	if marked > 1 || marked == 1 && n.dow != 0 {
		return false
	}
	times := bits.OnesCount64(n.sec) * bits.OnesCount64(n.min) * bits.OnesCount32(n.hour)
	_, err := s.Quartz()
	return err == nil && (n.near|n.nearBack == 0 || times == 1)
}

// finish joins the fields of an expression of d.
func (s *Schedule) finish(d Dialect, texts []string) (string, error) {
	text := strings.Join(texts, " ")
	if len(text) > maxText {
		return "", &Error{
			Item: shorten(s.text), Column: 1, Reason: fmt.Sprintf("is longer than %d bytes in %s", maxText, d),
			Suggestion: "make several schedules",
		}
	}
	return text, nil
}

// notUnix says what of s, whose normal form is n, unix cron has no words for.
func (s *Schedule) notUnix(n *Schedule) error {
	const quartzOnly = "keep it as Quartz"
	switch {
	case n.month == 0:
		return s.cannot("", "never fires", "")
	case n.sec != 1:
		return s.cannot("second", "is not second 0, and unix cron has no seconds", "use 0, or "+quartzOnly)
	case n.near|n.nearBack != 0:
		return s.cannot("day of month", "is moved to a weekday, which unix cron cannot", "name the days, or "+quartzOnly)
	case n.back != 0:
		return s.cannot("day of month", "counts from the end of the month, which unix cron cannot", "name the days, or "+quartzOnly)
	case n.lastDow != 0:
		return s.cannot("day of week", "is the last of the month, which unix cron cannot say", quartzOnly)
	case n.nth != [7]uint8{}:
		return s.cannot("day of week", "is counted in the month, which unix cron cannot", quartzOnly)
	case n.years != nil:
		return s.cannot("year", "is not every year, and unix cron has no years", "let the schedule start and end on a date, or "+quartzOnly)
	case n.bothRestricted() && n.domStar && n.unixBoth() == neither:
		return s.cannot("day of month", "must match together with the day of week, which unix cron can say only of day 1 or sunday", "make the job check the day")
	}
	return nil
}

// notQuartz says what of s, whose normal form is n, Quartz has no words for.
func (s *Schedule) notQuartz(n *Schedule) error {
	switch {
	case n.month == 0:
		return s.cannot("", "never fires", "")
	case n.bothRestricted() && n.domStar:
		return s.cannot("day of week", "must match together with the day of month, and Quartz takes one of the two", "keep it as unix cron")
	case n.bothRestricted():
		return s.cannot("day of week", "is enough, and so is the day of month, and Quartz takes one of the two", n.twoSchedules())
	}
	return nil
}

// mostHint is how many bytes of cron a suggestion may hold.
const mostHint = 120

// twoSchedules says how to have either day, of a schedule in normal form.
func (s *Schedule) twoSchedules() string {
	byMonth, byWeek := *s, *s
	byMonth.dow, byMonth.dowStar = everyDayOfWeek, true
	byWeek.dom, byWeek.domStar = everyDayOfMonth, true
	first, _ := byMonth.Quartz()
	second, _ := byWeek.Quartz()
	if len(first)+len(second) > mostHint {
		return "make two schedules, one for each"
	}
	return fmt.Sprintf("make two schedules: %q and %q", first, second)
}

// bothRestricted reports whether a schedule in normal form depends on the day
// of the month and on the day of the week.
func (s *Schedule) bothRestricted() bool {
	return s.dom != everyDayOfMonth && (s.dow != everyDayOfWeek)
}

// cannot is an error about a field of s.
func (s *Schedule) cannot(field, reason, suggestion string) error {
	w := s.wordOf(field)
	return &Error{Field: field, Item: shorten(w.text), Column: w.column, Reason: reason, Suggestion: suggestion}
}

// wordOf returns how a field of s was written, or the whole expression.
func (s *Schedule) wordOf(field string) word {
	words := split(s.text)
	fields := unixFields[:]
	if s.dialect == Quartz {
		fields = quartzFields[:]
	}
	for i := range min(len(words), len(fields)) {
		if fields[i].name == field && len(words) >= 5 {
			return words[i]
		}
	}
	return word{s.text, 1}
}

// Which field of a unix expression begins with the asterisk that makes both
// days count.
type starred int

const (
	neither starred = iota
	starredDay
	starredWeekday
)

// unixBoth chooses it, of two restricted days: the one that is all of a step if
// there is one, else one that begins with a step.
func (s *Schedule) unixBoth() starred {
	day, weekday := &dayField, &weekdayField
	switch {
	case day.stepOf(uint64(s.dom)) > 0:
		return starredDay
	case weekday.stepOf(uint64(s.dow)) > 0:
		return starredWeekday
	case s.dom>>day.min&1 == 1:
		return starredDay
	case s.dow>>weekday.min&1 == 1:
		return starredWeekday
	}
	return neither
}

// unixDay and unixWeekday print the days of a schedule in normal form.
func (s *Schedule) unixDay() string {
	switch {
	case !s.bothRestricted():
		return dayField.print(uint64(s.dom))
	case s.domStar && s.unixBoth() == starredDay:
		return dayField.printStarred(uint64(s.dom))
	}
	return dayField.printPlain(uint64(s.dom))
}

func (s *Schedule) unixWeekday() string {
	switch {
	case !s.bothRestricted():
		return weekdayField.print(uint64(s.dow))
	case s.domStar && s.unixBoth() == starredWeekday:
		return weekdayField.printStarred(uint64(s.dow))
	}
	return weekdayField.printPlain(uint64(s.dow))
}

// quartzDay prints the days of the month.
func (s *Schedule) quartzDay() string {
	var texts []string
	if s.dom != 0 {
		texts = append(texts, dayField.print(uint64(s.dom)))
	}
	for n := next(uint64(s.near), 0); n < 64; n = next(uint64(s.near), n+1) {
		texts = append(texts, fmt.Sprintf("%dW", n))
	}
	texts = appendBack(texts, s.back, "")
	return strings.Join(appendBack(texts, s.nearBack, "W"), ",")
}

// appendBack prints days that are counted from the end of the month.
func appendBack(texts []string, back uint32, suffix string) []string {
	for n := next(uint64(back), 0); n < 64; n = next(uint64(back), n+1) {
		text := "L"
		if n > 0 {
			text = fmt.Sprintf("L-%d", n)
		}
		texts = append(texts, text+suffix)
	}
	return texts
}

// quartzWeekday prints the days of the week.
func (s *Schedule) quartzWeekday() string {
	var texts []string
	if s.dow != 0 {
		texts = append(texts, quartzWeekdayField.print(uint64(s.dow)<<1))
	}
	for day, ks := range s.nth {
		for k := next(uint64(ks), 0); k < 64; k = next(uint64(ks), k+1) {
			texts = append(texts, fmt.Sprintf("%d#%d", day+1, k))
		}
	}
	for set := s.lastDow; set != 0; set &= set - 1 {
		texts = append(texts, fmt.Sprintf("%dL", bits.TrailingZeros8(set)+1))
	}
	return strings.Join(texts, ",")
}
