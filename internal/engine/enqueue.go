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
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
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

// A batch of jobs is sent in portions, so that no script takes long.
const (
	portionJobs  = 250
	portionBytes = 512 << 10
)

// defaultClient owns the jobs of requests that name no client.
const defaultClient = "default"

// createScript accepts jobs: each is recorded, put where it stands, and
// reported, at once.
//
// ARGV: for each: queue, id, client, message, "pending" or "scheduled", ms at
// which it is due, sum of the request, key under which it is remembered or "",
// digest of the uniqueness key or "", policy of uniqueness, ms at which it
// expires or "", number of further fields, field, value, …, kind, body
//
// It answers µs of Redis, and for each: "new"; "behind ID" if it is new and
// waits for another that does the same; "known ID STATE" if the job or
// its memo is there already, with the state in which a remembered job ended;
// "conflict ID" if the memo is of another request; "skip ID" or "reject ID" if
// the job with that id is the same and unfinished.
var createScript = script(`
local answer, i = {text(at)}, 1

-- unique takes the uniqueness key, and returns what is to be answered if the
-- job is not accepted, or the job that it waits for.
local function unique(queue, id, digest, policy)
  for _, key in ipairs({'beadle:{lock}:unique:next', 'beadle:{lock}:unique'}) do
    local other = redis.call('HGET', key, digest)
    if other and redis.call('EXISTS', recordKey(split(other))) == 0 then -- somebody has deleted it
      local next = lock.ununique(digest, other)
      if next then ready(split(next)) end
    end
  end
  local way, holder, replaced = lock.unique(digest, policy, queue .. ' ' .. id)
  if way == 'skip' or way == 'reject' then
    local _, other = split(holder)
    return way .. ' ' .. other
  end
  if way == 'replaced' then
    local otherQueue, other = split(replaced)
    redis.call('ZREM', waitingKey(otherQueue), other)
    redis.call('ZREM', dueKey(otherQueue, 'scheduled'), other)
    local r = redis.call('HMGET', recordKey(otherQueue, other), 'msg', 'live', 'state')
    if r[1] then
      finish(otherQueue, other, readLive(r[2], r[3]), 'aborted', 'Replaced by job ' .. id .. ', which does the same.', r[1])
    end
  end
  if way == 'behind' or way == 'replaced' then
    local _, other = split(holder)
    return nil, other
  end
end

local function create(queue, id, client, msg, state, due, sum, memo, digest, policy, expires, n)
  local key, from = recordKey(queue, id), i
  i = i + 2 * n
  local kind, body = ARGV[i], ARGV[i + 1]
  i = i + 2
  if memo ~= '' then
    local was = redis.call('HMGET', memo, 'id', 'sum', 'state')
    if was[1] and was[2] ~= sum then return 'conflict ' .. was[1] end
    if was[1] then return 'known ' .. was[1] .. ' ' .. (was[3] or '') end
  end
  if redis.call('EXISTS', key) == 1 then return 'known ' .. id .. ' ' end
  local holder
  if digest ~= '' then
    local answer
    answer, holder = unique(queue, id, digest, policy)
    if answer then return answer end
  end
  if n == 0 and expires == '' then
    redis.call('HSET', key, 'msg', msg, 'state', state)
  else
    redis.call('HSET', key, 'msg', msg, 'state', state, unpack(ARGV, from, from + 2 * n - 1))
    if redis.call('HEXISTS', key, 'live') == 0 then writeLive(key, state, readLive(nil, state)) end
    if expires ~= '' then
      redis.call('HSET', key, 'expires', expires)
      redis.call('ZADD', 'beadle:{job}:expiries', expires, queue .. ' ' .. id)
    end
  end
  if memo ~= '' then redis.call('HSET', memo, 'id', id, 'sum', sum) end
  say(kind, body)
  if holder and state ~= 'scheduled' then
    redis.call('SADD', 'asynq:queues', queue)
    park(queue, id, readLive(nil, state), {kind = 'unique', holder = holder})
    return 'behind ' .. id
  elseif state == 'scheduled' then
    redis.call('SADD', 'asynq:queues', queue)
    redis.call('ZADD', dueKey(queue, 'scheduled'), string.format('%.3f', due / 1000), id)
    wake(queue)
  else
    queueLast(queue, client, id)
  end
  return 'new'
end

while i <= #ARGV do
  local from = i
  i = i + 12
  answer[#answer + 1] = create(unpack(ARGV, from, from + 11))
end
done()
return answer
`)

// An Accepted is what became of one request of many.
type Accepted struct {
	Job job.Job // if Err is nil
	Err error
}

// Enqueue accepts a job. Once it has returned without an error, the job will
// reach a final state.
//
// The same ID again changes nothing and returns the job as it is, and so does
// the same idempotency key with the same task and arguments; with other ones
// it is a [fault.Conflict]. Keys, and the ids of jobs that were enqueued by a
// job or a schedule, are remembered until 24 h after the job has ended. A job
// that is remembered but gone from Redis comes back with what was asked and
// its final state; the ledger knows the rest.
//
// If the task is unique and the same job is unfinished, the policy decides: a
// skipped request returns the unfinished job, whose id is not the request's;
// a rejected one is a [fault.Conflict].
func (e *Engine) Enqueue(ctx context.Context, r job.Request) (job.Job, error) {
	all, err := e.EnqueueBatch(ctx, []job.Request{r})
	if err != nil {
		return job.Job{}, err
	}
	return all[0].Job, all[0].Err
}

// EnqueueBatch accepts many jobs as [Engine.Enqueue] does one, and returns
// what became of each, in order. It is an error only if nothing could be
// tried; jobs that could not be tried because Redis went away in between have
// that as their error.
func (e *Engine) EnqueueBatch(ctx context.Context, all []job.Request) ([]Accepted, error) {
	done := make([]Accepted, len(all))
	var p createPortion
	for i, r := range all {
		x, err := e.accept(ctx, r)
		if err != nil {
			done[i].Err = err
			continue
		}
		p.add(i, x)
		if p.full() {
			e.create(ctx, p, done)
			p = createPortion{}
		}
	}
	if len(p.jobs) > 0 {
		e.create(ctx, p, done)
	}
	return done, nil
}

// A creation is a job that is to be accepted.
type creation struct {
	record
	sum    string // of what was asked, to compare with what is remembered
	policy job.UniquePolicy
	key    string // idempotency key
	args   []any
}

// A createPortion is what one call of createScript takes.
type createPortion struct {
	jobs  []creation
	place []int // of each in the whole batch
	args  []any
	bytes int
}

func (p *createPortion) add(place int, x creation) {
	p.jobs, p.place, p.args = append(p.jobs, x), append(p.place, place), append(p.args, x.args...)
	p.bytes += len(x.Args) + 500
}

func (p *createPortion) full() bool { return len(p.jobs) >= portionJobs || p.bytes >= portionBytes }

// create sends a portion and notes what became of its jobs.
func (e *Engine) create(ctx context.Context, p createPortion, done []Accepted) {
	sent := time.Now()
	answers, err := runScript(ctx, e, createScript, p.args...).StringSlice()
	if err == nil && len(answers) != 1+len(p.jobs) {
		err = fmt.Errorf("unexpected reply %v", answers)
	}
	if err == nil {
		e.tick(micros(answers[0]), sent)
	}
	for i, x := range p.jobs {
		if err != nil {
			done[p.place[i]].Err = wrap(err, "enqueue %s", x.Task)
			continue
		}
		done[p.place[i]].Job, done[p.place[i]].Err = e.accepted(ctx, x, answers[i+1])
	}
}

// accepted reads what createScript answered for one job.
func (e *Engine) accepted(ctx context.Context, x creation, answer string) (job.Job, error) {
	word, rest, _ := strings.Cut(answer, " ")
	id, state, _ := strings.Cut(rest, " ")
	e.sawQueue(x.Queue)
	switch word {
	case "new":
		return x.Job, nil
	case "conflict":
		return job.Job{}, fault.New(fault.Conflict, "The key %s was used for job %s with another task or other arguments.", x.key, id).In("key")
	case "reject":
		return job.Job{}, fault.New(fault.Conflict, "Job %s does the same and has not ended.", id)
	}
	rec, err := e.read(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		x.ID, x.State = id, job.State(state)
		return x.Job, nil
	}
	return rec.at(e.now()), err
}

// accept makes the record of a new job out of what was asked.
func (e *Engine) accept(ctx context.Context, r job.Request) (x creation, err error) {
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
	x.record, err = e.recordOf(r, task, args)
	if err != nil {
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
func check(r job.Request) error {
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

func (e *Engine) recordOf(r job.Request, task job.Declaration, args json.RawMessage) (rec record, err error) {
	id, at, err := e.idOf(r)
	if err != nil {
		return rec, err
	}
	rec.Job = job.Job{
		ID: id, Task: r.Task, Description: first(r.Description, task.Summary, r.Task), Client: first(r.Client, defaultClient),
		Owner: r.Owner, Queue: queueOf(task, r.Worker), Args: args, State: job.Queued, Parent: r.Parent, Root: first(r.Root, id),
		RetryOf: r.RetryOf, Schedule: r.Schedule, Trace: r.Trace, Due: at, Created: at,
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
		rec.Due = r.At.UTC().Truncate(time.Millisecond)
		if rec.Due.After(e.now()) {
			rec.State = job.Scheduled
		}
	}
	if r.Resume != nil {
		rec.resume(*r.Resume)
	}
	return rec, nil
}

// resume lets the numbers of a job go on from where they were.
func (r *record) resume(was job.Resume) {
	r.Created, r.Attempt, r.Failures, r.Errors, r.lines = was.Created, was.Attempt, was.Failures, was.Errors, was.Lines
}

// idOf returns the id of a new job and the time of its acceptance.
func (e *Engine) idOf(r job.Request) (string, time.Time, error) {
	if r.ID == "" {
		id, err := uuid.NewV7()
		return id.String(), idTime(id.String()), err
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
func (x *creation) remember(r job.Request, task job.Declaration) error {
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

// prepare makes the job's arguments of createScript.
func (x *creation) prepare(was *job.Resume) error {
	kind, body, err := events.Marshal(events.JobEnqueued{Job: x.Job})
	if err != nil {
		return fmt.Errorf("write event %s: %w", kind, err)
	}
	expires := ""
	if x.Expires != nil {
		expires = millis(*x.Expires)
	}
	x.args = []any{
		x.Queue, x.ID, x.Client, x.message(), asynqStates[x.State], x.Due.UnixMilli(), x.sum, x.memo,
		x.unique, string(x.policy), expires,
	}
	fields := x.resumed(was)
	x.args = append(append(x.args, len(fields)/2), fields...)
	x.args = append(x.args, kind, body)
	return nil
}

// resumed are the fields of a job that goes on from where it was.
func (x *creation) resumed(was *job.Resume) []any {
	if was == nil {
		return nil
	}
	return []any{"live", x.live(), "failures", was.Failures, "errors", was.Errors, "lines", was.Lines}
}

// taskOf returns the task that is asked for. A job that is put back brings what
// matters of it along.
func (e *Engine) taskOf(ctx context.Context, r job.Request) (job.Declaration, error) {
	if r.Resume != nil {
		return job.Declaration{Name: r.Task, Queue: r.Resume.Queue}, nil
	}
	return e.declaration(ctx, r.Task)
}

// runScript runs one of this package's scripts by itself.
func runScript(ctx context.Context, e *Engine, s *redis.Script, args ...any) *redis.Cmd {
	return s.Run(ctx, e.rdb, nil, args...)
}

func appendEvents(args []any, report []events.Event) ([]any, error) {
	for _, event := range report {
		kind, body, err := events.Marshal(event)
		if err != nil {
			return nil, fmt.Errorf("write event %s: %w", event.Kind(), err)
		}
		args = append(args, kind, body)
	}
	return args, nil
}
