package cron

import (
	"fmt"
	"slices"
	"strings"
)

// A refusal is why a word cannot be in a text, and what to write instead.
type refusal struct{ reason, suggestion string }

var (
	oneOff    = refusal{"is a one-off, and a schedule repeats", "use a run-once time"}
	noMemory  = refusal{"cron has no memory of the last run", `use an "every" interval with a start date, or name the days, as in "on day 1, 3, 5 and 7 of every month"`}
	notInCron = refusal{"is not expressible in cron", "list the days instead"}
	aMonth    = refusal{"could be twice a month or every two months", `write "on day 1 and 15 of every month", or name the months`}
	aYear     = refusal{"could be twice a year or every two years", `write "on day 1 of january and july"`}
	aWeek     = refusal{"could be twice a week or every two weeks", "name the days of the week"}
	ownDates  = refusal{"is not of the times", "give the schedule a start or an end date"}
)

// refusals are words that people write and cron has nothing for.
var refusals = map[string]refusal{
	"next": oneOff, "this": oneOff, "tomorrow": oneOff, "today": oneOff, "tonight": oneOff, "now": oneOff,
	"biweekly": noMemory, "fortnightly": noMemory, "fortnight": noMemory, "fortnights": noMemory, "alternate": noMemory, "alternating": noMemory,
	"bimonthly": aMonth, "semimonthly": aMonth, "biannually": aYear, "biannual": aYear, "semiannually": aYear, "semiannual": aYear, "semiweekly": aWeek,
	"except": notInCron, "excluding": notInCron, "but": notInCron, "without": notInCron, "unless": notInCron, "not": notInCron,
	"holiday": notInCron, "holidays": notInCron, "sunrise": notInCron, "sunset": notInCron, "dawn": notInCron, "dusk": notInCron,
	"penultimate": notInCron, "business": {"is not expressible in cron, which knows no holidays", `write "weekday" for monday to friday`},
	"starting": ownDates, "beginning": ownDates, "until": ownDates, "till": ownDates, "ending": ownDates,
	"never": {"is no time", "switch the schedule off instead"},
}

// refuseWords refuses what has no meaning wherever it is.
func (s *sentence) refuseWords() {
	if len(s.tokens) == 0 {
		s.fail(0, "is empty", `write, for example, "every day at 02:30"`)
	}
	for i := 0; i < len(s.tokens) && s.err == nil; i++ {
		word := s.tokens[i].word
		if why, refused := refusals[word]; refused {
			s.refuse(i, why)
		}
		if dashedDate(word) {
			s.refuse(i, oneOff)
		}
		s.ambiguousDate(i)
	}
	if s.err == nil {
		s.at = 0
	}
}

// refuse says why, of a word and of what it is about.
func (s *sentence) refuse(start int, why refusal) {
	s.at = start + 1
	if word := s.tokens[start].word; word == "next" || word == "this" {
		s.at = min(s.at+1, len(s.tokens))
	}
	s.fail(start, why.reason, why.suggestion)
}

// ambiguousDate refuses "3/4" and "3.4."; after "at" it is a time.
func (s *sentence) ambiguousDate(i int) {
	word := strings.TrimSuffix(s.tokens[i].word, ".")
	first, second, ok := strings.Cut(word, "/")
	if !ok {
		first, second, ok = strings.Cut(word, ".")
	}
	a, isDay := number(first)
	b, isMonth := number(second)
	if !ok || !isDay || !isMonth {
		return
	}
	s.at = i + 1
	month := func(n int) string { return monthWords[min(max(n, 1), 12)-1] }
	switch {
	case i > 0 && s.tokens[i-1].word == "at":
		s.fail(i, "is not a time of the clock", `write it as "09:30"`)
	case a > 12 && b >= 1 && b <= 12:
		s.fail(i, "is not a date of one meaning", fmt.Sprintf(`write "on day %d of %s"`, a, month(b)))
	case b > 12 && a >= 1 && a <= 12:
		s.fail(i, "is not a date of one meaning", fmt.Sprintf(`write "on day %d of %s"`, b, month(a)))
	default:
		s.fail(i, fmt.Sprintf("could be %d %s or %s %d", a, month(b), month(a), b), fmt.Sprintf(`write "on day %d of %s"`, a, month(b)))
	}
}

// failAt keeps an error about a clause that was read before.
func (s *sentence) failAt(start int, reason, suggestion string) {
	if s.err == nil {
		s.at = s.clauseEnd(start)
		s.fail(start, reason, suggestion)
	}
}

// clauseEnd returns where the clause that begins at a token ends, roughly: at
// the next word that announces one.
func (s *sentence) clauseEnd(start int) int {
	for i := start + 1; i < len(s.tokens); i++ {
		if slices.Contains([]string{"every", "each", "at", "from", "between", "in", "on", "if"}, s.tokens[i].word) {
			return i
		}
	}
	return len(s.tokens)
}

// unexpected refuses the next word where it is.
func (s *sentence) unexpected(suggestion string) {
	if s.err != nil {
		return
	}
	start := s.at
	word := s.peek(0)
	switch known := s.known(); {
	case word == "":
		s.failEnd(suggestion)
	case word == "utc":
		s.zoneWithoutIn()
	case zoneHint(word) != zoneHint(""):
		s.at++
		s.fail(start, "is not an IANA zone", abbreviationHint(word))
	case strings.Contains(word, "/"):
		s.zoneWithoutIn()
	case known:
		s.at++
		s.misplaced(start, suggestion)
	default:
		s.at++
		s.fail(start, "unknown word", nearestWord(word))
	}
}

// zoneWithoutIn refuses a word with a slash.
func (s *sentence) zoneWithoutIn() {
	start := s.at
	zone, _ := s.zoneOf(start)
	s.at++
	if zone == "" {
		s.fail(start, "unknown word", "")
		return
	}
	s.fail(start, "is a zone without \"in\"", fmt.Sprintf("write %q", "in "+zone))
}

func (s *sentence) failEnd(suggestion string) {
	s.fail(len(s.tokens), "ends too early", suggestion)
}

// misplaced refuses a word that has its place elsewhere.
func (s *sentence) misplaced(start int, suggestion string) {
	if word := s.tokens[start].word; suggestion == "" && (word == "and" || word == "or") {
		suggestion = "make two schedules"
	}
	s.fail(start, "does not fit here", suggestion)
}

func abbreviationHint(word string) string {
	hint := zoneHint(word)
	if place, ok := strings.CutPrefix(hint, "use a place, such as "); ok {
		return fmt.Sprintf(`write a place, such as "in %s"`, place)
	}
	return `write "in UTC"`
}

// place reads the zone, which must be the last word.
func (s *sentence) place() {
	start := s.at
	zone, end := s.zoneOf(start)
	switch {
	case zone == "" && strings.Contains(s.peek(0), "/"):
		s.at++
		s.fail(start, "is not in the time zone database", "use a name such as America/New_York, or UTC")
	case zone == "":
		s.unexpected("name a month, a year or a zone")
	case end < len(s.tokens):
		s.fail(start, "is a zone before the end", "write the zone at the end")
	}
	s.zone, s.at = zone, len(s.tokens)
}

// zoneOf returns the zone that is written from a token to the next blank, or
// "", and the token after it.
func (s *sentence) zoneOf(start int) (zone string, end int) {
	name := s.text[s.tokens[start].from:]
	if blank := strings.IndexAny(name, " \t"); blank >= 0 {
		name = name[:blank]
	}
	end = start
	for end < len(s.tokens) && s.tokens[end].from < s.tokens[start].from+len(name) {
		end++
	}
	for _, spelling := range []string{name, capitals(name), strings.ToUpper(name)} {
		if _, err := Zone(spelling); err == nil {
			return spelling, end
		}
	}
	return "", end
}

// capitals writes the name of a place, as "Europe/Berlin" or
// "America/New_York".
func capitals(name string) string {
	text := []byte(lower(name))
	for i, c := range text {
		if c >= 'a' && c <= 'z' && (i == 0 || text[i-1] == '/' || text[i-1] == '_' || text[i-1] == '-') {
			text[i] = c - 'a' + 'A'
		}
	}
	return string(text)
}

// nearestWord suggests a word that is spelled nearly like one.
func nearestWord(word string) string {
	const longest = 20
	if len(word) < 4 || len(word) > longest {
		return ""
	}
	best, least := "", 3
	for _, list := range [][]string{vocabulary, weekdayWords[:], monthWords[:], ordinals[:], {"minute", "minutes", "second", "seconds", "hour", "hours"}} {
		for _, known := range list {
			if d := distance(word, known); d < least {
				best, least = known, d
			}
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// distance is how many letters must change to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0]++
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// noMemory refuses what depends on when it ran last.
func (s *sentence) noMemory(start int, unit string) {
	hint := noMemory.suggestion
	switch unit {
	case "month", "quarter":
		hint = `name the months, as in "on day 1 of january, march and may"`
	case "year":
		hint = `name the years, as in "in 2026, 2028 and 2030"`
	case "":
		hint = `use an "every" interval with a start date, or count in the month, as in "on the second friday of every month"`
	}
	s.fail(start, noMemory.reason, hint)
}

func (s *sentence) oneOff(start int) {
	s.fail(start, oneOff.reason, oneOff.suggestion)
}

// divides refuses an interval that does not divide what it is in.
func (s *sentence) divides(start int) {
	n, unit := s.times.n, s.times.often
	whole, size, restart := "hour", 60, ":00"
	switch unit {
	case "second":
		whole = "minute"
	case "hour":
		whole, size, restart = "day", 24, "00:00"
	}
	switch {
	case n == 0:
		s.fail(start, "is no interval", "use 1 or more")
	case n == 24 && unit == "hour":
		s.fail(start, "does not say at what time", `write "every day at 09:00"`)
	case n > size || size%n != 0:
		s.fail(start, fmt.Sprintf("does not divide the %s evenly: cron would restart at %s", whole, restart),
			fmt.Sprintf(`use an "every" interval, as in "%d %ss from 2026-01-05 08:00", or name the %ss`, n, unit, unit))
	}
}

func (s *sentence) notClock(start int) {
	s.fail(start, "is not a time of the clock", `write it as "09:05", "9:05pm" or "9pm"`)
}

// bareNumber refuses an hour that could be two.
func (s *sentence) bareNumber(start, hour int) {
	switch {
	case hour >= 1 && hour <= 12:
		s.fail(start, fmt.Sprintf("could be %02d:00 or %02d:00", hour%12, hour%12+12), fmt.Sprintf(`write "%[1]d:00", which is read as a 24-hour clock, "%[1]dam" or "%[1]dpm"`, hour))
	case hour < 24:
		s.fail(start, "is not a time of the clock", fmt.Sprintf(`write "%02d:00"`, hour))
	default:
		s.notClock(start)
	}
}

func (s *sentence) secondLast(start int) {
	s.at++
	s.take("last")
	hint := notInCron.suggestion
	if _, week := s.weekAt(0); week {
		s.at++
	} else if s.take("day") {
		hint = `write "1 day before the last day"`
	}
	s.fail(start, notInCron.reason, hint)
}
