package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A batch of jobs is sent in portions, so that no script takes long.
const (
	portionJobs  = 250
	portionBytes = 512 << 10
)

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
  if n == '0' and expires == '' then
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
// that as their error, and so have those of which nobody heard whether they
// were accepted.
func (e *Engine) EnqueueBatch(ctx context.Context, all []job.Request) ([]Accepted, error) {
	done := make([]Accepted, len(all))
	var p createPortion
	for i, r := range all {
		x, err := e.accept(ctx, r)
		if err == nil {
			p.add(i, x)
		}
		if p.full() {
			err = e.create(ctx, &p, done)
		}
		switch {
		case err == nil:
		case fault.KindOf(err) != fault.Unavailable:
			done[i].Err = err
		case i == 0:
			return nil, err
		default:
			p.refuse(done, err)
			for j := range done[i:] {
				done[i+j].Err = err
			}
			return done, nil
		}
	}
	e.create(ctx, &p, done) // its error is that of each job
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

// refuse notes that the jobs were not accepted.
func (p *createPortion) refuse(done []Accepted, err error) {
	for _, i := range p.place {
		done[i].Err = err
	}
}

// create sends a portion and notes what became of its jobs. The portion is
// empty then.
func (e *Engine) create(ctx context.Context, p *createPortion, done []Accepted) error {
	if len(p.jobs) == 0 {
		return nil
	}
	defer func() { *p = createPortion{} }()
	sent := time.Now()
	answers, err := runScript(ctx, e, createScript, p.args...).StringSlice()
	if err == nil && len(answers) != 1+len(p.jobs) {
		err = fmt.Errorf("unexpected reply %v", answers)
	}
	if err != nil {
		err = wrap(err, "enqueue %s", p.jobs[0].Task)
		p.refuse(done, err)
		return err
	}
	e.tick(micros(answers[0]), sent)
	there, err := e.readAccepted(ctx, p.jobs, answers[1:])
	for i, x := range p.jobs {
		done[p.place[i]].Job, done[p.place[i]].Err = e.accepted(x, answers[i+1], there, err)
	}
	return nil
}

// readAccepted reads the jobs that stand for those that were asked for, or that
// are not as they were asked for.
func (e *Engine) readAccepted(ctx context.Context, all []creation, answers []string) (map[string]record, error) {
	var ids []string
	for i, x := range all {
		e.sawQueue(x.Queue)
		if word, id, _ := strings.Cut(answers[i], " "); word == "known" || word == "behind" || word == "skip" {
			id, _, _ = strings.Cut(id, " ")
			ids = append(ids, id)
		}
	}
	return e.readAll(ctx, ids)
}

// accepted reads what createScript answered for one job; there are those that
// were read, unless that failed.
func (e *Engine) accepted(x creation, answer string, there map[string]record, err error) (job.Job, error) {
	word, rest, _ := strings.Cut(answer, " ")
	id, state, _ := strings.Cut(rest, " ")
	switch word {
	case "new":
		return x.Job, nil
	case "conflict":
		return job.Job{}, fault.New(fault.Conflict, "The key %s was used for job %s with another task or other arguments.", x.key, id).In("key")
	case "reject":
		return job.Job{}, fault.New(fault.Conflict, "Job %s does the same and has not ended.", id)
	}
	rec, found := there[id]
	if err == nil && !found {
		x.ID, x.State = id, job.State(state)
		return x.Job, nil
	}
	return rec.at(e.now()), err
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
