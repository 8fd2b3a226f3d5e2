package cron

import (
	"fmt"
	"iter"
	"strings"
)

// A field is one of an expression's sets of numbers.
type field struct {
	name     string
	min, max int
	names    []string // in upper case, of min and the values after it
	quartz   bool     // ranges may wrap, a/n runs to the end, and steps are limited
}

var (
	monthNames = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// A word is a part of an expression and where it begins.
type word struct {
	text   string
	column int
}

// items yields the parts of a list.
func (w word) items() iter.Seq[word] {
	return func(yield func(word) bool) {
		column := w.column
		for item := range strings.SplitSeq(w.text, ",") {
			if !yield(word{item, column}) {
				return
			}
			column += len(item) + 1
		}
	}
}

// A series is every step-th number from from to to. In a field that wraps, to
// may be past the last number, and stands for one of the next round.
type series struct{ from, to, step int }

// set returns the values of f that r stands for.
func (f *field) set(r series) (set uint64) {
	round := f.max - f.min + 1
	for n := r.from; n <= r.to; n += r.step {
		set |= 1 << ((n-f.min)%round + f.min)
	}
	return set
}

// parse reads a comma-separated list into a set.
func (f *field) parse(w word) (set uint64, err *Error) {
	for item := range w.items() {
		r, err := f.parseItem(item)
		if err != nil {
			return 0, err
		}
		set |= f.set(r)
	}
	return set, nil
}

// parseItem reads "*", "a", "a-b", and these with a step.
func (f *field) parseItem(w word) (series, *Error) {
	if w.text == "" {
		return series{}, f.wrong(w, "is empty", "take out the comma, or name a value on both of its sides")
	}
	base, stepText, stepped := strings.Cut(w.text, "/")
	step := 0
	if stepped {
		var err *Error
		if step, err = f.parseStep(w, stepText); err != nil {
			return series{}, err
		}
	}
	from, to, err := f.parseRange(w, base, step)
	if err != nil {
		return series{}, err
	}
	return series{from, to, max(step, 1)}, nil
}

// parseRange reads the part of an item before its step, which is 0 if it has
// none.
func (f *field) parseRange(w word, base string, step int) (from, to int, err *Error) {
	if base == "*" {
		return f.min, f.max, nil
	}
	first, last, isRange := strings.Cut(base, "-")
	if from, err = f.parseValue(w, first); err != nil {
		return 0, 0, err
	}
	if !isRange {
		to, err = f.openEnd(w, from, step)
		return from, to, err
	}
	if to, err = f.parseValue(w, last); err != nil {
		return 0, 0, err
	}
	switch {
	case from > to && !f.wraps():
		return 0, 0, f.wrong(w, "runs backwards", "write "+f.forward(from, to, step))
	case step > 0 && letter(base):
		return 0, 0, f.wrong(w, "has a step after names", fmt.Sprintf("write %d-%d/%d", from, to, step))
	case from > to:
		to += f.max - f.min + 1
	}
	return from, to, nil
}

// openEnd returns where an item ends that has a first value only.
func (f *field) openEnd(w word, from, step int) (int, *Error) {
	switch {
	case step == 0:
		return from, nil
	case !f.quartz:
		return 0, f.wrong(w, "has a step but no range", fmt.Sprintf("write %d-%d/%d", from, f.max, step))
	case letter(w.text):
		return 0, f.wrong(w, "has a step after a name", fmt.Sprintf("write %d/%d", from, step))
	}
	return f.max, nil
}

// wraps reports whether a range may run over the end of f.
func (f *field) wraps() bool { return f.quartz && f.max != lastYear }

// forward says what a backwards range means, in items that do not wrap. Years
// do not come again.
func (f *field) forward(from, to, step int) string {
	if f.quartz {
		return fmt.Sprintf("%d-%d", to, from)
	}
	if step == 0 {
		return items(from, f.last()) + "," + items(f.min, to)
	}
	var values []string
	round := f.last() - f.min + 1
	for v := from; v <= to+round; v += step {
		values = append(values, fmt.Sprint((v-f.min)%round+f.min))
	}
	return strings.Join(values, ",")
}

// last is the largest value that is not another way to write the first.
func (f *field) last() int {
	if f.max == 7 {
		return 6
	}
	return f.max
}

func items(from, to int) string {
	if from >= to {
		return fmt.Sprint(from)
	}
	return fmt.Sprintf("%d-%d", from, to)
}

func (f *field) parseStep(w word, text string) (int, *Error) {
	step, ok := number(text)
	switch {
	case !ok:
		return 0, f.wrong(w, "has no whole number as its step", "use a step of 1 or more")
	case step == 0:
		return 0, f.wrong(w, "has a step of 0", "use a step of 1 or more")
	case f.quartz && step > f.most():
		return 0, f.wrong(w, "has a step longer than the field", fmt.Sprintf("use a step of 1 to %d", f.most()))
	}
	return step, nil
}

// most is the longest step that Quartz takes.
func (f *field) most() int { return min(f.max, f.max-f.min+1) }

// parseValue reads a number or a name.
func (f *field) parseValue(w word, text string) (int, *Error) {
	if n, ok := number(text); ok {
		if n < f.min || n > f.max {
			return 0, f.wrong(w, fmt.Sprintf("is not from %d to %d", f.min, f.max), f.hint(w.text, text))
		}
		return n, nil
	}
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.min + i, nil
		}
	}
	return 0, f.wrong(w, "is not understood", f.hint(w.text, text))
}

// hint says what somebody who wrote item, and value in it, may have meant.
func (f *field) hint(item, value string) string {
	for _, name := range f.names {
		if len(value) > len(name) && strings.EqualFold(value[:len(name)], name) {
			return "write " + name
		}
	}
	switch {
	case value == "24" && f.max == 23:
		return "write 0 for midnight"
	case f.quartz:
		return f.quartzHint(item, value)
	case item == "?":
		return "write *"
	case strings.HasPrefix(item, "*"):
		return "only a step may follow an asterisk, as in */5"
	case strings.ContainsAny(item, "LW#?lw"):
		return "L, W, # and ? are of Quartz, not of unix cron"
	}
	return f.extent()
}

// extent says what f takes.
func (f *field) extent() string {
	if len(f.names) > 0 {
		return fmt.Sprintf("use %d to %d, or %s to %s", f.min, f.max, f.names[0], f.names[len(f.names)-1])
	}
	return fmt.Sprintf("use %d to %d", f.min, f.max)
}

func (f *field) wrong(w word, reason, suggestion string) *Error {
	return &Error{Field: f.name, Item: shorten(w.text), Column: w.column, Reason: reason, Suggestion: suggestion}
}

// number reads ASCII digits only: no sign, no point. What is too large for any
// field stays too large.
func number(text string) (n int, ok bool) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = min(n*10+int(text[i]-'0'), 1_000_000)
	}
	return n, text != ""
}

func letter(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
}

// span is the set of every step-th number from from to to.
func span(from, to, step int) (set uint64) {
	for n := from; n <= to; n += step {
		set |= 1 << n
	}
	return set
}
