// Package posting says what became of attendance that was posted over HTTP:
// done, not done, or nobody knows. The difference decides whether it is sent
// again.
package posting

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// Unanswered explains a request that brought no answer. One that could not
// even connect has done nothing; of others nobody knows.
func Unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if o, ok := errors.AsType[*net.OpError](err); ok && o.Op == "dial" {
		return &sis.Error{Code: "TGT_UNAVAILABLE", Message: "The system that attendance is posted to cannot be reached", Temporary: true, Err: err}
	}
	return Unknown(err)
}

// Unknown is the error of a request that may have been obeyed.
func Unknown(err error) *sis.Error {
	return &sis.Error{
		Code: "ATT_UNKNOWN", Temporary: true, Err: err,
		Message: "The system that attendance is posted to broke off before it said whether it has it",
	}
}

// Refused explains an answer by its status, which is not one of success.
func Refused(status int) *sis.Error {
	say := func(code, message string, temporary bool) *sis.Error {
		return &sis.Error{Code: code, Message: message, Temporary: temporary, Err: errors.New(http.StatusText(status))}
	}
	switch {
	case status == http.StatusUnauthorized:
		return say("TGT_AUTH", "The system that attendance is posted to does not accept the credentials", false)
	case status == http.StatusForbidden:
		return say("TGT_CAPABILITY", "The account has no right to post attendance", false)
	case status == http.StatusTooManyRequests:
		return say("TGT_RATE_LIMITED", "The system that attendance is posted to asks for fewer calls", true)
	case status == http.StatusServiceUnavailable:
		return say("TGT_UNAVAILABLE", "The system that attendance is posted to is out of order", true)
	case status >= 500, status == http.StatusRequestTimeout:
		return Unknown(errors.New(http.StatusText(status)))
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status/100 == 3:
		return say("CONFIG_INVALID", "There is nothing at the address that attendance is posted to: check the url", false)
	}
	return say("ROW_MALFORMED", "The system that attendance is posted to refuses it as it is", false)
}

// Fail says the same of all items that nothing was said about.
func Fail(written []sis.Written, err error) {
	for i := range written {
		if written[i] == (sis.Written{}) {
			written[i].Err = err
		}
	}
}
