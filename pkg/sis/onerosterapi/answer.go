package onerosterapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// What an answer may be at most, in bytes.
const (
	maxRow    = 1 << 20
	maxAnswer = 1 << 30
)

var (
	errStalled  = errors.New("no answer for too long")
	errTooLarge = errors.New("too large")
)

// An answer is what came back on a request, with a body that ends when it is
// too slow or too large.
type answer struct {
	*http.Response
	body *body
	ctx  context.Context
	stop func()
	sent time.Time
}

// send sends a request once. Its errors are *failure, or the context's.
func (s *Source) send(request *http.Request) (*answer, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	watch := time.AfterFunc(s.patience, func() { cancel(errStalled) })
	a := &answer{ctx: ctx, sent: time.Now(), stop: func() {
		watch.Stop()
		cancel(nil)
	}}
	response, err := s.client.Do(request.WithContext(ctx))
	if err != nil {
		defer a.stop()
		return nil, a.unreadable(err)
	}
	watch.Stop()
	a.Response, a.body = response, &body{from: response.Body, left: maxAnswer, row: maxRow, watch: watch, patience: s.patience}
	return a, nil
}

func (a *answer) close() {
	_ = a.Body.Close() // it was only read
	a.stop()
}

// unreadable says in words why reading an answer ended. The context's own
// errors stay what they are.
func (a *answer) unreadable(err error) error {
	cause := context.Cause(a.ctx)
	switch {
	case errors.Is(cause, errStalled):
		return &failure{says: temporary("SRC_TIMEOUT", "The SIS did not answer in time.", err), again: true}
	case cause != nil:
		return cause
	case errors.Is(err, errTooLarge):
		return schema("An answer of the SIS, or one row in it, is larger than any roster needs.")
	}
	return unanswered(err)
}

// A body is an answer's text.
type body struct {
	from     io.Reader
	left     int64 // bytes that the answer may still have
	row      int64 // and before the next row begins
	watch    *time.Timer
	patience time.Duration
}

// nextRow lets the next row begin.
func (b *body) nextRow() { b.row = maxRow }

func (b *body) Read(p []byte) (int, error) {
	if b.row <= 0 || b.left <= 0 {
		return 0, errTooLarge
	}
	b.watch.Reset(b.patience)
	defer b.watch.Stop()
	n, err := b.from.Read(p[:min(int64(len(p)), b.row, b.left)])
	b.left -= int64(n)
	b.row -= int64(n)
	return n, err
}

func temporary(code, message string, err error) *sis.Error {
	return &sis.Error{Code: code, Message: message, Temporary: true, Err: err}
}
