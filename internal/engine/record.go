package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// How long Redis remembers a job that has ended: its record, for readers who
// follow it, and what stands for it when the same request comes again.
const (
	keepRecord = time.Hour
	keepMemo   = 24 * time.Hour
)

// A record is a job as Redis keeps it while it is in flight.
type record struct {
	job.Job
	rev     int64  // grows with every change but progress
	fence   int64  // of the attempt that is open; 0 if none is
	abortBy string // who told it to stop; empty if nobody did
	lines   int64  // log lines so far, over all attempts
	memo    string // the key under which the request is remembered; may be empty
}

// live is the part of a job that changes, apart from what has a field of its
// own in the hash.
type live struct {
	Reason   string     `json:"reason,omitempty"`
	Error    string     `json:"error,omitempty"`
	Attempt  int        `json:"attempt,omitempty"`
	Failures int        `json:"failures,omitempty"`
	Worker   string     `json:"worker,omitempty"`
	Due      time.Time  `json:"due"`
	Started  *time.Time `json:"started,omitempty"`
	Ended    *time.Time `json:"ended,omitempty"`
}

// fields returns what changes of r as it stands in the hash.
func (r record) fields() map[string]string {
	return map[string]string{
		"state": string(r.State),
		"live": encode(live{
			Reason: r.Reason, Error: r.Error, Attempt: r.Attempt, Failures: r.Failures,
			Worker: r.Worker, Due: r.Due, Started: r.Started, Ended: r.Ended,
		}),
		"progress": encode(r.Progress),
		"errors":   strconv.FormatInt(r.Errors, 10),
		"lines":    strconv.FormatInt(r.lines, 10),
		"fence":    strconv.FormatInt(r.fence, 10),
		"abort":    r.abortBy,
	}
}

// parse reads a record from its hash.
func parse(hash map[string]string) (r record, err error) {
	var l live
	read := func(field string, v any) {
		if e := json.Unmarshal([]byte(hash[field]), v); e != nil && err == nil {
			err = fmt.Errorf("field %s: %w", field, e)
		}
	}
	read("spec", &r.Job)
	read("live", &l)
	read("progress", &r.Progress)
	read("errors", &r.Errors)
	read("lines", &r.lines)
	read("fence", &r.fence)
	read("rev", &r.rev)
	r.State, r.abortBy, r.memo = job.State(hash["state"]), hash["abort"], hash["memo"]
	r.Reason, r.Error, r.Attempt, r.Failures, r.Worker = l.Reason, l.Error, l.Attempt, l.Failures, l.Worker
	r.Due, r.Started, r.Ended = l.Due, l.Started, l.Ended
	r.Aborting = r.abortBy != "" && !r.State.Final()
	return r, err
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
	if uuid.Validate(id) != nil {
		return record{}, notFound(id)
	}
	hash, err := e.rdb.HGetAll(ctx, recordKey(id)).Result()
	if err != nil {
		return record{}, wrap(err, "read job %s", id)
	}
	if hash["spec"] == "" {
		return record{}, notFound(id)
	}
	r, err := parse(hash)
	if err != nil {
		return record{}, fmt.Errorf("read job %s: %w", id, err)
	}
	return r, nil
}

func notFound(id string) error { return fault.New(fault.NotFound, "There is no job %s.", id) }
