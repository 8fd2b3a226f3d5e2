package cron

import (
	"fmt"
	"strings"
	"time"
)

// A unit is what an interval is counted in.
type unit struct {
	name     string
	size     int64 // in seconds, or in days of the calendar
	calendar bool
}

// units are the ones that intervals may have, longest first of each kind.
var units = [...]unit{
	{"week", 7, true},
	{"day", 1, true},
	{"hour", 3600, false},
	{"minute", 60, false},
	{"second", 1, false},
}

// mostUnits is the largest number of them.
const mostUnits = 999_999

const everyExample = "90 minutes from 2026-01-05 08:00"

// parseEvery reads ["every"] [number] unit "from" date time.
func parseEvery(text string) (Every, *Error) {
	if err := tooLong(text); err != nil {
		return Every{}, err
	}
	words := split(text)
	if len(words) > 0 && strings.EqualFold(words[0].text, "every") {
		words = words[1:]
	}
	if len(words) == 0 {
		return Every{}, wrongInterval("interval", word{text, 1}, "is empty", "write "+everyExample)
	}
	n, words, err := parseCount(words)
	if err != nil {
		return Every{}, err
	}
	u, err := parseUnit(words[0])
	if err != nil {
		return Every{}, err
	}
	from, err := parseAnchor(text, words[1:])
	if err != nil {
		return Every{}, err
	}
	return Every{text: text, calendar: u.calendar, step: n * u.size, from: from}, nil
}

// parseCount reads the number of units, which is 1 if there is none, and
// returns the words after it: at least one.
func parseCount(words []word) (int64, []word, *Error) {
	w := words[0]
	if w.text[0] != '-' && w.text[0] != '+' && (w.text[0] < '0' || w.text[0] > '9') {
		return 1, words, nil
	}
	n, ok := number(w.text)
	switch {
	case !ok:
		return 0, nil, wrongInterval("interval", w, "is not a whole number", "write 90 minutes for one and a half hours")
	case n == 0:
		return 0, nil, wrongInterval("interval", w, "is no interval", "use a number of 1 or more")
	case n > mostUnits:
		return 0, nil, wrongInterval("interval", w, "is too large", fmt.Sprintf("use a longer unit, or a number up to %d", mostUnits))
	case len(words) == 1:
		return 0, nil, wrongInterval("unit", w, "has no unit", "write "+everyExample)
	}
	return int64(n), words[1:], nil
}

func parseUnit(w word) (unit, *Error) {
	name := strings.TrimSuffix(strings.ToLower(w.text), "s")
	for _, u := range units {
		if u.name == name {
			return u, nil
		}
	}
	hint := "use seconds, minutes, hours, days or weeks"
	switch name {
	case "min", "sec", "hr", "h", "m", "s", "d", "w":
		hint = "write the unit in full: " + hint[len("use "):]
	case "month", "year":
		hint = "months and years are not equally long: use cron, such as 0 8 1 * *"
	}
	return unit{}, wrongInterval("unit", w, "is not a unit", hint)
}

// parseAnchor reads "from", a date and a time.
func parseAnchor(text string, words []word) (int64, *Error) {
	if len(words) == 0 {
		return 0, wrongInterval("start", word{text, 1}, "does not say from when", "add the local date and time of the first firing: "+everyExample)
	}
	if !strings.EqualFold(words[0].text, "from") {
		return 0, wrongInterval("start", words[0], "is not understood", `write "from" and the local date and time of the first firing: `+everyExample)
	}
	switch len(words) {
	case 1, 2:
		return 0, wrongInterval("start", words[len(words)-1], "has no date and time", "write both: from 2026-01-05 08:00")
	case 3:
		return parseClock(words[1], words[2])
	}
	return 0, wrongInterval("start", words[3], "is not understood", "nothing comes after the time; the zone is not part of an interval")
}

// parseClock returns the wall second of a date and a time of the day.
func parseClock(day, clock word) (int64, *Error) {
	date, err := time.Parse(time.DateOnly, day.text)
	switch {
	case err != nil:
		return 0, wrongInterval("start", day, "is not a date", "write year, month and day: 2026-01-05")
	case date.Year() < firstYear || date.Year() > lastYear:
		return 0, wrongInterval("start", day, "is not in the calendar", fmt.Sprintf("use a year from %d to %d", firstYear, lastYear))
	}
	at, err := time.Parse("15:04", clock.text)
	if err != nil {
		at, err = time.Parse(time.TimeOnly, clock.text)
	}
	if err != nil || at.Nanosecond() != 0 || len(clock.text) != len("15:04") && len(clock.text) != len(time.TimeOnly) {
		return 0, wrongInterval("start", clock, "is not a time of the day", "write it as 08:00 or 08:00:30, from 00:00 to 23:59:59")
	}
	return date.Unix() + int64(at.Hour()*3600+at.Minute()*60+at.Second()), nil
}

func wrongInterval(field string, w word, reason, suggestion string) *Error {
	return &Error{Field: field, Item: shorten(w.text), Column: w.column, Reason: reason, Suggestion: suggestion}
}
