// Package fault gives errors a kind, so that every edge of the program answers
// the same failure the same way: the HTTP status, the exit code of jobctl, the
// level of the log line.
//
// An error that nobody gave a kind is [Internal]: it is logged in full and
// shown as one neutral sentence. Give a kind where it is known (the ledger
// knows that a job does not exist) and show it at the edge only:
//
//	return fault.New(fault.NotFound, "There is no job %s.", id)
//
// The one table that turns a kind into an HTTP status and an exit code is
// [Kind.Status] and [Kind.ExitCode].
package fault

import (
	"errors"
	"fmt"
	"time"
)

// A Kind is what sort of failure an error is. The zero Kind is Internal: an
// error that nobody classified is a bug or an outage, and is shown to nobody.
type Kind uint8

// The kinds of failure, and who is meant by each.
const (
	Internal    Kind = iota // our fault; the message stays in the log
	Invalid                 // the request makes no sense
	NotFound                // there is no such thing
	Conflict                // not in its present state
	Denied                  // not for this person
	Unavailable             // try again later
)

// kinds is the one table of kinds: the stable code in the API, the HTTP status
// and the exit code of jobctl.
var kinds = [...]struct {
	code   string
	status int
	exit   int
}{
	Internal:    {"internal", 500, 1},
	Invalid:     {"invalid", 400, 2},
	NotFound:    {"not_found", 404, 3},
	Conflict:    {"conflict", 409, 4},
	Denied:      {"denied", 403, 5},
	Unavailable: {"unavailable", 503, 6},
}

// Code returns the stable word for k in the API's error objects.
func (k Kind) Code() string { return kinds[k].code }

// Status returns the HTTP status that answers k.
func (k Kind) Status() int { return kinds[k].status }

// ExitCode returns what jobctl exits with on k. Scripts rely on it.
func (k Kind) ExitCode() int { return kinds[k].exit }

// FromCode returns the kind that [Kind.Code] calls code, or Internal.
func FromCode(code string) Kind {
	for k, row := range kinds {
		if row.code == code {
			return Kind(k)
		}
	}
	return Internal
}

// An Error is a failure with a kind and a message that may be shown.
type Error struct {
	Kind  Kind
	Msg   string        // a sentence for the person who asked; no secrets
	Field string        // the argument, flag or setting at fault; may be empty
	After time.Duration // for Unavailable: when to try again; zero if unknown
	Err   error         // the cause, for the log; may be nil
}

// New returns an error of that kind with a message that may be shown.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Msg: fmt.Sprintf(format, args...)}
}

// Because records the cause, for the log, and returns e.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// In names the field at fault and returns e.
func (e *Error) In(field string) *Error {
	e.Field = field
	return e
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of err, which is Internal unless it says otherwise.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Message returns what may be shown of err.
func Message(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Msg
	}
	return "Something went wrong on our side; the log has the details."
}
