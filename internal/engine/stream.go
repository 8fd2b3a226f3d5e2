package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// acceptedKind is the kind of an event whose body is the message of a job that
// was accepted: what there is to say of it is in there already. It is read as
// [events.JobEnqueued].
const acceptedKind = "job.accepted"

// maxBlock bounds one blocking read, which a context may not be able to end.
const maxBlock = time.Second

// Events returns up to limit events behind the position after, oldest first;
// "" is the beginning. If there are none it waits for up to block.
func (e *Engine) Events(ctx context.Context, after string, limit int, block time.Duration) ([]events.Entry, error) {
	if after == "" {
		after = "0-0"
	}
	for deadline := time.Now().Add(block); ; {
		wait := min(time.Until(deadline), maxBlock)
		entries, err := e.readStream(ctx, after, limit, wait)
		if err != nil || len(entries) > 0 {
			return entries, err
		}
		if ctx.Err() != nil || !time.Now().Before(deadline) {
			return nil, ctx.Err()
		}
	}
}

func (e *Engine) readStream(ctx context.Context, after string, limit int, wait time.Duration) ([]events.Entry, error) {
	if wait < time.Millisecond {
		wait = -1 // Redis takes 0 for ever
	}
	args := []any{"XREAD", "COUNT", limit}
	if wait > 0 {
		args = append(args, "BLOCK", wait.Milliseconds())
	}
	messages, err := readMessages(e.rdb.Do(ctx, append(args, "STREAMS", streamKey, after)...).Result())
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(err, "read events after %s", after)
	}
	var entries []events.Entry
	for _, message := range messages {
		if entries, err = e.parseMessage(ctx, entries, message); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// A message is an entry of the stream as Redis has it. The fields of an entry
// repeat, which the client's own type cannot express.
type message struct {
	id    string
	words []string // kind, body, kind, body, …
}

// readMessages reads the reply to XREAD of one stream: in RESP3 a map of
// streams to entries, in RESP2 a list of pairs.
func readMessages(reply any, err error) ([]message, error) {
	if err != nil {
		return nil, err
	}
	var entries any
	switch streams := reply.(type) {
	case map[any]any:
		entries = streams[streamKey]
	case []any:
		if pair, ok := streams[0].([]any); ok && len(pair) == 2 {
			entries = pair[1]
		}
	}
	list, ok := entries.([]any)
	if !ok {
		return nil, fmt.Errorf("unexpected reply %T", reply)
	}
	all := make([]message, 0, len(list))
	for _, entry := range list {
		pair, ok := entry.([]any)
		if !ok || len(pair) != 2 {
			return nil, fmt.Errorf("unexpected entry %T", entry)
		}
		m := message{id: fmt.Sprint(pair[0])}
		words, _ := pair[1].([]any)
		for _, word := range words {
			text, _ := word.(string)
			m.words = append(m.words, text)
		}
		all = append(all, m)
	}
	return all, nil
}

// parseMessage reads an entry of the stream, which may report several events:
// kind, body, kind, body, ….
func (e *Engine) parseMessage(ctx context.Context, entries []events.Entry, m message) ([]events.Entry, error) {
	ms, _, err := parsePosition(m.id)
	if err != nil {
		return nil, err
	}
	at := time.UnixMilli(ms).UTC()
	for i := 0; i+1 < len(m.words); i += 2 {
		for _, event := range e.parseEvents(ctx, m.id, m.words[i], m.words[i+1]) {
			entries = append(entries, events.Entry{ID: m.id, At: at, Event: event})
		}
	}
	return entries, nil
}

// parseEvents reads what one kind and body report. What makes no sense must
// not hold up what is behind it: it is logged, and left out.
func (e *Engine) parseEvents(ctx context.Context, position, kind, body string) []events.Event {
	all, err := e.readEvents(ctx, kind, body)
	if err != nil {
		e.log.Error("event makes no sense and is passed over", "position", position, "kind", kind, "err", err)
		return []events.Event{nil}
	}
	for i, event := range all {
		if w, ok := event.(events.JobWaiting); ok && w.Reason == "" && w.Waiting != nil {
			w.Reason = w.Waiting.Sentence(w.At)
			all[i] = w
		}
	}
	return all
}

func (e *Engine) readEvents(ctx context.Context, kind, body string) ([]events.Event, error) {
	if kind != acceptedKind {
		return events.UnmarshalAll(kind, []byte(body))
	}
	var r record
	if err := r.readMessage(body); err != nil {
		return nil, fmt.Errorf("read event %s: %w", kind, err)
	}
	r.State = job.Queued
	if r.Due.After(r.Created) {
		r.State = job.Scheduled
	}
	e.describe(ctx, &r)
	return []events.Event{events.JobEnqueued{Job: r.Job}}, nil
}

// parsePosition reads a position in the stream: milliseconds and a sequence
// number.
func parsePosition(id string) (ms int64, seq uint64, err error) {
	before, after, _ := strings.Cut(id, "-")
	if ms, err = strconv.ParseInt(before, 10, 64); err == nil {
		seq, err = strconv.ParseUint(after, 10, 64)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%q is no position in the event stream", id)
	}
	return ms, seq, nil
}

// Trim drops the events up to and including the one at upTo.
func (e *Engine) Trim(ctx context.Context, upTo string) error {
	ms, seq, err := parsePosition(upTo)
	if err != nil {
		return err
	}
	oldest := fmt.Sprintf("%d-%d", ms, seq+1)
	return wrap(e.rdb.XTrimMinID(ctx, streamKey, oldest).Err(), "trim events up to %s", upTo)
}

// Backlog returns the number of events in the stream.
func (e *Engine) Backlog(ctx context.Context) (int64, error) {
	n, err := e.rdb.XLen(ctx, streamKey).Result()
	return n, wrap(err, "count events")
}

// Latest returns the position of the newest event; "" if there was none yet.
func (e *Engine) Latest(ctx context.Context) (string, error) {
	newest, err := e.rdb.XRevRangeN(ctx, streamKey, "+", "-", 1).Result()
	if err != nil {
		return "", wrap(err, "find the newest event")
	}
	if len(newest) == 0 {
		return "", nil
	}
	return newest[0].ID, nil
}
