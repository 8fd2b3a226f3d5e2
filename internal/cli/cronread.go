package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// english is the dialect of plain words: nothing is stored in it.
const english cron.Dialect = "english"

// readExpression reads what a person typed. With no dialect it may be cron of
// either, an interval, or English. The zone is empty unless the text names one.
func readExpression(text string, dialect cron.Dialect) (trigger cron.Trigger, zone string, err error) {
	switch dialect {
	case "":
		return readExpression(text, guess(text))
	case english:
		if isAnchored.MatchString(text) { // "every 2 weeks from …", which is English, too
			return readExpression(text, cron.Intervals)
		}
		trigger, zone, err = cron.ParseEnglish(text)
	case cron.Unix, cron.Quartz, cron.Intervals:
		trigger, err = cron.ParseDialect(dialect, text)
	default:
		return nil, "", fault.New(fault.Invalid, "%q is no dialect; there is unix, quartz, every and english", dialect).In("dialect")
	}
	if err != nil {
		return nil, "", wrongCron(text, err)
	}
	return trigger, zone, nil
}

var (
	isAnchored = regexp.MustCompile(`(?i)^\s*(every\s+)?(\d+\s+)?[a-z]+\s+from\s+\d{4}-`)
	isInterval = regexp.MustCompile(`(?i)^\s*\d+\s+(second|minute|hour|day|week)`)
	isCron     = regexp.MustCompile(`^\s*(@|[-0-9*/,?]+(\s+[-0-9*/,?]+|\s*$))|[*?]`)
)

// guess tells what a text is written in: cron begins with fields of digits and
// signs, or has an asterisk or a question mark somewhere.
func guess(text string) cron.Dialect {
	switch {
	case isAnchored.MatchString(text), isInterval.MatchString(text):
		return cron.Intervals
	case isCron.MatchString(text):
		return cron.Detect(text)
	}
	return english
}

// dialectOf returns the language that a trigger is written in.
func dialectOf(t cron.Trigger) cron.Dialect {
	if s, ok := t.(cron.Schedule); ok {
		return s.Dialect()
	}
	return cron.Intervals
}

// wrongCron shows what is wrong with a text, and where.
func wrongCron(text string, err error) error {
	wrong, ok := errors.AsType[*cron.Error](err)
	if !ok {
		return fault.New(fault.Invalid, "%v", err).In("expr")
	}
	lines := []string{reason(wrong)}
	if wrong.Column > 0 && text != "" {
		line, marker := pointAt(text, wrong.Column)
		lines = append(lines, "  "+line, "  "+marker)
	}
	if wrong.Suggestion != "" {
		lines = append(lines, wrong.Suggestion)
	}
	return fault.New(fault.Invalid, "%s", strings.Join(lines, "\n")).In("expr")
}

func reason(wrong *cron.Error) string {
	switch {
	case wrong.Field != "" && wrong.Item != "":
		return fmt.Sprintf("%s %q: %s", wrong.Field, wrong.Item, wrong.Reason)
	case wrong.Field != "":
		return wrong.Field + ": " + wrong.Reason
	}
	return "the expression " + wrong.Reason
}

// pointAt returns text as one line that a terminal has room for, and the line
// below it that marks a column, counted in bytes.
func pointAt(text string, column int) (line, marker string) {
	const around = 36
	at := utf8.RuneCountInString(text[:min(column-1, len(text))])
	runes := []rune(oneLine(text))
	begin, end := max(0, at-around), min(len(runes), at+around)
	line = string(runes[begin:end])
	if begin > 0 {
		line, at = "…"+line, at+1
	}
	if end < len(runes) {
		line += "…"
	}
	return line, strings.Repeat(" ", at-begin) + "^"
}
