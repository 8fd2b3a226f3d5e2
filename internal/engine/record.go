package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A record is a job as Redis keeps it while it is in flight: asynq's hash of
// the task, with fields of our own beside asynq's.
type record struct {
	job.Job
	described string // the description, if the enqueuer gave one
	liveText  string // the part that changes, as it is written; see [record.live]
	rev       int64  // grows with every change of state
	fence     int64  // of the attempt that is open; 0 if none is
	session   string // of the worker that holds it
	abortBy   string // who told it to stop; empty if nobody did
	lines     int64  // log lines so far, over all attempts
	unique    string // digest of the uniqueness key; may be empty
	memo      string // the key under which the request is remembered; may be empty
	whole     string // the job that it is a part of: "queue id"; may be empty
	wants     string // job.Wants as JSON, once a worker has said what they are
	known     bool   // wants are known
	alone     bool   // runs with no other job in its worker
	parts     parts  // of a job that was divided
	parked    string // its waits since the last attempt; see [record.waited]
}

// parts says how the jobs that a job was divided into have ended.
type parts struct{ all, open, failed int }

// fieldNames are the fields of the hash in the order in which they are read.
// The first two are asynq's. All but the first may be missing: a job that was
// queued and not touched since has no others of ours.
var fieldNames = []string{
	"msg", "state", "live", "due", "failures", "crashes", "reason", "error", "abort", "progress", "errors", "lines",
	"stuck", "waits", "wants", "expires", "alone", "parts_all", "parts_open", "parts_failed", "parked",
}

// states are those of jobs that have not been touched since they were accepted.
var states = map[string]job.State{"pending": job.Queued, "scheduled": job.Scheduled, "retry": job.Retrying, "active": job.Running}

// parse reads a record from the values of fieldNames; those at the end may be
// left out.
func parse(values []any) (r record, err error) {
	f := fields{values: values}
	if err := r.readMessage(f.text(0)); err != nil {
		return r, fmt.Errorf("read message: %w", err)
	}
	r.State = states[f.text(1)]
	if err := r.readLive(f.text(2)); err != nil || len(values) <= 3 {
		return r, err
	}
	if due := f.time(3); due != nil {
		r.Due = *due
	}
	r.Failures, r.Crashes = int(f.number(4)), int(f.number(5))
	r.Reason, r.Error, r.abortBy = f.text(6), f.text(7), f.text(8)
	f.json(9, &r.Progress)
	r.Errors, r.lines = f.number(10), f.number(11)
	r.Stuck = f.text(12) != "" && r.fence != 0
	r.wants, r.known = f.text(14), values[14] != nil
	r.Expires, r.alone = f.time(15), f.text(16) != ""
	r.parts = parts{int(f.number(17)), int(f.number(18)), int(f.number(19))}
	r.parked = f.text(20)
	if r.State == job.Waiting {
		f.json(13, &r.Waiting)
	}
	r.Aborting = r.abortBy != "" && !r.State.Final()
	return r, f.err
}

// live is the part of a record that changes with every step, in one text:
// state, revision, fence, attempt, ms of the first start, ms of the end,
// session of the worker, name of the worker.
func (r record) live() string {
	b := make([]byte, 0, 128)
	b = append(append(b, r.State...), ' ')
	for _, n := range []int64{r.rev, r.fence, int64(r.Attempt), unixMilli(r.Started), unixMilli(r.Ended)} {
		b = append(strconv.AppendInt(b, n, 10), ' ')
	}
	b = append(append(b, first(r.session, "-")...), ' ')
	return string(append(b, first(r.Worker, "-")...))
}

func (r *record) readLive(text string) error {
	r.liveText = text
	if text == "" {
		return nil
	}
	words := strings.SplitN(text, " ", 8)
	if len(words) != 8 {
		return fmt.Errorf("field live: %q", text)
	}
	var numbers [5]int64
	for i, word := range words[1:6] {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return fmt.Errorf("field live: %w", err)
		}
		numbers[i] = n
	}
	r.State, r.rev, r.fence, r.Attempt = job.State(words[0]), numbers[0], numbers[1], int(numbers[2])
	r.Started, r.Ended = atMilli(numbers[3]), atMilli(numbers[4])
	r.session, r.Worker = words[6], words[7]
	if r.Worker == "-" {
		r.Worker = ""
	}
	return nil
}

func atMilli(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	return new(time.UnixMilli(ms).UTC())
}

func unixMilli(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMilli()
}

// fields reads the values of a hash, of which any may be missing.
type fields struct {
	values []any
	err    error
}

func (f *fields) text(i int) string {
	s, _ := f.values[i].(string)
	return s
}

func (f *fields) number(i int) int64 {
	text := f.text(i)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	f.note(i, err)
	return n
}

func (f *fields) time(i int) *time.Time {
	return atMilli(f.number(i))
}

func (f *fields) json(i int, v any) {
	if text := f.text(i); text != "" {
		f.note(i, json.Unmarshal([]byte(text), v))
	}
}

func (f *fields) note(i int, err error) {
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("field %s: %w", fieldNames[i], err)
	}
}

// encode returns v, a value of this package's own, as JSON.
func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("engine: encode %T: %v", v, err)) // a field of a type without a JSON form
	}
	return string(raw)
}

// read returns the record of a job, or [fault.NotFound].
func (e *Engine) read(ctx context.Context, id string) (record, error) {
	found, err := e.readAll(ctx, []string{id})
	if err != nil {
		return record{}, err
	}
	if r, ok := found[id]; ok {
		return r, nil
	}
	more, err := e.moreQueues(ctx)
	switch {
	case err != nil:
		return record{}, err
	case more:
		return e.read(ctx, id)
	}
	return record{}, notFound(id)
}

// readAll returns the records of those jobs that Redis has. A record is found
// by its queue, so all queues are asked; there are few.
func (e *Engine) readAll(ctx context.Context, ids []string) (map[string]record, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	queues, err := e.queues(ctx)
	if err != nil {
		return nil, err
	}
	var replies []*redis.SliceCmd
	_, err = e.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids {
			if uuid.Validate(id) != nil {
				continue
			}
			for _, queue := range queues {
				replies = append(replies, p.HMGet(ctx, recordKey(queue, id), fieldNames...))
			}
		}
		return nil
	})
	if err != nil && len(replies) > 0 {
		return nil, wrap(err, "read %d jobs", len(ids))
	}
	found := make(map[string]record, len(ids))
	for _, reply := range replies {
		values := reply.Val()
		if len(values) == 0 || values[0] == nil {
			continue
		}
		r, err := parse(values)
		if err != nil {
			return nil, fmt.Errorf("read a job: %w", err)
		}
		e.describe(ctx, &r)
		found[r.ID] = r
	}
	return found, nil
}

func recordKey(queue, id string) string { return "asynq:{" + asynqQueue(queue) + "}:t:" + id }

func notFound(id string) error { return fault.New(fault.NotFound, "There is no job %s.", id) }
