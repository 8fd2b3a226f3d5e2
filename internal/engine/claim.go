package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// starting is what the scripts that start attempts share. ARGV begins with:
// worker id, worker name, run id of the server, lease in µs.
const starting = `
local session, name = ARGV[1], cjson.encode(ARGV[2])
lock.master(ARGV[3], tonumber(ARGV[4]))
local wanted = {'msg', 'state', 'job', 'rev', 'fence', 'attempt', 'failures', 'crashes', 'worker', 'started', 'due', 'ended',
  'reason', 'error', 'abort', 'progress', 'errors', 'lines', 'stuck', 'waits', 'wants', 'expires', 'alone',
  'parts_all', 'parts_open', 'parts_failed'}

-- start opens an attempt, if the job gets what it wants; else it waits. It
-- returns the fence.
local function start(queue, id, r, wants)
  local task, client = head(r[1])
  local fence, why = lock.try(id, {task = task, client = client, queue = queue, worker = session}, wants)
  local rev = tonumber(r[4] or '0')
  if not fence then
    lock.unhold(session, id)
    park(queue, id, rev, why)
    return nil
  end
  local attempt = tonumber(r[6] or '0') + 1
  local key = recordKey(queue, id)
  redis.call('HSET', key, 'state', 'active', 'job', 'running', 'rev', rev + 1, 'fence', fence, 'attempt', attempt,
    'worker', ARGV[2], 'session', session, 'started', r[10] or text(ms))
  if attempt > 1 or r[20] then redis.call('HDEL', key, 'waits', 'progress', 'reason', 'stuck') end
  lock.hold(session, id, fence .. ' ' .. queue)
  say('attempt.started', '{"id":"' .. id .. '","attempt":' .. attempt .. ',"worker":' .. name .. ',"at":"' .. iso(at) .. '"}')
  r[3], r[4], r[5], r[6], r[10] = 'running', tostring(rev + 1), fence, tostring(attempt), r[10] or text(ms)
  return fence
end

-- over ends a job that must not start any more, and reports whether it did.
local function over(queue, id, r)
  if not r[1] or finals[r[3]] then
    lock.unhold(session, id)
    return true
  end
  if r[15] then
    finish(queue, id, 'aborted', 'Aborted by ' .. r[15] .. '.', r[1])
  elseif r[22] and tonumber(r[22]) <= ms then
    finish(queue, id, 'expired', 'It was not started in time.', r[1])
  else
    return false
  end
  lock.unhold(session, id)
  return true
end
`

// claimScript takes up to n jobs from the worker's queues into its hands.
// Those whose task wants nothing, or whose wants are known, are started at
// once; the others are handed out as they are, for [startScript].
//
// ARGV: as starting, then n, jobs that may stand in asynq's list, "1" if the
// worker has no other jobs, names of tasks that want nothing, each between
// newlines, then queue, quota, …
//
// It answers: µs of Redis, ms at which the next job is due or "", "1" if there
// may be more, the id of a job that waits for a worker without others or "",
// then for each job: its queue, "1" if it was started, and the fields.
var claimScript = script(starting + `
local free, room, idle, plain = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1', ARGV[8]
local answer, nextDue = {text(at), '', '', ''}, nil

-- forward queues the jobs of a queue whose time has come.
local function forward(queue)
  for _, set in ipairs({'scheduled', 'retry'}) do
    local key = dueKey(queue, set)
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if first[2] and tonumber(first[2]) * 1000 <= ms then
      local ids = redis.call('ZRANGEBYSCORE', key, '-inf', string.format('%.3f', ms / 1000), 'LIMIT', 0, 200)
      for _, id in ipairs(ids) do
        redis.call('ZREM', key, id)
        local record = recordKey(queue, id)
        local r = redis.call('HMGET', record, 'msg', 'job')
        if r[1] and not finals[r[2]] then
          redis.call('HSET', record, 'state', 'pending', 'job', 'queued')
          redis.call('HINCRBY', record, 'rev', 1)
          if r[2] then say('job.queued', '{"id":"' .. id .. '","at":"' .. iso(at) .. '"}') end
          local _, client = head(r[1])
          queueLast(queue, client, id)
        end
      end
      first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    end
    local due = first[2] and tonumber(first[2]) * 1000
    if due and (not nextDue or due < nextDue) then nextDue = due end
  end
end

-- settle puts forwarded jobs into their lines now, so that they can be taken.
local function settle()
  for queue, lines in pairs(tails) do
    for client, ids in pairs(lines) do
      if redis.call('RPUSH', lineKey(queue, client), unpack(ids)) == #ids then
        redis.call('RPUSH', ringKey(queue), client)
      end
    end
    wake(queue)
  end
  tails = {}
end

-- refill moves jobs from the lines of clients into asynq's list, from each
-- client as many.
local function refill(queue)
  local ring = redis.call('LLEN', ringKey(queue))
  if ring == 0 then return end
  local need = room - redis.call('LLEN', pendingKey(queue))
  local share = math.max(1, math.floor(need / ring))
  for _ = 1, ring do
    if need <= 0 then return end
    local client = redis.call('LPOP', ringKey(queue))
    local ids = redis.call('LPOP', lineKey(queue, client), math.min(share, need))
    if ids and #ids > 0 then
      redis.call('LPUSH', pendingKey(queue), unpack(ids))
      need = need - #ids
      if redis.call('EXISTS', lineKey(queue, client)) == 1 then redis.call('RPUSH', ringKey(queue), client) end
    end
  end
end

local function hand(queue, r, started)
  answer[#answer + 1] = queue
  answer[#answer + 1] = started and '1' or ''
  for i = 1, #wanted do answer[#answer + 1] = r[i] or '' end
end

local function take(queue, id)
  local r = redis.call('HMGET', recordKey(queue, id), unpack(wanted))
  if over(queue, id, r) then return end
  local task = head(r[1])
  if r[23] and not idle then
    redis.call('LPUSH', aloneKey(queue), id)
    return
  end
  local wants = r[21] or (string.find(plain, '\n' .. task .. '\n', 1, true) and '')
  if wants then
    if start(queue, id, r, wants) then
      hand(queue, r, true)
      free = free - 1
    end
  else
    lock.hold(session, id, '0 ' .. queue)
    hand(queue, r, false)
    free = free - 1
  end
end

local function takeFrom(queue, quota)
  while free > 0 and quota > 0 do
    refill(queue)
    local n = math.min(free, quota)
    local ids = redis.call('RPOP', pendingKey(queue), n)
    if not ids or #ids == 0 then return end
    for _, id in ipairs(ids) do take(queue, id) end
    quota = quota - #ids
  end
end

-- suspects are jobs under which workers died: they run alone.
local function suspect(queue)
  if redis.call('EXISTS', aloneKey(queue)) == 0 then return end
  if not idle then
    answer[4] = redis.call('LINDEX', aloneKey(queue), -1)
    return
  end
  local id = redis.call('RPOP', aloneKey(queue))
  local had = free
  take(queue, id)
  if free < had then free = 0 end
end

local open = {}
for i = 9, #ARGV, 2 do
  local queue = ARGV[i]
  forward(queue)
  if redis.call('EXISTS', 'asynq:{' .. queue .. '}:paused') == 0 then open[#open + 1] = {queue, tonumber(ARGV[i + 1])} end
end
settle()
for _, q in ipairs(open) do if free > 0 then suspect(q[1]) end end
if free > 0 then
  for _, q in ipairs(open) do takeFrom(q[1], q[2]) end
  for _, q in ipairs(open) do takeFrom(q[1], free) end
end
for _, q in ipairs(open) do
  if redis.call('EXISTS', pendingKey(q[1]), ringKey(q[1])) > 0 then
    answer[3] = '1'
    wake(q[1])
  else
    redis.call('DEL', wakeKey(q[1]))
    wakes[q[1]] = nil
  end
end
if nextDue then answer[2] = text(nextDue) end
done()
return answer
`)

// startScript starts jobs that the worker holds, whose wants it has found out,
// or lets them wait.
//
// ARGV: as starting, then for each: queue, id, wants as JSON or ""
//
// It answers: for each job, "1" if it was started, and the fields.
var startScript = script(starting + `
local answer, held = {}, lock.holds(session)
for i = 5, #ARGV, 3 do
  local queue, id, wants = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local r, started = {}, false
  if held[id] == '0 ' .. queue then
    r = redis.call('HMGET', recordKey(queue, id), unpack(wanted))
    if not over(queue, id, r) then
      if not r[21] then redis.call('HSET', recordKey(queue, id), 'wants', wants) end
      started = start(queue, id, r, wants)
    end
  end
  answer[#answer + 1] = started and '1' or ''
  for j = 1, #wanted do answer[#answer + 1] = r[j] or '' end
end
done()
return answer
`)

// A claimed is a job in a worker's hands.
type claimed struct {
	record
	task     tasks.Task
	started  bool // an attempt is open
	refusal  error // what is wrong with its wants
	united   bool  // it was divided, and its parts have ended
}

// An order asks for jobs.
type order struct {
	n     int
	room  int
	idle  bool
	plain string
	from  []portion
}

// A portion is a queue and how many jobs to take from it before any other
// queue's turn.
type portion struct {
	queue string
	quota int
}

// A haul is what a claim brought.
type haul struct {
	jobs    []claimed
	due     time.Time // of the next job that is due later; zero if there is none
	more    bool      // there may be more at once
	suspect bool      // a job waits for a worker without other jobs
}

func (w *Worker) claimArgs(o order) []any {
	args := append(w.startingArgs(), o.n, o.room, flag(o.idle), o.plain)
	for _, p := range o.from {
		args = append(args, p.queue, p.quota)
	}
	return args
}

func (w *Worker) startingArgs() []any {
	return []any{w.sessionID(), w.options.Name, w.engine.run.id(), lock.Lease.Microseconds()}
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return ""
}

// readHaul reads the answer of claimScript to a question sent at that time.
func (w *Worker) readHaul(cmd *redis.Cmd, sent time.Time) (h haul, err error) {
	values, err := cmd.Slice()
	if err != nil {
		return h, err
	}
	width := 2 + len(fieldNames)
	if len(values) < 4 || (len(values)-4)%width != 0 {
		return h, fmt.Errorf("claim jobs: unexpected reply of %d values", len(values))
	}
	micros, err := strconv.ParseInt(fmt.Sprint(values[0]), 10, 64)
	if err != nil {
		return h, fmt.Errorf("claim jobs: read the time: %w", err)
	}
	w.engine.tick(micros, sent)
	if due, _ := values[1].(string); due != "" {
		h.due, err = fromMillis(due)
		h.due = h.due.Add(-time.Duration(w.engine.skew.Load()))
	}
	h.more, h.suspect = values[2] == "1", values[3] != ""
	for rest := values[4:]; len(rest) > 0 && err == nil; rest = rest[width:] {
		var c claimed
		c.record, err = parseReply(rest[2:width])
		c.started = rest[1] == "1"
		h.jobs = append(h.jobs, c)
	}
	return h, err
}

// parseReply reads a record from a script's answer, where fields that are
// missing are empty.
func parseReply(values []any) (record, error) {
	fields := make([]any, len(values))
	for i, v := range values {
		if v != "" {
			fields[i] = v
		}
	}
	return parse(fields)
}

// readStarted reads the answer of startScript for those jobs.
func (w *Worker) readStarted(cmd *redis.Cmd, asked []claimed) ([]claimed, error) {
	values, err := cmd.Slice()
	if err != nil {
		return nil, err
	}
	width := 1 + len(fieldNames)
	if len(values) != width*len(asked) {
		return nil, errors.New("start jobs: unexpected reply")
	}
	var started []claimed
	for i, c := range asked {
		reply := values[i*width : (i+1)*width]
		if reply[0] != "1" {
			continue
		}
		if c.record, err = parseReply(reply[1:]); err != nil {
			return nil, err
		}
		c.started = true
		started = append(started, c)
	}
	return started, nil
}

// plainTasks are the names of the tasks that want nothing, as claimScript
// takes them.
func plainTasks(registry *tasks.Registry) string {
	var b strings.Builder
	b.WriteByte('\n')
	for _, info := range registry.Infos() {
		if !info.Locks && !info.EachWorker {
			b.WriteString(info.Name + "\n")
		}
	}
	return b.String()
}

// load makes sure that Redis knows the scripts which are sent in pipelines.
func (w *Worker) load(ctx context.Context) error {
	for _, s := range []*redis.Script{claimScript, startScript, finishScript} {
		if err := s.Load(ctx, w.engine.rdb).Err(); err != nil {
			return wrap(err, "load scripts")
		}
	}
	return nil
}
