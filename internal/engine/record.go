package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// How long Redis remembers a job that has ended: its record, unless the ledger
// has it earlier, and what stands for it when the same request comes again.
const (
	keepRecord = time.Hour
	keepMemo   = 24 * time.Hour
)

// A record is a job as Redis keeps it while it is in flight: asynq's hash of
// the task, with fields of our own beside asynq's.
type record struct {
	job.Job
	described string // the description, if the enqueuer gave one
	rev       int64  // grows with every change of state
	fence     int64  // of the attempt that is open; 0 if none is
	abortBy   string // who told it to stop; empty if nobody did
	lines     int64  // log lines so far, over all attempts
	unique    string // digest of the uniqueness key; may be empty
	memo      string // the key under which the request is remembered; may be empty
	whole     string // the job that it is a part of: "queue id"; may be empty
	wants     string // job.Wants as JSON, once a worker has said what they are
	known     bool   // wants are known
	alone     bool   // runs with no other job in its worker
	parts     parts  // of a job that was divided
}

// parts says how the jobs that a job was divided into have ended.
type parts struct{ all, open, failed int }

// fieldNames are the fields of the hash in the order in which they are read.
// All but the first two may be missing.
var fieldNames = []string{
	"msg", "state", "job", "rev", "fence", "attempt", "failures", "crashes", "worker", "started", "due", "ended",
	"reason", "error", "abort", "progress", "errors", "lines", "stuck", "waits", "wants", "expires", "alone", "parts_all", "parts_open", "parts_failed",
}

// states are those of jobs whose hash has asynq's state only.
var states = map[string]job.State{"pending": job.Queued, "scheduled": job.Scheduled, "retry": job.Retrying, "active": job.Running}

// parse reads a record from the values of fieldNames.
func parse(values []any) (r record, err error) {
	if len(values) != len(fieldNames) {
		return r, fmt.Errorf("read record: %d fields instead of %d", len(values), len(fieldNames))
	}
	f := fields{values: values}
	if err := r.readMessage(f.text(0)); err != nil {
		return r, fmt.Errorf("read message: %w", err)
	}
	r.State = job.State(first(f.text(2), string(states[f.text(1)])))
	r.rev, r.fence = f.number(3), f.number(4)
	r.Attempt, r.Failures, r.Crashes = int(f.number(5)), int(f.number(6)), int(f.number(7))
	r.Worker = f.text(8)
	r.Started, r.Ended, r.Expires = f.time(9), f.time(11), f.time(21)
	if due := f.time(10); due != nil {
		r.Due = *due
	}
	r.Reason, r.Error, r.abortBy = f.text(12), f.text(13), f.text(14)
	f.json(15, &r.Progress)
	r.Errors, r.lines = f.number(16), f.number(17)
	r.Stuck = f.text(18) != "" && r.fence != 0
	r.wants, r.known = f.text(20), values[20] != nil
	r.alone = f.text(22) != ""
	r.parts = parts{int(f.number(23)), int(f.number(24)), int(f.number(25))}
	if r.State == job.Waiting {
		f.json(19, &r.Waiting)
	}
	r.Aborting = r.abortBy != "" && !r.State.Final()
	return r, f.err
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
	ms := f.number(i)
	if ms == 0 {
		return nil
	}
	return new(time.UnixMilli(ms).UTC())
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
	r, ok := found[id]
	if !ok {
		return record{}, notFound(id)
	}
	return r, nil
}

// readAll returns the records of those jobs that Redis has. A record is found
// by its queue, so all queues are asked; there are few.
func (e *Engine) readAll(ctx context.Context, ids []string) (map[string]record, error) {
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

func recordKey(queue, id string) string { return "asynq:{" + queue + "}:t:" + id }

func notFound(id string) error { return fault.New(fault.NotFound, "There is no job %s.", id) }
