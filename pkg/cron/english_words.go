package cron

import (
	"slices"
	"strings"
)

// A token is a word of a text, a comma, or a hyphen between two words, which
// reads as "to".
type token struct {
	word     string // in lower case
	from, to int    // its bytes in the text
}

// tokens cuts a text into words.
func tokens(text string) (all []token) {
	for _, w := range split(text) {
		from := w.column - 1
		for part := range strings.SplitAfterSeq(w.text, ",") {
			word, comma := strings.CutSuffix(part, ",")
			all = appendHyphened(all, word, from)
			from += len(part)
			if comma {
				all = append(all, token{",", from - 1, from})
			}
		}
	}
	return all
}

// appendHyphened adds a word, cut at its hyphens if it is a range, as in
// "mon-fri", and not a place, a date or one word.
func appendHyphened(all []token, text string, from int) []token {
	word := lower(text)
	before, after, hyphened := strings.Cut(word, "-")
	switch {
	case text == "":
		return all
	case !hyphened || strings.ContainsAny(text, "/.") || dashedDate(word):
		return append(all, token{word, from, from + len(text)})
	case slices.Contains([]string{"bi", "semi", "half"}, before):
		return append(all, token{before + after, from, from + len(text)})
	}
	all = appendHyphened(all, before, from)
	dash := from + len(before)
	all = append(all, token{"to", dash, dash + 1})
	return appendHyphened(all, text[len(before)+1:], dash+1)
}

// lower returns text in lower case, of the letters of English only.
func lower(text string) string {
	bytes := []byte(text)
	for i, c := range bytes {
		if c >= 'A' && c <= 'Z' {
			bytes[i] = c - 'A' + 'a'
		}
	}
	return string(bytes)
}

// dashedDate reports whether a word looks like 2026-04-03.
func dashedDate(word string) bool {
	return strings.Count(word, "-") == 2 && word[0] >= '0' && word[0] <= '9' && !letter(word)
}

// A reader goes through the words of a text. After its first error it is at
// the end.
type reader struct {
	text   string
	tokens []token
	at     int // the next token
	err    *Error
}

// peek returns the n-th word from here, or "" after the end.
func (r *reader) peek(n int) string {
	if r.at+n >= len(r.tokens) {
		return ""
	}
	return r.tokens[r.at+n].word
}

// take goes on if the next word is one of words.
func (r *reader) take(words ...string) bool {
	if !slices.Contains(words, r.peek(0)) || r.peek(0) == "" {
		return false
	}
	r.at++
	return true
}

// skip goes past any number of words.
func (r *reader) skip(words ...string) {
	for r.take(words...) {
	}
}

// fail keeps the first error: about the words from a token up to here.
func (r *reader) fail(from int, reason, suggestion string) {
	if r.err != nil {
		return
	}
	r.err = &Error{Field: "text", Column: len(r.text) + 1, Reason: reason, Suggestion: suggestion}
	if from < len(r.tokens) {
		first, last := r.tokens[from], r.tokens[max(from, r.at-1)]
		r.err.Item, r.err.Column = shorten(r.text[first.from:last.to]), first.from+1
	}
	r.at = len(r.tokens)
}

// separator returns how many words from here are between items of a list: a
// comma, one of words, or both.
func (r *reader) separator(words ...string) int {
	n := 0
	if r.peek(0) == "," {
		n++
	}
	if slices.Contains(words, r.peek(n)) && r.peek(n) != "" {
		n++
	}
	return n
}

// numberAt reads the n-th word from here as a number: "15" or "two".
func (r *reader) numberAt(n int) (int, bool) {
	if i := slices.Index(numberWords, r.peek(n)); i >= 0 {
		return i + 1, true
	}
	return number(r.peek(n))
}

// ordinalAt reads the n-th word from here as an ordinal: "1st" or "first".
func (r *reader) ordinalAt(n int) (int, bool) {
	word := r.peek(n)
	if i := slices.Index(ordinals[:], word); i >= 0 {
		return i + 1, true
	}
	if len(word) < 3 {
		return 0, false
	}
	digits, ending := word[:len(word)-2], word[len(word)-2:]
	value, ok := number(digits)
	return value, ok && ending == ordinalEnding(value)
}

func ordinalEnding(n int) string {
	if n/10%10 != 1 && n%10 >= 1 && n%10 <= 3 {
		return [...]string{"st", "nd", "rd"}[n%10-1]
	}
	return "th"
}

// weekdayAt reads the n-th word from here as a day of the week, 0 for sunday.
func (r *reader) weekdayAt(n int) (int, bool) {
	word := r.peek(n)
	for day, name := range weekdayWords {
		if word == name || word == name+"s" || word == name[:3] {
			return day, true
		}
	}
	return 0, false
}

// weekAt reads the n-th word from here as a set of days of the week.
func (r *reader) weekAt(n int) (uint8, bool) {
	switch r.peek(n) {
	case "weekday", "weekdays":
		return workdays, true
	case "weekend", "weekends":
		return everyDayOfWeek &^ workdays, true
	}
	day, ok := r.weekdayAt(n)
	return 1 << day, ok
}

// monthAt reads the n-th word from here as a month.
func (r *reader) monthAt(n int) (int, bool) {
	word := r.peek(n)
	for i, name := range monthWords {
		if word == name || word == name[:3] || i == 8 && word == "sept" {
			return i + 1, true
		}
	}
	return 0, false
}

// unitAt reads the n-th word from here as a unit of time.
func (r *reader) unitAt(n int) string {
	switch word := strings.TrimSuffix(r.peek(n), "s"); word {
	case "sec", "second":
		return "second"
	case "min", "minute":
		return "minute"
	case "hr", "hour":
		return "hour"
	case "day", "week", "month", "quarter", "year":
		return word
	}
	return ""
}

var numberWords = []string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

// vocabulary is the words that have a place somewhere, besides names, numbers
// and units.
var vocabulary = []string{
	",", "a", "am", "and", "annually", "any", "at", "before", "between", "daily", "each", "every", "from", "half",
	"halfhour", "hourly", "if", "in", "is", "it", "last", "midnight", "month", "monthly", "nearest", "noon", "of", "on",
	"or", "pm", "quarterly", "run", "runs", "the", "through", "to", "weekday", "weekdays", "weekend", "weekends",
	"weekly", "yearly",
}

// known reports whether the next word has a place somewhere.
func (r *reader) known() bool {
	_, ordinal := r.ordinalAt(0)
	_, week := r.weekdayAt(0)
	_, month := r.monthAt(0)
	_, numeral := r.numberAt(0)
	return ordinal || week || month || numeral || r.unitAt(0) != "" || clockAt(r.peek(0)) ||
		slices.Contains(vocabulary, r.peek(0))
}
