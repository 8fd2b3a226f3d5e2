package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Limits of a request, in bytes.
const (
	maxArgs        = 256 << 10
	maxKey         = 200
	maxClient      = 100
	maxDescription = 2000
	maxTrace       = 100
)

// defaultClient owns the jobs of requests that name no client.
const defaultClient = "default"

// accept makes the record of a new job out of what was asked.
func (e *Engine) accept(ctx context.Context, r *job.Request) (x creation, err error) {
	task, err := e.taskOf(ctx, r)
	if err != nil {
		return x, err
	}
	if err := check(r); err != nil {
		return x, err
	}
	args, err := compactArgs(r.Args)
	if err != nil {
		return x, err
	}
	if err := e.fill(&x.record, r, task, args); err != nil {
		return x, err
	}
	x.key = r.Key
	if err := x.remember(r, task); err != nil {
		return x, err
	}
	return x, x.prepare(r.Resume)
}

// check refuses a request whose fields are too long, or could not be told
// apart where they are kept.
func check(r *job.Request) error {
	for _, f := range []struct {
		name, value string
		most        int
	}{
		{"key", r.Key, maxKey},
		{"client", r.Client, maxClient},
		{"description", r.Description, maxDescription},
		{"trace", r.Trace, maxTrace},
		{"owner", r.Owner, maxDescription},
		{"schedule", r.Schedule, maxKey},
	} {
		if len(f.value) > f.most {
			return fault.New(fault.Invalid, "The %s has %d bytes; at most %d are allowed.", f.name, len(f.value), f.most).In(f.name)
		}
	}
	if strings.ContainsFunc(r.Client, unicode.IsControl) {
		return fault.New(fault.Invalid, "The client %q has a control character.", r.Client).In("client")
	}
	return nil
}

// fill makes rec the record of what was asked.
func (e *Engine) fill(rec *record, r *job.Request, task *job.Declaration, args json.RawMessage) error {
	id, at, err := e.idOf(r)
	if err != nil {
		return err
	}
	tags, err := job.TagsOf(r.Tags)
	if err != nil {
		return err
	}
	rec.Job = job.Job{
		ID: id, Task: r.Task, Description: first(r.Description, task.Summary, r.Task), Client: first(r.Client, defaultClient),
		Owner: r.Owner, Queue: queueOf(*task, r.Worker), Args: args, State: job.Queued, Parent: r.Parent, Root: first(r.Root, id),
		RetryOf: r.RetryOf, Schedule: r.Schedule, Trace: r.Trace, Tags: tags, Due: at, Created: at,
	}
	if rec.Description != task.Summary {
		rec.described = rec.Description
	}
	rec.whole = r.Whole
	if !r.Slot.IsZero() {
		rec.Slot = new(r.Slot.UTC())
	}
	if !r.Expires.IsZero() {
		rec.Expires = new(r.Expires.UTC().Truncate(time.Millisecond))
	}
	if !r.At.IsZero() {
		rec.Due, rec.Created = r.At.UTC().Truncate(time.Millisecond), e.now()
		if rec.Due.After(rec.Created) {
			rec.State = job.Scheduled
		}
	}
	if r.Resume != nil {
		rec.resume(*r.Resume)
	}
	return nil
}

// resume lets the numbers of a job go on from where they were.
func (r *record) resume(was job.Resume) {
	r.Created, r.Attempt, r.Failures, r.Errors, r.lines = was.Created, was.Attempt, was.Failures, was.Errors, was.Lines
}

// idOf returns the id of a new job and the time of its acceptance.
func (e *Engine) idOf(r *job.Request) (string, time.Time, error) {
	if r.ID == "" {
		id, err := uuid.NewV7()
		return id.String(), timeOf(id), err
	}
	id, err := uuid.Parse(r.ID)
	if err != nil {
		return "", time.Time{}, fault.New(fault.Invalid, "%q is no job id; ids are UUIDs.", r.ID).In("id")
	}
	return id.String(), e.now(), nil
}

// compactArgs checks that raw is one JSON object, and returns it without
// blanks.
func compactArgs(raw json.RawMessage) (json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return json.RawMessage("{}"), nil
	}
	if len(raw) > maxArgs {
		return nil, fault.New(fault.Invalid, "The arguments are %d bytes long; at most %d are allowed. Pass a reference to large data.", len(raw), maxArgs).In("args")
	}
	var compact bytes.Buffer
	compact.Grow(len(raw))
	if err := json.Compact(&compact, raw); err != nil || raw[0] != '{' {
		return nil, fault.New(fault.Invalid, "The arguments must be one JSON object.").In("args")
	}
	return compact.Bytes(), nil
}

// remember works out by what the request is known when it comes again: an
// idempotency key stands for a task and its arguments; a child's or slot's id
// stands for itself. Other requests are not remembered beyond their record. A
// unique task's job is known by its arguments as long as it is unfinished.
func (x *creation) remember(r *job.Request, task *job.Declaration) error {
	switch {
	case r.Key != "":
		canonical, err := canonicalArgs(x.Args)
		if err != nil {
			return err
		}
		hash := sha256.Sum256(append([]byte(x.Task+"\x00"), canonical...))
		x.memo, x.sum = prefix+"key:"+x.Client+":"+r.Key, hex.EncodeToString(hash[:])
	case r.ID != "" && r.Resume == nil:
		x.memo = prefix + "seen:" + x.ID
	}
	if task.Unique == nil || x.whole != "" {
		return nil
	}
	chosen, err := chosenArgs(x.Args, task.Unique.Args)
	if err != nil {
		return err
	}
	x.unique = shorten(sha256.Sum256([]byte(x.Task + "\x00" + x.Client + "\x00" + chosen)))
	x.policy = task.Unique.Policy
	return nil
}

// canonicalArgs is the same for all ways to write the same arguments.
func canonicalArgs(args json.RawMessage) ([]byte, error) {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(args))
	d.UseNumber()
	if err := d.Decode(&object); err != nil {
		return nil, fmt.Errorf("read arguments: %w", err)
	}
	return json.Marshal(object)
}

// chosenArgs returns some of the arguments in a form that is the same for all
// ways to write them.
func chosenArgs(args json.RawMessage, names []string) (string, error) {
	if len(names) == 0 {
		return "", nil
	}
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(args))
	d.UseNumber()
	if err := d.Decode(&object); err != nil {
		return "", fmt.Errorf("read arguments: %w", err)
	}
	chosen := map[string]any{}
	for _, name := range names {
		chosen[name] = object[name]
	}
	text, err := json.Marshal(chosen)
	return string(text), err
}

// taskOf returns the task that is asked for. A job that is put back brings what
// matters of it along.
func (e *Engine) taskOf(ctx context.Context, r *job.Request) (*job.Declaration, error) {
	if r.Resume != nil {
		return &job.Declaration{Name: r.Task, Queue: r.Resume.Queue}, nil
	}
	return e.declaration(ctx, r.Task)
}
