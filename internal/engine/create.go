package engine

import (
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// createScript accepts jobs: each is recorded, put where it stands, and
// reported, at once.
//
// ARGV: for each: queue, id, client, message, "pending" or "scheduled", ms at
// which it is due, sum of the request, key under which it is remembered or "",
// digest of the uniqueness key or "", policy of uniqueness, ms at which it
// expires or "", number of further fields, field, value, …, kind,
// body or "" if the message says it all
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
  for _, key in ipairs({'beadle:{b}:lock:unique:next', 'beadle:{b}:lock:unique'}) do
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
      redis.call('ZADD', 'beadle:{b}:job:expiries', expires, queue .. ' ' .. id)
    end
  end
  if memo ~= '' then redis.call('HSET', memo, 'id', id, 'sum', sum) end
  say(kind, body == '' and msg or body)
  if holder and state ~= 'scheduled' then
    redis.call('SADD', 'beadle:{b}:job:queues', queue)
    park(queue, id, readLive(nil, state), {kind = 'unique', holder = holder})
    return 'behind ' .. id
  elseif state == 'scheduled' then
    redis.call('SADD', 'beadle:{b}:job:queues', queue)
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

// simpleScript accepts jobs as createScript does, but only simple ones: see
// [creation.simple]. It needs no library, which would take longer than its
// work.
//
// ARGV: "1" if it is to say the time, then queue, client, number n of jobs, n
// ids, n messages, and so on for the next queue or client
//
// It answers 0 if one of the jobs is there already: then none is accepted. Else
// 1, or the time of Redis if it is to say that.
var simpleScript = redis.NewScript(`
local call, keys, said, i, k = redis.call, {}, {}, 2, 0
while i <= #ARGV do
  local key, n = 'asynq:{b}:' .. ARGV[i] .. '}:t:', tonumber(ARGV[i + 2])
  for j = i + 3, i + 2 + n do keys[#keys + 1] = key .. ARGV[j] end
  i = i + 3 + 2 * n
end
if call('EXISTS', unpack(keys)) > 0 then return 0 end
i = 2
while i <= #ARGV do
  local queue, client, n = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local ids, messages = i + 3, i + 3 + n
  i = messages + n
  for j = messages, i - 1 do
    k = k + 1
    call('HSET', keys[k], 'msg', ARGV[j], 'state', 'pending')
    said[2 * k - 1], said[2 * k] = '` + acceptedKind + `', ARGV[j]
  end
` + queueLast + `
end
call('XADD', 'beadle:{b}:job:events', '*', unpack(said))
` + sayNew)

// oneScript is simpleScript for one job.
//
// ARGV: "1" if it is to say the time, queue, client, id, message
var oneScript = redis.NewScript(`
local call, queue, client, ids, messages, n = redis.call, ARGV[2], ARGV[3], 4, 5, 1
local key, message = 'asynq:{b}:' .. queue .. '}:t:' .. ARGV[4], ARGV[5]
if call('EXISTS', key) == 1 then return 0 end
call('HSET', key, 'msg', message, 'state', 'pending')
` + queueLast + `
call('XADD', 'beadle:{b}:job:events', '*', '` + acceptedKind + `', message)
` + sayNew)

// queueLast puts n jobs behind those of their client. If there are none there
// is no token for an idle worker either; else whoever takes the token leaves
// another with what is left.
const queueLast = `
  if call('RPUSH', 'beadle:{b}:job:line:' .. queue .. ':' .. client, unpack(ARGV, ids, messages - 1)) == n then
    call('SADD', 'beadle:{b}:job:queues', queue)
    call('RPUSH', 'beadle:{b}:job:ring:' .. queue, client)
    local wake = 'beadle:{b}:wake:' .. queue
    if call('EXISTS', wake) == 0 then call('LPUSH', wake, '1') end
  end
`

// sayNew ends both.
const sayNew = `
if ARGV[1] ~= '1' then return 1 end
return call('TIME')
`

// A creation is a job that is to be accepted.
type creation struct {
	record
	sum    string // of what was asked, to compare with what is remembered
	policy job.UniquePolicy
	key    string // idempotency key
	msg    []byte
	kind   string // of the event that reports it
	body   []byte // empty: the message says it all
	resume []any  // fields of a job that goes on from where it was
}

// prepare writes the job's message and, unless that says the same, the event.
func (x *creation) prepare(was *job.Resume) (err error) {
	x.msg, x.kind = x.message(), acceptedKind
	if was != nil {
		x.resume = []any{"live", x.live(), "failures", was.Failures, "errors", was.Errors, "lines", was.Lines}
	}
	if was != nil || x.Expires != nil {
		x.kind, x.body, err = events.Marshal(events.JobEnqueued{Job: x.Job})
	}
	if err != nil {
		return fmt.Errorf("write event %s: %w", x.kind, err)
	}
	return nil
}

// simple reports whether nothing has to be looked up before the job is queued,
// and its message is all that there is of it.
func (x *creation) simple() bool {
	return x.memo == "" && x.unique == "" && x.State == job.Queued && x.kind == acceptedKind
}

// asynqStates are asynq's names for where a new job may stand.
var asynqStates = map[job.State]string{job.Queued: "pending", job.Scheduled: "scheduled"}

// args are those of createScript.
func (x *creation) args(args []any) []any {
	expires := ""
	if x.Expires != nil {
		expires = millis(*x.Expires)
	}
	args = append(args, x.Queue, x.ID, x.Client, x.msg, asynqStates[x.State], x.Due.UnixMilli(), x.sum, x.memo,
		x.unique, string(x.policy), expires, len(x.resume)/2)
	return append(append(args, x.resume...), x.kind, x.body)
}

// A createPortion is what one call of a script takes.
type createPortion struct {
	jobs  []creation
	place []int // of each in the whole batch
	bytes int
}

func (p *createPortion) add(place int, x creation) {
	p.jobs, p.place = append(p.jobs, x), append(p.place, place)
	p.bytes += len(x.msg) + len(x.body)
}

func (p *createPortion) full() bool { return len(p.jobs) >= portionJobs || p.bytes >= portionBytes }

// refuse notes that the jobs were not accepted.
func (p *createPortion) refuse(done []Accepted, err error) {
	for _, i := range p.place {
		done[i].Err = err
	}
}

func (p *createPortion) simple() bool {
	return !slices.ContainsFunc(p.jobs, func(x creation) bool { return !x.simple() })
}

// simpleCall returns the script for a portion of simple jobs, and its
// arguments.
func (p *createPortion) simpleCall(askTime bool) (*redis.Script, []any) {
	first := &p.jobs[0]
	if len(p.jobs) == 1 {
		return oneScript, []any{flag(askTime), first.Queue, first.Client, first.ID, first.msg}
	}
	args := append(make([]any, 0, 4+2*len(p.jobs)), flag(askTime))
	for rest := p.jobs; len(rest) > 0; {
		n := neighbours(rest)
		args = append(args, rest[0].Queue, rest[0].Client, n)
		for i := range rest[:n] {
			args = append(args, rest[i].ID)
		}
		for i := range rest[:n] {
			args = append(args, rest[i].msg)
		}
		rest = rest[n:]
	}
	return simpleScript, args
}

// neighbours is how many jobs, from the first on, are of one queue and client.
func neighbours(all []creation) int {
	n := 1
	for n < len(all) && all[n].Queue == all[0].Queue && all[n].Client == all[0].Client {
		n++
	}
	return n
}

// args are those of createScript.
func (p *createPortion) args() (args []any) {
	for i := range p.jobs {
		args = p.jobs[i].args(args)
	}
	return args
}

// clock reads the reply to TIME, in µs.
func clock(reply []any) (us int64) {
	for _, part := range reply {
		text, _ := part.(string)
		us = 1_000_000*us + micros(text)
	}
	return us
}
