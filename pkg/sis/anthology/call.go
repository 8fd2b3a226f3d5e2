package anthology

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

const (
	maxAnswer = 256 << 20        // bytes of one answer
	maxPause  = 30 * time.Second // that a server may ask for before another try
)

// A stopped is an error of a visitor, which is not about the SIS.
type stopped struct{ error }

// call calls an operation and hands each message of the answer to visit, whose
// error ends the call and is returned. While it may help it calls again after a
// pause, for every operation of an inbox is harmless to repeat; visit then sees
// again what it has seen of an answer that broke off.
func (in *Inbox) call(ctx context.Context, operation string, body map[string]any, visit func(message) error) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	after, err := in.try(ctx, operation, text, visit)
	for _, pause := range in.pauses {
		if e, ok := errors.AsType[*sis.Error](err); !ok || !e.Temporary || !wait(ctx, max(pause, after)) {
			break
		}
		in.log.InfoContext(ctx, "calling the sis again", "operation", operation, "error", err)
		after, err = in.try(ctx, operation, text, visit)
	}
	if by, ok := errors.AsType[stopped](err); ok {
		return by.error
	}
	return err
}

// wait reports whether the pause passed before ctx ended.
func wait(ctx context.Context, pause time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}

// try calls an operation once. It returns how long the server asks to wait.
func (in *Inbox) try(ctx context.Context, operation string, body []byte, visit func(message) error) (after time.Duration, err error) {
	ended := in.cfg.Watch.Begin(ctx, operation)
	defer func() {
		if _, by := errors.AsType[stopped](err); by {
			ended(nil)
			return
		}
		ended(err)
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, in.cfg.URL+"/"+in.names.paths[operation], bytes.NewReader(body))
	if err != nil {
		return 0, invalid("The address of the SIS is not a web address.")
	}
	in.authorize(request)
	response, err := in.client.Do(request)
	if err != nil {
		return 0, unanswered(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return retryAfter(response), in.refusal(operation, response)
	}
	err = in.names.read(&limited{response.Body, maxAnswer}, func(m message) error {
		if err := visit(m); err != nil {
			return stopped{err}
		}
		return ctx.Err()
	})
	return 0, explain(ctx, operation, err)
}

func (in *Inbox) authorize(request *http.Request) {
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	switch {
	case in.cfg.Token != "":
		request.Header.Set("Authorization", "Bearer "+in.cfg.Token)
	case in.cfg.User != "":
		request.SetBasicAuth(in.cfg.User, in.cfg.Password)
	}
}

// limited is a body that may be so long, and no longer.
type limited struct {
	from io.Reader
	left int64
}

var errTooLong = errors.New("the answer is longer than 256 MiB")

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLong
	}
	return n, err
}

func retryAfter(response *http.Response) time.Duration {
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return min(time.Duration(max(0, seconds))*time.Second, maxPause)
}

// unanswered explains a call that brought no answer, or half of one.
func unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return &sis.Error{Code: "SRC_TIMEOUT", Message: "The SIS did not answer in time.", Temporary: true, Err: err}
	}
	return &sis.Error{Code: "SRC_UNAVAILABLE", Message: "The SIS does not answer, or broke off in the middle.", Temporary: true, Err: err}
}

// explain says in words what reading an answer ended with.
func explain(ctx context.Context, operation string, err error) error {
	_, wrongType := errors.AsType[*json.UnmarshalTypeError](err)
	_, wrongText := errors.AsType[*json.SyntaxError](err)
	_, by := errors.AsType[stopped](err)
	_, said := errors.AsType[*sis.Error](err)
	switch {
	case err == nil, by, said:
		return err
	case wrongType, wrongText, errors.Is(err, errShape), errors.Is(err, errTooLong):
		e := problem("SRC_SCHEMA", "The answer to %s is not what it should be: an object with a status and a list of messages.", operation)
		e.Err = err
		return e
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return unanswered(ctx, err)
}

// refusal explains an answer by its HTTP status. What its body says goes
// nowhere: it may be about a person.
func (in *Inbox) refusal(operation string, response *http.Response) *sis.Error {
	say := func(code, message string, temporary bool) *sis.Error {
		return &sis.Error{Code: code, Message: message, Temporary: temporary, Err: errors.New(response.Status)}
	}
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized:
		return say("SRC_AUTH", "The SIS does not accept the credentials: give it a token or a password that is valid.", false)
	case status == http.StatusForbidden:
		return say("SRC_SCOPE", fmt.Sprintf("The SIS does not let us call %s: give the account that right.", operation), false)
	case status == http.StatusTooManyRequests:
		return say("SRC_RATE_LIMITED", "The SIS asks for fewer calls.", true)
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return say("CONFIG_INVALID", fmt.Sprintf("The SIS has no operation at %s: check url and paths.", in.names.paths[operation]), false)
	case status == http.StatusRequestTimeout, status >= 500:
		return say("SRC_UNAVAILABLE", "The SIS is out of order.", true)
	}
	return say("CONFIG_INVALID", fmt.Sprintf("The SIS refuses %s as it is asked for.", operation), false)
}
