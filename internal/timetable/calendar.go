package timetable

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// The forms of a calendar's texts. Those of one form are in order as strings.
const (
	dayForm    = time.DateOnly
	yearlyForm = "01-02"
	clockForm  = "15:04"
	dayEnd     = "24:00"
)

// Excluded returns the title of what leaves out a local time: the first
// exclusion of c that has it, and false if none does.
func Excluded(c job.Calendar, local time.Time) (title string, ok bool) {
	for _, x := range c.Exclusions {
		if excludes(x, local) {
			return cmp.Or(x.Title, c.Title, c.Name), true
		}
	}
	return "", false
}

// excludes reports whether x has a local time. A stretch over midnight belongs
// to the day on which it begins.
func excludes(x job.Exclusion, local time.Time) bool {
	start, end := hours(x)
	clock := local.Format(clockForm)
	year, month, day := local.Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if start < end {
		return start <= clock && clock < end && hasDay(x, today)
	}
	return clock >= start && hasDay(x, today) || clock < end && hasDay(x, today.AddDate(0, 0, -1))
}

func hours(x job.Exclusion) (start, end string) {
	return cmp.Or(x.Start, "00:00"), cmp.Or(x.End, dayEnd)
}

func hasDay(x job.Exclusion, day time.Time) bool {
	return hasDate(x, day) && (len(x.Weekdays) == 0 || slices.ContainsFunc(x.Weekdays, func(name string) bool {
		return strings.EqualFold(name, day.Weekday().String())
	}))
}

func hasDate(x job.Exclusion, day time.Time) bool {
	if x.From == "" {
		return true
	}
	from, to, date := x.From, cmp.Or(x.To, x.From), day.Format(dayForm)
	if yearly(from) {
		date = day.Format(yearlyForm)
		if to < from { // over new year
			return date >= from || date <= to
		}
	}
	return from <= date && date <= to
}

// yearly reports whether a date of an exclusion comes every year.
func yearly(date string) bool { return len(date) == len(yearlyForm) }

// CheckCalendar reports what in c has no meaning, or could mean two things, as
// a [fault.Invalid] that names the field.
func CheckCalendar(c job.Calendar) error {
	if err := CheckName("name", c.Name); err != nil {
		return err
	}
	if !oneLine(c.Title) {
		return fault.New(fault.Invalid, "The title must be one line of at most %d bytes.", maxLine).In("title")
	}
	if len(c.Exclusions) > mostExclusions {
		return fault.New(fault.Invalid, "There are %d exclusions; %d is the most.", len(c.Exclusions), mostExclusions).In("exclusions")
	}
	for i, x := range c.Exclusions {
		if field, wrong := checkExclusion(x); wrong != "" {
			return fault.New(fault.Invalid, "%s", wrong).In(fmt.Sprintf("exclusions[%d].%s", i, field))
		}
	}
	return nil
}

// checkExclusion returns what is wrong with x, in a sentence, and its field.
func checkExclusion(x job.Exclusion) (field, wrong string) {
	if !oneLine(x.Title) {
		return "title", fmt.Sprintf("The title must be one line of at most %d bytes.", maxLine)
	}
	if x.From == "" && x.To == "" && len(x.Weekdays) == 0 && x.Start == "" && x.End == "" {
		return "from", "An exclusion without days and times would leave out everything; switch the schedule off instead."
	}
	for _, check := range []func(job.Exclusion) (field, wrong string){checkDates, checkWeekdays, checkHours} {
		if field, wrong := check(x); wrong != "" {
			return field, wrong
		}
	}
	return "", ""
}

func checkDates(x job.Exclusion) (field, wrong string) {
	switch {
	case x.From == "" && x.To == "":
		return "", ""
	case x.From == "":
		return "from", fmt.Sprintf("The exclusion ends on %s, but does not say when it begins.", x.To)
	case !isDate(x.From):
		return "from", badDate(x.From)
	case x.To == "":
		return "", ""
	case !isDate(x.To):
		return "to", badDate(x.To)
	case yearly(x.From) != yearly(x.To):
		return "to", fmt.Sprintf("%s and %s: give both days with their year, or both without it.", x.From, x.To)
	case !yearly(x.From) && x.To < x.From:
		return "to", fmt.Sprintf("The last day, %s, is before the first, %s.", x.To, x.From)
	}
	return "", ""
}

// isDate reports whether text is a day, with its year or of every year.
func isDate(text string) bool {
	if yearly(text) {
		text = "2000-" + text // a leap year, so that 02-29 is one
	}
	_, err := time.Parse(dayForm, text)
	return err == nil
}

func badDate(text string) string {
	return fmt.Sprintf("%q is not a day; write 2026-12-24, or 12-24 for every year.", text)
}

func checkWeekdays(x job.Exclusion) (field, wrong string) {
	for _, name := range x.Weekdays {
		if !isWeekday(name) {
			return "weekdays", fmt.Sprintf("%q is not a day of the week; write monday, tuesday and so on.", name)
		}
	}
	return "", ""
}

func isWeekday(name string) bool {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(name, day.String()) {
			return true
		}
	}
	return false
}

func checkHours(x job.Exclusion) (field, wrong string) {
	switch start, end := hours(x); {
	case !isClock(start):
		return "start", badClock(start)
	case end != dayEnd && !isClock(end):
		return "end", badClock(end)
	case start == end:
		return "end", fmt.Sprintf("The exclusion begins and ends at %s; leave out both for the whole day.", start)
	}
	return "", ""
}

func isClock(text string) bool {
	_, err := time.Parse(clockForm, text)
	return err == nil && len(text) == len(clockForm)
}

func badClock(text string) string {
	return fmt.Sprintf("%q is not a time of day; write it as 09:00 or 17:30.", text)
}
