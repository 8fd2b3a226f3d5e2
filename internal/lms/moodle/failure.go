package moodle

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// An outage is a failure of Moodle as a whole.
type outage struct {
	says *sis.Error
	lost bool // the call may have been done all the same
}

func (o *outage) Error() string { return o.says.Error() }
func (o *outage) Unwrap() error { return o.says }

// plain returns err as callers of a Target know it: an *sis.Error.
func plain(err error) error {
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refused.words()
	}
	if e, ok := errors.AsType[*sis.Error](err); ok {
		return e
	}
	return err
}

func unavailable(message string, cause error) *sis.Error {
	return &sis.Error{Code: "TGT_UNAVAILABLE", Message: message, Temporary: true, Err: cause}
}

func capability(message string) *sis.Error {
	return &sis.Error{Code: "TGT_CAPABILITY", Message: message}
}

func refusedLogin(message string) *sis.Error {
	return &sis.Error{Code: "TGT_AUTH", Message: message}
}

// unanswered is the outage behind an error of the HTTP client. Only a
// connection that was never made is known to have done nothing.
func unanswered(err error) *outage {
	message := "Moodle broke off the connection before it answered."
	op, ok := errors.AsType[*net.OpError](err)
	neverSent := ok && op.Op == "dial"
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case errors.Is(err, context.Canceled):
		message = "Stopped while waiting for Moodle."
	case untrusted:
		message = "Moodle's certificate cannot be trusted: it may have expired, or be meant for another address."
	case neverSent:
		message = "Moodle cannot be reached."
	case errors.Is(err, context.DeadlineExceeded):
		message = "Moodle did not answer in time."
	}
	return &outage{says: unavailable(message, err), lost: !neverSent && !untrusted}
}

// statusError is the outage behind an answer that is not Moodle's JSON.
func statusError(response *http.Response, empty bool) *outage {
	switch status := response.StatusCode; {
	case status == http.StatusForbidden && empty:
		return &outage{says: capability("Web services or the REST protocol are switched off in this Moodle.")}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &outage{says: refusedLogin(fmt.Sprintf("The web server in front of Moodle refuses access (HTTP %d).", status))}
	case status >= 300 && status < 400:
		return &outage{says: &sis.Error{Code: "CONFIG_INVALID", Message: "Moodle's address redirects elsewhere: write the address that it redirects to."}}
	case status == http.StatusNotFound:
		return &outage{says: &sis.Error{Code: "CONFIG_INVALID", Message: "There is no Moodle web service at this address."}}
	case status == http.StatusRequestEntityTooLarge:
		return &outage{says: &sis.Error{Code: "CONFIG_INVALID", Message: "The web server in front of Moodle refuses calls of this size: make the batch smaller."}}
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		return &outage{says: unavailable(fmt.Sprintf("Moodle is down for maintenance or too busy (HTTP %d).", status), nil)}
	default:
		return &outage{says: unavailable(fmt.Sprintf("Moodle did not answer as a web service does (HTTP %d).", status), nil), lost: true}
	}
}

// A refusal is Moodle's no to one call: nothing was done, or with an update,
// perhaps a part.
type refusal struct {
	Exception string `json:"exception"`
	Code      string `json:"errorcode"`
	Message   string `json:"message"`
}

func (r *refusal) Error() string { return r.words().Error() }

// words is the refusal in Moodle's own words.
func (r *refusal) words() *sis.Error {
	message := "Moodle refused it: " + cmp.Or(strings.TrimPrefix(clean(r.Message), "error/"), r.Code)
	if r.Code == "invalidparameter" {
		message = "Moodle does not accept one of the values of this record, and does not say which."
	}
	return &sis.Error{Code: "TGT_REFUSED", Message: message}
}

// collided reports whether another writer was in the way, as far as one can
// know: a value that does not fit is refused in the same words.
func (r *refusal) collided() bool { return r.Code == "dmlwriteexception" }

// noCourse reports whether it was refused because a course is not there.
func (r *refusal) noCourse() bool {
	return r.Code == "invalidrecord" && strings.Contains(r.Message, " course.") || r.Code == "errorcoursecontextnotvalid"
}

// classify finds the outages among the refusals.
func classify(r *refusal, function string) error {
	switch r.Code {
	case "invalidtoken":
		return &outage{says: refusedLogin("Moodle does not know the token. It may have expired or been deleted: make a new one in " +
			"Site administration → Server → Web services → Manage tokens.")}
	case "accessexception":
		return &outage{says: refusedLogin("Moodle refuses the call of " + function + ". See Site administration → Server → Web services: the " +
			"token must not have expired, its service must be enabled and contain this function, and the service user and this " +
			"computer's address must be allowed to use it.")}
	case "wsaccessusersuspended", "wsaccessuserdeleted", "wsaccessuserunconfirmed", "wsaccessuserexpired", "wsaccessusernologin":
		return &outage{says: refusedLogin("Moodle has locked the account of the service user: unlock it, or make a token for another.")}
	case "nopermissions", "nopermission":
		return &outage{says: capability("The service user lacks a permission in Moodle. " + clean(r.Message))}
	case "sitemaintenance", "upgraderunning":
		return &outage{says: unavailable("Moodle is down for maintenance.", nil)}
	case "dbconnectionfailed", "dbdriverproblem":
		return &outage{says: unavailable("Moodle cannot reach its database.", nil)}
	case "invalidrecord":
		if strings.Contains(r.Message, "external_functions") {
			return &outage{says: capability("This Moodle has no function " + function + ".")}
		}
	}
	return r
}

var tag = regexp.MustCompile(`<[^>]*>`)

// clean makes one short line of a text that may be HTML.
func clean(text string) string {
	text = html.UnescapeString(tag.ReplaceAllString(text, " "))
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > 300 {
		line = append(line[:299], '…')
	}
	return string(line)
}
