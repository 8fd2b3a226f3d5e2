package oneroster

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

const maxCell = 255 // characters

// A reading is a row while it is being understood: its first problem, and all
// that is odd about it. Nothing that a cell says goes into either, but for ids
// and dates: it may be about a person.
type reading struct {
	file    *file
	row     row
	text    func([]byte) string
	status  string
	problem *sis.Error
	odd     []string
}

func problem(code, format string, args ...any) *sis.Error {
	return &sis.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func (r *reading) fail(code, format string, args ...any) {
	if r.problem == nil {
		r.problem = problem(code, format, args...)
	}
}

func (r *reading) warn(format string, args ...any) {
	r.odd = append(r.odd, fmt.Sprintf(format, args...))
}

// optional returns the trimmed cell in that column.
func (r *reading) optional(column string) string {
	value := strings.TrimSpace(r.text(r.file.header.cell(r.row, column)))
	if len(value) > maxCell && utf8.RuneCountInString(value) > maxCell {
		r.fail("TOO_LONG", "%s has more than %d characters.", column, maxCell)
	}
	return value
}

func (r *reading) required(column string) string {
	value := r.optional(column)
	if value == "" {
		r.fail("REQ_FIELD_MISSING", "%s is empty.", column)
	}
	return value
}

func (r *reading) requiredList(column string) []string {
	items := list(r.text(r.file.header.cell(r.row, column)))
	if len(items) == 0 {
		r.fail("REQ_FIELD_MISSING", "%s is empty.", column)
	}
	if slices.ContainsFunc(items, func(s string) bool { return utf8.RuneCountInString(s) > maxCell }) {
		r.fail("TOO_LONG", "%s has an id of more than %d characters.", column, maxCell)
	}
	return items
}

// date reads YYYY-MM-DD, or the day of an instant.
func (r *reading) date(column string) sis.Date {
	value := r.optional(column)
	if value == "" {
		return sis.Date{}
	}
	day, clock, _ := strings.Cut(value, "T")
	d, err := sis.ParseDate(day)
	switch {
	case err != nil, clock != "" && !isTime(clock), clock == "" && day != value:
		r.fail("BAD_DATE", "%s%s is not a date; write it as 2026-09-01.", column, quoteDate(value))
		return sis.Date{}
	case clock != "":
		r.warn("%s has a time of day, which does not count.", column)
	}
	return d
}

func (r *reading) requiredDate(column string) sis.Date {
	r.required(column)
	return r.date(column)
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

// period checks that begin is not after end.
func (r *reading) period(begin, end sis.Date) {
	if !begin.IsZero() && !end.IsZero() && end.Before(begin) {
		r.fail("DATE_RANGE", "It begins on %s, after its end on %s.", begin, end)
	}
}

// word returns the one of words that the cell is, in whatever letter case, or
// a word of the site's own ("ext:…").
func (r *reading) word(column string, words ...string) string {
	value := r.optional(column)
	if value == "" || slices.Contains(words, value) || strings.HasPrefix(value, "ext:") {
		return value
	}
	i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, value) })
	if i < 0 {
		r.fail("BAD_ENUM", "%s is none of %s.", column, strings.Join(words, ", "))
		return ""
	}
	r.warn("%s is written in other letter case than %s.", column, words[i])
	return words[i]
}

var truths = map[string]bool{
	"true": true, "1": true, "yes": true, "y": true, "t": true,
	"false": false, "0": false, "no": false, "n": false, "f": false,
}

// flag returns whether the cell says yes, and yes if it says nothing.
func (r *reading) flag(column string) bool {
	value := r.optional(column)
	if value == "true" || value == "false" {
		return value == "true"
	}
	if value == "" {
		r.warn("%s is empty and taken for true.", column)
		return true
	}
	truth, ok := truths[strings.ToLower(value)]
	if !ok {
		r.fail("BAD_ENUM", "%s is neither true nor false.", column)
		return false
	}
	r.warn("%s is not written as true or false, and taken for %t.", column, truth)
	return truth
}

// What a row may say about itself; blank is active.
const (
	active   = "active"
	inactive = "inactive" // before OneRoster 1.1
	deleted  = "tobedeleted"
)

// isTombstone reports whether the row says that its record ended. Such a row
// need not say anything else.
func (r *reading) isTombstone() bool { return r.status == deleted }

// forgives reports whether the problem does not matter in a row that only
// takes something away.
func forgives(p *sis.Error) bool {
	switch p.Code {
	case "REQ_FIELD_MISSING", "TOO_LONG", "BAD_DATE", "DATE_RANGE":
		return true
	}
	return false
}
