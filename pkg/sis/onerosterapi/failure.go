package onerosterapi

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A failure is why a request came to nothing.
type failure struct {
	says   *sis.Error
	status int           // of HTTP; 0: there was no answer
	again  bool          // asking again may help
	after  time.Duration // as the service says
}

func (f *failure) Error() string { return f.says.Error() }
func (f *failure) Unwrap() error { return f.says }

func schema(format string, args ...any) error {
	return &failure{says: &sis.Error{Code: "SRC_SCHEMA", Message: fmt.Sprintf(format, args...)}}
}

func configInvalid(message string, err error) error {
	return &failure{says: &sis.Error{Code: "CONFIG_INVALID", Message: message, Err: err}}
}

// plain returns err as callers of a source know it: an *sis.Error, or what
// emit or the context said.
func plain(err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.says
	}
	if f, ok := errors.AsType[final](err); ok {
		return f.error
	}
	return err
}

// unanswered is the failure behind an error of the HTTP client or of a body.
func unanswered(err error) error {
	message := "The SIS broke off the connection before all was said."
	op, ok := errors.AsType[*net.OpError](err)
	timeout, slow := errors.AsType[net.Error](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case untrusted:
		return &failure{says: temporary("SRC_UNAVAILABLE", "The certificate of the SIS cannot be trusted: it may have expired, or be meant for another address.", err)}
	case slow && timeout.Timeout():
		return &failure{says: temporary("SRC_TIMEOUT", "The SIS did not answer in time.", err), again: true}
	case ok && op.Op == "dial":
		message = "The SIS cannot be reached."
	}
	return &failure{says: temporary("SRC_UNAVAILABLE", message, err), again: true}
}

// refused is the failure that an answer other than 200 is: the status says it,
// the body may add a word.
func (a *answer) refused() error {
	text, _ := io.ReadAll(io.LimitReader(a.body, 64<<10)) // without it the status says enough
	minor := codeMinor(text)
	switch a.StatusCode {
	case http.StatusUnauthorized:
		return a.says("SRC_AUTH", "The SIS refuses a token that its own token server has just given%s.", quoted(minor))
	case http.StatusForbidden:
		return a.says("SRC_SCOPE", "The SIS does not let these credentials read the core roster%s.", quoted(minor))
	}
	return a.failed("The SIS", minor)
}

// failed is the failure that a status means of any server.
func (a *answer) failed(who, word string) error {
	status := a.StatusCode
	switch {
	case status == http.StatusTooManyRequests:
		return a.passing("SRC_RATE_LIMITED", "%s has had too many requests for now%s.", who, quoted(word))
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return a.passing("SRC_TIMEOUT", "%s did not answer in time (HTTP %d).", who, status)
	case status >= 500 && status != http.StatusNotImplemented:
		return a.passing("SRC_UNAVAILABLE", "%s is not available (HTTP %d%s).", who, status, quoted(word))
	case status >= 300 && status < 400:
		return a.says("CONFIG_INVALID", "%s redirects elsewhere: write the address that it redirects to.", who)
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented:
		return a.says("SRC_SCHEMA", "%s has nothing at the address %s (HTTP %d).", who, a.Request.URL.Path, status)
	}
	return a.says("SRC_SCHEMA", "%s does not answer as the specification says (HTTP %d%s).", who, status, quoted(word))
}

func (a *answer) says(code, format string, args ...any) error {
	return &failure{says: &sis.Error{Code: code, Message: fmt.Sprintf(format, args...)}, status: a.StatusCode}
}

// passing is a failure that asking again may help against.
func (a *answer) passing(code, format string, args ...any) error {
	return &failure{
		says: temporary(code, fmt.Sprintf(format, args...), nil), status: a.StatusCode,
		again: true, after: retryAfter(a.Header.Get("Retry-After"), time.Now()),
	}
}

// retryAfter reads seconds, or a time. What is neither is no time.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		return time.Duration(max(0, min(seconds, 1e6))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

var isCode = regexp.MustCompile(`^[A-Za-z_ -]{1,40}$`)

// codeMinor finds the service's word for what is wrong, wherever it stands:
// some send a list, others the word. Anything that may be more than a word is
// left out, since it may be about a person.
func codeMinor(text []byte) string {
	var said struct {
		Nested struct {
			Fields []struct {
				Value string `json:"imsx_codeMinorFieldValue"`
				Old   string `json:"value"`
			} `json:"imsx_codeMinorField"`
		} `json:"imsx_CodeMinor"`
		Flat json.RawMessage `json:"imsx_codeMinor"`
	}
	if json.Unmarshal(text, &said) != nil {
		return ""
	}
	words := []string{strings.Trim(string(said.Flat), `"`)}
	for _, f := range said.Nested.Fields {
		words = append(words, f.Value, f.Old)
	}
	for _, w := range words {
		if isCode.MatchString(w) {
			return w
		}
	}
	return ""
}

func quoted(word string) string {
	if !isCode.MatchString(word) {
		return ""
	}
	return " “" + word + "”"
}
