package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A Lookout chooses the jobs to follow.
type Lookout = job.Lookout

// A JobEvent is how a job stands since an [Event].
type JobEvent = job.Live

// Kinds of events.
const (
	EventReady = job.FrameReady // following has begun: what is read from now on is not out of date
	EventJobs  = job.FrameJobs  // jobs that changed
	EventReset = job.FrameReset // some changes are missing: read again
)

// EventData is what an event says.
type EventData struct {
	Jobs    []JobEvent      `json:"jobs,omitempty"`
	Counts  map[State]int64 `json:"counts,omitempty"`  // by how much the number of jobs in each state has changed
	Recount bool            `json:"recount,omitempty"` // of some of the jobs that is not known
	Reason  string          `json:"reason,omitempty"`  // why it has to be read again
}

// An Event is what happened to jobs since the one before.
type Event struct {
	ID   string // its place in time
	Kind string
	EventData
}

// Silence and patience while following.
const (
	silence     = 45 * time.Second // the server breaks it each 15 s
	firstReturn = time.Second      // before another try; doubles
	lastReturn  = 30 * time.Second
	maxEvent    = 16 << 20 // bytes
)

// Follow tells of jobs while things happen to them, until ctx is done or the
// loop is left. Where the connection is lost it comes back and goes on where it
// was; the error of that moment is yielded beside no event, and the loop may go
// on. After an error that says that the request is refused nothing more comes.
func (c *Client) Follow(ctx context.Context, o Lookout) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		f := following{client: c, query: o, pause: firstReturn}
		for ctx.Err() == nil {
			err := f.connect(ctx, yield)
			if errors.Is(err, errLeft) || ctx.Err() != nil || !yield(Event{}, err) || isRefusal(err) {
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(f.pause):
			}
			f.pause = min(2*f.pause, lastReturn)
		}
	}
}

// errLeft says that nobody listens any more.
var errLeft = errors.New("left")

// isRefusal reports whether another try is of no use.
func isRefusal(err error) bool {
	refused, ok := errors.AsType[*Error](err)
	return ok && refused.Status >= 400 && refused.Status < 500
}

// following is a place in the stream of events.
type following struct {
	client *Client
	query  Lookout
	last   string // id of the last event
	pause  time.Duration
}

// connect follows until the connection ends.
func (f *following) connect(ctx context.Context, yield func(Event, error) bool) error {
	ctx, hangUp := context.WithCancelCause(ctx)
	defer hangUp(nil)
	resp, err := f.client.stream(ctx, "/api/v1/events?"+f.values().Encode(), f.last)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	watchdog := time.AfterFunc(silence, func() { hangUp(errSilent) })
	defer watchdog.Stop()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 0, 64<<10), maxEvent)
	for e := range eventsIn(lines, func() { watchdog.Reset(silence) }) {
		f.pause = firstReturn
		if e.ID != "" {
			f.last = e.ID
		}
		if !yield(e, nil) {
			return errLeft
		}
	}
	return &Error{Code: "unavailable", Message: "The connection to " + f.client.server + " was lost.", Err: lines.Err()}
}

var errSilent = errors.New("no sign of life")

func (f *following) values() url.Values {
	q := url.Values{}
	for _, id := range f.query.Jobs {
		q.Add("job", id)
	}
	for _, s := range f.query.States {
		q.Add("state", string(s))
	}
	set(q, "task", f.query.Task)
	set(q, "client", f.query.Client)
	set(q, "owner", f.query.Owner)
	set(q, "root", f.query.Root)
	set(q, "schedule", f.query.Schedule)
	return q
}

// eventsIn reads events from lines: fields, and an empty line behind each. It
// passes over those that it cannot read.
func eventsIn(lines *bufio.Scanner, alive func()) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		var e Event
		var data bytes.Buffer
		for lines.Scan() {
			alive()
			name, value, _ := strings.Cut(lines.Text(), ":")
			value = strings.TrimPrefix(value, " ")
			switch {
			case lines.Text() == "":
				if data.Len() > 0 && json.Unmarshal(data.Bytes(), &e.EventData) == nil && !yield(e) {
					return
				}
				e = Event{}
				data.Reset()
			case name == "id":
				e.ID = value
			case name == "event":
				e.Kind = value
			case name == "data":
				data.WriteString(value)
			}
		}
	}
}

// stream asks for an answer without an end.
func (c *Client) stream(ctx context.Context, path, last string) (*http.Response, error) {
	req, err := c.request(ctx, http.MethodGet, path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	endless := *c.http
	endless.Timeout = 0
	resp, err := c.answer(&endless, req)
	if err == nil && !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		resp.Body.Close()
		return nil, fmt.Errorf("follow %s: it does not answer with events: %w", c.server, io.ErrUnexpectedEOF)
	}
	return resp, err
}
