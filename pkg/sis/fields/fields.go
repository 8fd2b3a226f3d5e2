// Package fields makes dates, flags and words of what other systems write into
// the fields of a record. All connectors read by it, so that they are tolerant
// and strict in the same places: TRUE and yes are true, with a warning;
// 03/04/2026 is no date, and a word that nobody knows is BAD_ENUM.
package fields

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

const most = 255 // characters in a field

// A Record is a record of another system while it is being understood: its
// first problem, and all that is odd about it. Nothing that a field says goes
// into either, but for ids and dates: it may be about a person.
type Record struct {
	// Text returns what the field with that name says: "" if there is none.
	Text func(name string) string

	// Items returns the items of a field that holds several. Nil: a text with
	// commas between them.
	Items func(name string) []string

	// Problem is the first that was found; nil if all is well.
	Problem *sis.Error

	odd []string
}

// Problem returns one for a record, which is permanent.
func Problem(code, format string, args ...any) *sis.Error {
	return &sis.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Fail records a problem, unless there is one already.
func (r *Record) Fail(code, format string, args ...any) {
	if r.Problem == nil {
		r.Problem = Problem(code, format, args...)
	}
}

// Warn records that something is odd: one sentence.
func (r *Record) Warn(format string, args ...any) {
	r.odd = append(r.odd, fmt.Sprintf(format, args...))
}

// Warning returns all that is odd about the record, or "".
func (r *Record) Warning() string { return strings.Join(r.odd, " ") }

// Optional returns what the field says, trimmed.
func (r *Record) Optional(name string) string {
	value := strings.TrimSpace(r.Text(name))
	switch {
	case len(value) > most && utf8.RuneCountInString(value) > most:
		r.Fail("TOO_LONG", "%s has more than %d characters.", name, most)
	case !IsText(value):
		r.Fail("ENCODING", "%s has bytes that are not text.", name)
	}
	return value
}

// Required is Optional for a field that must say something.
func (r *Record) Required(name string) string {
	value := r.Optional(name)
	if value == "" {
		r.Fail("REQ_FIELD_MISSING", "%s is empty.", name)
	}
	return value
}

// RequiredList returns the items of a field that must have one.
func (r *Record) RequiredList(name string) []string {
	items := r.items(name)
	if len(items) == 0 {
		r.Fail("REQ_FIELD_MISSING", "%s is empty.", name)
	}
	if slices.ContainsFunc(items, func(s string) bool { return utf8.RuneCountInString(s) > most }) {
		r.Fail("TOO_LONG", "%s has an id of more than %d characters.", name, most)
	}
	return items
}

func (r *Record) items(name string) []string {
	if r.Items == nil {
		return List(r.Text(name))
	}
	return r.Items(name)
}

// List splits a list with commas between its items.
func List(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// Date reads YYYY-MM-DD, or the day of an instant. An empty field is no date.
func (r *Record) Date(name string) sis.Date {
	value := r.Optional(name)
	if value == "" {
		return sis.Date{}
	}
	day, clock, _ := strings.Cut(value, "T")
	d, err := sis.ParseDate(day)
	switch {
	case err != nil, clock != "" && !isTime(clock), clock == "" && day != value:
		r.Fail("BAD_DATE", "%s%s is not a date; write it as 2026-09-01.", name, quoteDate(value))
		return sis.Date{}
	case clock != "":
		r.Warn("%s has a time of day, which does not count.", name)
	}
	return d
}

// RequiredDate is Date for a field that must say something.
func (r *Record) RequiredDate(name string) sis.Date {
	r.Required(name)
	return r.Date(name)
}

// After returns the day after a last day; none has none after it.
func After(last sis.Date) sis.Date {
	if last.IsZero() {
		return last
	}
	next := last.In(time.UTC).AddDate(0, 0, 1)
	return sis.Date{Year: next.Year(), Month: next.Month(), Day: next.Day()}
}

func isTime(clock string) bool {
	for _, layout := range []string{"15:04:05Z07:00", "15:04:05Z0700", "15:04:05", "15:04Z07:00", "15:04"} {
		if _, err := time.Parse(layout, clock); err == nil {
			return true
		}
	}
	return false
}

// quoteDate returns value if it can be nothing but somebody's idea of a date.
func quoteDate(value string) string {
	if len(value) > 30 || strings.Trim(value, "0123456789-/.:TZ+ ") != "" {
		return ""
	}
	return " “" + value + "”"
}

// Period checks that begin is not after end. Either may be none.
func (r *Record) Period(begin, end sis.Date) {
	if !begin.IsZero() && !end.IsZero() && end.Before(begin) {
		r.Fail("DATE_RANGE", "It begins on %s, after its end on %s.", begin, end)
	}
}

// Word returns the one of words that the field says, in whatever letter case,
// or a word of the site's own ("ext:…").
func (r *Record) Word(name string, words ...string) string {
	value := r.Optional(name)
	if value == "" || slices.Contains(words, value) || strings.HasPrefix(value, "ext:") {
		return value
	}
	i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, value) })
	if i < 0 {
		r.Fail("BAD_ENUM", "%s is none of %s.", name, strings.Join(words, ", "))
		return ""
	}
	r.Warn("%s is written in other letter case than %s.", name, words[i])
	return words[i]
}

var truths = map[string]bool{
	"true": true, "1": true, "yes": true, "y": true, "t": true,
	"false": false, "0": false, "no": false, "n": false, "f": false,
}

// Flag returns whether the field says yes, and yes if it says nothing.
func (r *Record) Flag(name string) bool {
	value := r.Optional(name)
	if value == "true" || value == "false" {
		return value == "true"
	}
	if value == "" {
		r.Warn("%s is empty and taken for true.", name)
		return true
	}
	truth, ok := truths[strings.ToLower(value)]
	if !ok {
		r.Fail("BAD_ENUM", "%s is neither true nor false.", name)
		return false
	}
	r.Warn("%s is not written as true or false, and taken for %t.", name, truth)
	return truth
}

// Email returns an address as it is written, with a warning if it is none.
func (r *Record) Email(name string) string {
	address := r.Optional(name)
	if address != "" && !looksLikeEmail(address) {
		r.Warn("The e-mail address is not one.")
	}
	return address
}

func looksLikeEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && strings.Contains(strings.Trim(domain, "."), ".") && !strings.ContainsAny(s, " \t\r\n,;<>\"") &&
		!strings.Contains(domain, "@")
}

// Forgives reports whether a problem does not matter in a record that only
// takes something away.
func Forgives(p *sis.Error) bool {
	switch p.Code {
	case "REQ_FIELD_MISSING", "TOO_LONG", "BAD_DATE", "DATE_RANGE":
		return true
	}
	return false
}

// IsText reports whether s is UTF-8 without NUL.
func IsText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
