package cron

import (
	"fmt"
	"strings"
)

// maxText is the longest expression that Parse reads, in bytes.
const maxText = 512

var unixFields = [5]field{
	{name: "minute", max: 59},
	{name: "hour", max: 23},
	{name: "day of month", min: 1, max: 31},
	{name: "month", min: 1, max: 12, names: monthNames},
	{name: "day of week", max: 7, names: dayNames},
}

// macros are the expressions that have a name.
var macros = map[string]string{
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
	"@monthly":  "0 0 1 * *",
	"@weekly":   "0 0 * * 0",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@hourly":   "0 * * * *",
}

func parseUnix(expr string) (Schedule, *Error) {
	if err := tooLong(expr); err != nil {
		return Schedule{}, err
	}
	words := split(expr)
	if err := zoned(words); err != nil {
		return Schedule{}, err
	}
	s, err := parseFields(expr, words)
	s.text, s.dialect = expr, Unix
	return s, err
}

// zoned returns an error for expressions that begin with a zone, as some
// crontabs have it.
func zoned(words []word) *Error {
	if len(words) == 0 || !strings.HasPrefix(words[0].text, "TZ=") && !strings.HasPrefix(words[0].text, "CRON_TZ=") {
		return nil
	}
	return &Error{
		Item: shorten(words[0].text), Column: words[0].column, Reason: "is not part of an expression",
		Suggestion: "take it out, and name the zone beside the expression",
	}
}

// tooLong returns an error for expressions that are not even looked at.
func tooLong(expr string) *Error {
	if len(expr) <= maxText {
		return nil
	}
	return &Error{
		Item: shorten(expr), Column: 1, Reason: "is longer than 512 bytes",
		Suggestion: "use ranges and steps, or several schedules",
	}
}

func parseFields(expr string, words []word) (Schedule, *Error) {
	if len(words) == 1 && words[0].text[0] == '@' {
		text, known := macros[words[0].text]
		if !known {
			return Schedule{}, notMacro(words[0])
		}
		return parseFields(text, split(text))
	}
	if len(words) != len(unixFields) {
		return Schedule{}, notFive(expr, words)
	}
	var sets [len(unixFields)]uint64
	for i, field := range unixFields {
		var err *Error
		if sets[i], err = field.parse(words[i]); err != nil {
			return Schedule{}, err
		}
	}
	s := Schedule{
		sec: 1, min: sets[0], hour: uint32(sets[1]), dom: uint32(sets[2]), month: uint16(sets[3]),
		dow:     uint8(sets[4]&0x7f | sets[4]>>7), // 7 is Sunday too
		domStar: words[2].text[0] == '*',
		dowStar: words[4].text[0] == '*',
	}
	if !s.fires() {
		return Schedule{}, unixFields[2].wrong(words[2], "never fires, as none of its months has such a day", lastDayHint(s.month))
	}
	return s, nil
}

func lastDayHint(months uint16) string {
	if months == 1<<2 {
		return "february ends on the 28th or 29th"
	}
	return "use a day from 1 to 30"
}

// split cuts expr at its blanks.
func split(expr string) []word {
	var words []word
	for i := 0; i < len(expr); {
		rest := strings.TrimLeft(expr[i:], " \t")
		i = len(expr) - len(rest)
		text := rest
		if end := strings.IndexAny(rest, " \t"); end >= 0 {
			text = rest[:end]
		}
		if text != "" {
			words = append(words, word{text, i + 1})
		}
		i += len(text)
	}
	return words
}

func notMacro(w word) *Error {
	e := &Error{
		Item: shorten(w.text), Column: w.column, Reason: "is not the name of an expression",
		Suggestion: "use @yearly, @monthly, @weekly, @daily or @hourly",
	}
	lower := strings.ToLower(w.text)
	switch _, known := macros[lower]; {
	case known:
		e.Reason, e.Suggestion = "is written in lower case", "write "+lower
	case lower == "@reboot":
		e.Reason, e.Suggestion = "is not a time", "start the job by hand, or name a time"
	}
	return e
}

func notFive(expr string, words []word) *Error {
	e := &Error{
		Item: shorten(expr), Column: 1, Suggestion: `use five fields, as in "30 2 * * *": ` + fieldNames(),
		Reason: fmt.Sprintf("has %s, and unix cron has 5", fields(len(words))),
	}
	switch {
	case len(words) == 0:
		e.Reason = "is empty"
	case strings.EqualFold(words[0].text, "@every"):
		e.Item, e.Column = words[0].text, words[0].column
		e.Reason, e.Suggestion = "is not cron, which has no memory of the last run", "write */5 * * * * for every 5 minutes, or make it an interval: "+everyExample
	case len(words) == 6 && words[0].text == "0":
		e.Suggestion = fmt.Sprintf("leave out the seconds: %q", shorten(expr[words[1].column-1:]))
	}
	return e
}

func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

func fieldNames() string {
	var names []string
	for _, f := range unixFields {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}
