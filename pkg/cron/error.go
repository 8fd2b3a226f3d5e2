package cron

import (
	"fmt"
	"strings"
)

// An Error says what is wrong with an expression, where, and what to write
// instead. Its message is one line.
type Error struct {
	Field      string // "minute", "day of week"; empty if it is the expression as a whole
	Item       string // the part at fault, as written; shortened when long
	Column     int    // of the item in the expression, in bytes, 1 for the first
	Reason     string // what is wrong with it
	Suggestion string // what to do about it; may be empty
}

func (e *Error) Error() string {
	where := e.Field
	if where == "" {
		where = "cron expression"
	}
	line := fmt.Sprintf("%s %q (column %d): %s", where, e.Item, e.Column, e.Reason)
	if e.Suggestion != "" {
		line += "; " + e.Suggestion
	}
	return line
}

// shorten keeps an item short enough for one line.
func shorten(item string) string {
	const most = 40
	if len(item) <= most {
		return item
	}
	return strings.ToValidUTF8(item[:most], "") + "…"
}
