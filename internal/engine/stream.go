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
)

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
	streams, err := e.rdb.XRead(ctx, &redis.XReadArgs{Streams: []string{streamKey, after}, Count: int64(limit), Block: wait}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(err, "read events after %s", after)
	}
	var entries []events.Entry
	for _, message := range streams[0].Messages {
		entry, err := e.parseEntry(message)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

// parseEntry reads an entry. One whose body makes no sense must not hold up
// those behind it: it is logged, and left without its event.
func (e *Engine) parseEntry(m redis.XMessage) (events.Entry, error) {
	kind, _ := m.Values["kind"].(string)
	body, _ := m.Values["body"].(string)
	event, err := events.Unmarshal(kind, []byte(body))
	if err != nil {
		e.log.Error("event makes no sense and is passed over", "position", m.ID, "kind", kind, "err", err)
		event = nil
	}
	ms, _, err := parsePosition(m.ID)
	return events.Entry{ID: m.ID, At: time.UnixMilli(ms).UTC(), Event: event}, err
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
