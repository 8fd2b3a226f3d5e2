package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Limits of a request, in bytes.
const (
	maxArgs = 256 << 10
	maxKey  = 200
)

// deliveryTime is how long an enqueue may take after the job was accepted.
const deliveryTime = 5 * time.Second

// defaultClient owns the jobs of requests that name no client.
const defaultClient = "default"

// createScript accepts a job: record, event and intent at once. It answers
// {"new", id, ""}; {"known", id, state} if the job or its memo is there
// already, with the state in which a remembered job ended; or
// {"conflict", id, ""} if the memo is of another request.
//
// KEYS: as [applyScript]
// ARGV: id, sum of the request, depth entered, number of fields, field, value,
// …, kind, body
var createScript = redis.NewScript(common + `
local remembers = KEYS[5] ~= KEYS[1]
if remembers then
  local memo = redis.call('HMGET', KEYS[5], 'id', 'sum', 'state')
  if memo[1] and memo[2] ~= ARGV[2] then return {'conflict', memo[1], ''} end
  if memo[1] then return {'known', memo[1], memo[3] or ''} end
end
if redis.call('EXISTS', KEYS[1]) == 1 then return {'known', ARGV[1], ''} end
append(set(5, tonumber(ARGV[4])))
count(ARGV[3], 1)
intend(ARGV[1])
if remembers then redis.call('HSET', KEYS[5], 'id', ARGV[1], 'sum', ARGV[2]) end
return {'new', ARGV[1], ''}
`)

// Enqueue accepts a job. Once it has returned without an error, the job will
// reach a final state.
//
// The same ID again changes nothing and returns the job as it is, and so does
// the same idempotency key with the same task and arguments; with other ones
// it is a [fault.Conflict]. Keys, and the ids of jobs that were enqueued by a
// job or a schedule, are remembered until 24 h after the job has ended. A job
// that is remembered but gone from Redis comes back with what was asked and
// its final state; the ledger knows the rest.
func (e *Engine) Enqueue(ctx context.Context, r job.Request) (job.Job, error) {
	task, err := e.taskOf(ctx, r)
	if err != nil {
		return job.Job{}, err
	}
	rec, sum, err := accept(r, task)
	if err != nil {
		return job.Job{}, err
	}
	answer, err := e.create(ctx, rec, sum)
	if err != nil {
		return job.Job{}, err
	}
	switch answer[0] {
	case "conflict":
		return job.Job{}, fault.New(fault.Conflict, "The key %s was used for job %s with another task or other arguments.", r.Key, answer[1]).In("key")
	case "known":
		return e.known(ctx, rec, answer[1], job.State(answer[2]))
	}
	e.deliver(ctx, rec)
	return rec.Job, nil
}

// accept makes the record of a new job out of what was asked.
func accept(r job.Request, task job.Declaration) (rec record, sum string, err error) {
	id, err := idOf(r)
	if err != nil {
		return rec, "", err
	}
	args, canonical, err := checkArgs(r.Args)
	if err != nil {
		return rec, "", err
	}
	if len(r.Key) > maxKey {
		return rec, "", fault.New(fault.Invalid, "An idempotency key has at most %d bytes.", maxKey).In("key")
	}
	at := now()
	rec.Job = job.Job{
		ID: id, Task: r.Task, Description: first(r.Description, task.Summary, r.Task), Client: first(r.Client, defaultClient),
		Owner: r.Owner, Queue: task.Queue, Args: args, State: job.Queued, Parent: r.Parent, Root: first(r.Root, id),
		RetryOf: r.RetryOf, Schedule: r.Schedule, Due: at, Created: at,
	}
	if !r.Slot.IsZero() {
		rec.Slot = new(r.Slot.UTC())
	}
	if !r.At.IsZero() {
		rec.Due = r.At.UTC().Truncate(time.Millisecond)
	}
	if rec.Due.After(at) {
		rec.State = job.Scheduled
	}
	if r.Resume != nil {
		rec.resume(*r.Resume)
	}
	rec.memo, sum = memoOf(r, rec.Job, canonical)
	return rec, sum, nil
}

// resume lets the numbers of a job go on from where they were.
func (r *record) resume(was job.Resume) {
	r.Created, r.Attempt, r.Failures, r.Errors, r.lines = was.Created, was.Attempt, was.Failures, was.Errors, was.Lines
}

func idOf(r job.Request) (string, error) {
	if r.ID == "" {
		id, err := uuid.NewV7()
		return id.String(), err
	}
	id, err := uuid.Parse(r.ID)
	if err != nil {
		return "", fault.New(fault.Invalid, "%q is no job id; ids are UUIDs.", r.ID).In("id")
	}
	return id.String(), nil
}

// checkArgs returns the arguments in their compact form, and in one that is
// the same for all ways to write the same arguments.
func checkArgs(raw json.RawMessage) (args json.RawMessage, canonical []byte, err error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = json.RawMessage("{}")
	}
	if len(raw) > maxArgs {
		return nil, nil, fault.New(fault.Invalid, "The arguments are %d bytes long; at most %d are allowed. Pass a reference to large data.", len(raw), maxArgs).In("args")
	}
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&object) != nil || object == nil || d.More() {
		return nil, nil, fault.New(fault.Invalid, "The arguments must be one JSON object.").In("args")
	}
	if canonical, err = json.Marshal(object); err != nil {
		return nil, nil, fmt.Errorf("write arguments: %w", err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return nil, nil, fault.New(fault.Invalid, "The arguments must be one JSON object.").In("args")
	}
	return compact.Bytes(), canonical, nil
}

// memoOf returns the key that remembers a request, and what it compares: an
// idempotency key stands for a task and its arguments; a child's or slot's id
// stands for itself. Other requests are not remembered beyond their record.
func memoOf(r job.Request, j job.Job, canonical []byte) (key, sum string) {
	switch {
	case r.Key != "":
		hash := sha256.Sum256(append([]byte(j.Task+"\x00"), canonical...))
		return prefix + "key:" + j.Client + ":" + r.Key, hex.EncodeToString(hash[:])
	case r.Parent != "" || r.Schedule != "":
		return prefix + "seen:" + j.ID, ""
	}
	return "", ""
}

func (e *Engine) create(ctx context.Context, rec record, sum string) ([]string, error) {
	fields := rec.fields()
	fields["spec"], fields["queue"], fields["memo"], fields["rev"] = encode(rec.Job), rec.Queue, rec.memo, "0"
	args := []any{rec.ID, sum, depthField(rec.Job)}
	args = append(args, changed(nil, fields)...)
	args, err := appendEvents(args, []events.Event{events.JobEnqueued{Job: rec.Job}})
	if err != nil {
		return nil, err
	}
	answer, err := createScript.Run(ctx, e.rdb, rec.keys(), args...).StringSlice()
	if err != nil {
		return nil, wrap(err, "enqueue %s", rec.Task)
	}
	if len(answer) != 3 {
		return nil, fmt.Errorf("enqueue %s: unexpected reply %v", rec.Task, answer)
	}
	return answer, nil
}

// known returns a job that was accepted before. That may have been a moment
// ago by this very call, whose reply got lost on the way, so it sees to the
// delivery too.
func (e *Engine) known(ctx context.Context, asked record, id string, ended job.State) (job.Job, error) {
	rec, err := e.read(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		asked.ID, asked.State = id, ended
		return asked.Job, nil
	}
	if err == nil && id == asked.ID && rec.Attempt == 0 && !rec.State.Final() {
		e.deliver(ctx, rec)
	}
	return rec.Job, err
}

// deliver hands an accepted job to asynq, even if the caller has gone. If that
// does not succeed now, the sweeper does it later: the job is accepted all the
// same.
func (e *Engine) deliver(ctx context.Context, rec record) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliveryTime)
	defer cancel()
	if err := e.drive(ctx, rec); err != nil {
		e.log.WarnContext(ctx, "job accepted, delivery is left to the sweeper", "job", rec.ID, "err", err)
	}
}

// taskOf returns the task that is asked for. A job that is put back brings what
// matters of it along.
func (e *Engine) taskOf(ctx context.Context, r job.Request) (job.Declaration, error) {
	if r.Resume != nil {
		return job.Declaration{Name: r.Task, Queue: r.Resume.Queue}, nil
	}
	return e.declaration(ctx, r.Task)
}

// declaration returns the task of that name from the catalogue.
func (e *Engine) declaration(ctx context.Context, name string) (d job.Declaration, err error) {
	raw, err := e.rdb.HGet(ctx, tasksKey, name).Bytes()
	if errors.Is(err, redis.Nil) {
		return d, fault.New(fault.Invalid, "There is no task %q; `jobctl tasks` lists those that workers have announced.", name).In("task")
	}
	if err != nil {
		return d, wrap(err, "read task %s", name)
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return d, fmt.Errorf("read task %s: %w", name, err)
	}
	return d, nil
}

// first returns the first that is not empty.
func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
