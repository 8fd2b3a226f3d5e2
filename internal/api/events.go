package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Feed tells what happens to jobs while it happens.
type Feed interface {
	// Watch adds a viewer for a person. next waits for the next frame; its error
	// is [io.EOF] when there will be none. leave must be called at the end.
	// after is the position of the last frame that the viewer had; empty: none.
	Watch(person string, o job.Lookout, sees func(job.Job) bool, after string) (next func(context.Context) (job.Frame, error), leave func(), err error)
}

// The pace of an event stream.
const (
	heartbeat    = 15 * time.Second // after which silence is broken
	askAgain     = time.Minute      // after which it is asked again who it is
	tolerance    = 10 * time.Second // with a viewer who does not take what is sent
	reconnect    = 2 * time.Second  // after which viewers come back
	maxEventJobs = 200              // jobs that one viewer may name
)

// events serves GET /api/v1/events: an event stream that goes on until the
// viewer leaves, the server stops, or whoever it is may not see it any more.
func (a *API) events(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r)
	o := q.lookout()
	if q.err != nil {
		return q.err
	}
	if a.Feed == nil {
		return fault.New(fault.Unavailable, "This server tells nothing live; ask for the list again.")
	}
	who := auth.Of(r.Context())
	next, leave, err := a.Feed.Watch(who.Name, o, func(j job.Job) bool { return who.Sees(j) }, position(r))
	if err != nil {
		return err
	}
	defer leave()
	s := eventStream{w: w, control: http.NewResponseController(w)}
	if err := s.begin(); err != nil {
		return nil //nolint:nilerr // the viewer has gone, and cannot be told
	}
	_ = a.tell(r, s, next) // likewise
	return nil
}

// lookout reads which jobs to tell of.
func (q *query) lookout() job.Lookout {
	o := job.Lookout{
		Jobs: q.list("job"), States: q.states(), Task: q.text("task"), Client: q.text("client"),
		Owner: q.text("owner"), Root: q.text("root"), Schedule: q.text("schedule"),
	}
	if len(o.Jobs) > maxEventJobs {
		q.refuse("job", "may name %d jobs at most", maxEventJobs)
	}
	return o
}

// position returns where a viewer was who comes back. What cannot be one is
// none.
func position(r *http.Request) string {
	last := r.Header.Get("Last-Event-ID")
	if len(last) > 50 {
		return ""
	}
	return last
}

// tell sends frames, and breaks the silence, until there is no more to say.
func (a *API) tell(r *http.Request, s eventStream, next func(context.Context) (job.Frame, error)) error {
	asked := time.Now()
	for {
		ctx, cancel := context.WithTimeout(r.Context(), heartbeat)
		frame, err := next(ctx)
		cancel()
		if time.Since(asked) >= askAgain {
			if !a.same(r) {
				return s.end("Who you are has changed: sign in again.")
			}
			asked = time.Now()
		}
		switch {
		case err == nil:
			err = s.send(frame)
		case errors.Is(err, io.EOF):
			return s.comment("the server stops")
		case errors.Is(err, context.DeadlineExceeded) && r.Context().Err() == nil:
			err = s.comment("still here")
		}
		if err != nil {
			return err
		}
	}
}

// same reports whether the sender of r is who they were, with the same rights.
func (a *API) same(r *http.Request) bool { return a.StillWho == nil || a.StillWho(r) }

const eventStreamType = "text/event-stream"

// isEventStream reports whether an answer is a stream of events.
func isEventStream(answer http.Header) bool { return answer.Get("Content-Type") == eventStreamType }

// An eventStream writes an answer of the kind text/event-stream.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// begin sends the head. Reading must not time out, as the viewer has no more
// to say; writing must, as it may have gone without a word.
func (s eventStream) begin() error {
	if err := s.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	s.w.Header().Set("Content-Type", eventStreamType)
	s.w.Header().Set("X-Accel-Buffering", "no") // for proxies that would collect
	s.w.WriteHeader(http.StatusOK)
	return s.write(fmt.Appendf(nil, "retry: %d\n\n", reconnect.Milliseconds()))
}

func (s eventStream) send(f job.Frame) error {
	b := make([]byte, 0, len(f.Data)+len(f.Position)+40)
	b = append(append(b, "id: "...), f.Position...)
	b = append(append(b, "\nevent: "...), f.Kind...)
	b = append(append(b, "\ndata: "...), f.Data...)
	return s.write(append(b, '\n', '\n'))
}

func (s eventStream) comment(text string) error { return s.write([]byte(": " + text + "\n\n")) }

// end tells why nothing more comes.
func (s eventStream) end(reason string) error {
	return s.send(job.Frame{Kind: job.FrameReset, Data: fmt.Appendf(nil, `{"reason":%q}`, reason)})
}

func (s eventStream) write(b []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(tolerance)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}
