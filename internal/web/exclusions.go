package web

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/beadle-jobs/beadle/internal/job"
)

// writeExclusion says which times an exclusion leaves out, as [readExclusion]
// reads it: "24 December to 2 January every year", "on Saturday and Sunday",
// "from 09:00 to 17:30".
func writeExclusion(x job.Exclusion) string {
	return join(" ", writeDays(x), writeWeekdays(x.Weekdays), writeHours(x))
}

// writeLine is an exclusion as a line of the form: its title goes before.
func writeLine(x job.Exclusion) string { return join(": ", x.Title, writeExclusion(x)) }

func writeLines(all []job.Exclusion) string {
	lines := make([]string, len(all))
	for i, x := range all {
		lines[i] = writeLine(x)
	}
	return strings.Join(lines, "\n")
}

func writeDays(x job.Exclusion) string {
	days := writeDay(x.From)
	if x.To != "" && x.To != x.From {
		days += " to " + writeDay(x.To)
	}
	if len(x.From) == len(dayOfYear) {
		days += " every year"
	}
	return days
}

// dayOfYear is how a calendar writes a day that comes every year.
const dayOfYear = "01-02"

func writeDay(day string) string {
	if t, err := time.Parse(time.DateOnly, day); err == nil {
		return t.Format("2 January 2006")
	}
	if t, err := time.Parse(time.DateOnly, "2000-"+day); err == nil { // a leap year has every day
		return t.Format("2 January")
	}
	return day
}

func writeWeekdays(names []string) string {
	if len(names) == 0 {
		return ""
	}
	days := make([]string, len(names))
	for i, name := range names {
		days[i] = capital(strings.ToLower(name))
	}
	return "on " + enumerated(days)
}

func writeHours(x job.Exclusion) string {
	if x.Start == "" && x.End == "" {
		return ""
	}
	start, end := cmp.Or(x.Start, "00:00"), cmp.Or(x.End, "24:00")
	hours := "from " + start + " to " + end
	if end < start {
		hours += " of the next day"
	}
	return hours
}

// enumerated puts all into a sentence: "a, b and c".
func enumerated(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " and " + all[last]
}

// A typedLine is a line of the form, and what it means.
type typedLine struct {
	Number int
	job.Exclusion
	Wrong string // why it cannot be read
}

// readLines reads exclusions, each on a line of its own.
func readLines(text string) (all []typedLine) {
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			x, wrong := readLine(line)
			all = append(all, typedLine{i + 1, x, wrong})
		}
	}
	return all
}

func readLine(line string) (job.Exclusion, string) {
	title, words := "", line
	if i := strings.LastIndex(line, ": "); i >= 0 {
		title, words = strings.TrimSpace(line[:i]), line[i+2:]
	}
	x, wrong := readExclusion(words)
	x.Title = title
	return x, wrong
}

// readExclusion reads days, days of the week and times of day, in whatever
// order; what makes no sense together is for others to refuse.
func readExclusion(text string) (x job.Exclusion, wrong string) {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
	r := exclusionReader{words: slices.DeleteFunc(words, func(word string) bool { return slices.Contains(fillers, word) })}
	for len(r.words) > 0 && r.wrong == "" {
		r.next()
	}
	if r.wrong == "" && r.to {
		r.wrong = fmt.Sprintf("“%s” does not say until when.", text)
	}
	return r.x, r.wrong
}

// An exclusionReader goes through the words of an exclusion.
type exclusionReader struct {
	words []string
	x     job.Exclusion
	to    bool // what comes next ends a stretch
	wrong string
}

// fillers are words that make a sentence and mean nothing.
var fillers = []string{"and", "&", "on", "from", "at", "of", "the", "every", "each", "year", "next", "day"}

func (r *exclusionReader) next() {
	word := r.words[0]
	switch {
	case slices.Contains([]string{"to", "until", "till", "-", "–"}, word):
		r.to, r.words = true, r.words[1:]
	case r.readDay() || r.readWeekday(word) || r.readClock(word):
		r.to = false
	default:
		r.wrong = fmt.Sprintf("“%s” is neither a day, nor a day of the week, nor a time of day. Write it like “Winter break: 24 December to 2 January”, “on Saturday and Sunday” or “from 09:00 to 17:30”.", word)
	}
}

// put fills the beginning of a stretch, or its end.
func (r *exclusionReader) put(from, to *string, value, what string) {
	slot := from
	if r.to {
		slot = to
	}
	if *slot != "" {
		r.wrong = "It has two stretches of " + what + ". Give each a line of its own."
	}
	*slot = value
}

var isDay = regexp.MustCompile(`^(\d{4}-)?\d\d-\d\d$`)

// readDay reads 2026-12-24, 12-24, 24 December 2026 or December 24.
func (r *exclusionReader) readDay() bool {
	day, used := r.words[0], 1
	if !isDay.MatchString(day) {
		if day, used = spelledDay(r.words); used == 0 {
			return false
		}
	}
	r.put(&r.x.From, &r.x.To, day, "days")
	r.words = r.words[used:]
	return true
}

// spelledDay reads a day with the name of its month, and says how many words
// that took.
func spelledDay(words []string) (day string, used int) {
	if len(words) < 2 {
		return "", 0
	}
	number, month := dayNumber(words[0]), monthOf(words[1])
	if number == 0 {
		number, month = dayNumber(words[1]), monthOf(words[0])
	}
	if number == 0 || month == 0 {
		return "", 0
	}
	day = fmt.Sprintf("%02d-%02d", month, number)
	if len(words) > 2 && isYear.MatchString(words[2]) {
		return words[2] + "-" + day, 3
	}
	return day, 2
}

var (
	isYear   = regexp.MustCompile(`^\d{4}$`)
	isNumber = regexp.MustCompile(`^(\d\d?)(\.|st|nd|rd|th)?$`)
)

func dayNumber(word string) int {
	found := isNumber.FindStringSubmatch(word)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1]) // the pattern has digits
	return n
}

func monthOf(word string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if name := strings.ToLower(m.String()); word == name || strings.TrimSuffix(word, ".") == name[:3] {
			return m
		}
	}
	return 0
}

var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// readWeekday reads monday, mondays, mon, weekdays or weekend. After "to" it
// ends a stretch of them.
func (r *exclusionReader) readWeekday(word string) bool {
	first, last := weekdayOf(word), weekdayOf(word)
	switch {
	case strings.TrimSuffix(word, "s") == "weekday":
		first, last = 0, 4
	case strings.TrimSuffix(word, "s") == "weekend":
		first, last = 5, 6
	case first < 0:
		return false
	case r.to && len(r.x.Weekdays) > 0:
		first = weekdayOf(r.x.Weekdays[len(r.x.Weekdays)-1])
	}
	for i := first; ; i = (i + 1) % 7 {
		if !slices.Contains(r.x.Weekdays, weekdays[i]) {
			r.x.Weekdays = append(r.x.Weekdays, weekdays[i])
		}
		if i == last {
			break
		}
	}
	r.words = r.words[1:]
	return true
}

func weekdayOf(word string) int {
	return slices.IndexFunc(weekdays, func(name string) bool {
		return strings.TrimSuffix(word, "s") == name || strings.TrimSuffix(word, ".") == name[:3]
	})
}

var isClock = regexp.MustCompile(`^\d?\d:\d\d$`)

func (r *exclusionReader) readClock(word string) bool {
	if !isClock.MatchString(word) {
		return false
	}
	if len(word) < len("09:00") {
		word = "0" + word
	}
	r.put(&r.x.Start, &r.x.End, word, "hours")
	r.words = r.words[1:]
	return true
}
