package tasks

import (
	"errors"
	"fmt"
	"time"
)

// Permanent marks err as one that no further attempt can cure: the job fails
// at once, whatever attempts it has left. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

// IsPermanent reports whether err, or an error it wraps, is [Permanent].
func IsPermanent(err error) bool {
	_, ok := errors.AsType[*permanentError](err)
	return ok
}

// RetryAfter asks for the next attempt no sooner than d from now, because the
// other side said so (HTTP 429, a maintenance window). It uses up an attempt
// like any other failure, also where err is nil.
func RetryAfter(d time.Duration, err error) error {
	return &RetryError{After: d, Err: err}
}

// A RetryError is returned by [RetryAfter].
type RetryError struct {
	After time.Duration
	Err   error
}

func (e *RetryError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("asked for another attempt in %s", e.After)
	}
	return e.Err.Error()
}

func (e *RetryError) Unwrap() error { return e.Err }

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }
