package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// claimScript takes up to n jobs from the worker's queues into its hands, but
// not from those that are paused; none
// if its lease has run out, as nobody would give them back, and none while
// nothing is granted.
// Those whose task wants nothing, or whose wants are known, are started at
// once; the others are handed out as they are, for [startScript].
//
// ARGV: as starting, then n, jobs that may stand in asynq's list, "1" if the
// worker has no other jobs, names of tasks that want nothing, each between
// newlines, and after another newline those of its other tasks, then queue,
// quota, …
//
// It answers: µs of Redis, ms at which the next job is due or "", "1" if there
// may be more, the id of a job that waits for a worker without others or "",
// the live part of jobs whose first attempt was started, then for each job how
// it was taken, its message, and unless it is "fresh" or "new" its live part
// and the other fields. "fresh" and "started" are those whose attempt is open;
// "new" and "held" those that are not started.
var claimScript = script(starting + `
local free, room, idle, known = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1', ARGV[8]
local plain = string.sub(known, 1, (string.find(known, '\n\n', 1, true)))
local answer, nextDue = {text(at), '', '', '', ''}, nil
if not alive then return answer end
if lock.quiet() then
  answer[2] = text(math.ceil(redis.call('GET', 'beadle:{b}:lock:quiet') / 1000))
  return answer
end

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
        local r = redis.call('HMGET', record, 'msg', 'live', 'state')
        local l = readLive(r[2], r[3])
        local other = r[1] and l.job == 'scheduled' and twin(queue, id, r[1])
        if other then
          park(queue, id, l, {kind = 'unique', holder = other})
        elseif r[1] and not finals[l.job] then
          if l.job ~= 'scheduled' then say('job.queued', '{"id":"' .. id .. '","at":"' .. now .. '"}') end
          l.job = 'queued'
          writeLive(record, 'pending', l)
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

-- hand puts a job into the answer.
local function hand(how, msg, live, r)
  local n = #answer
  answer[n + 1], answer[n + 2] = how, msg
  if r then
    answer[n + 3] = live
    for i = 1, #rest do answer[n + 3 + i] = r.values[i] or '' end
  end
  free = free - 1
end

local isPlain = {}
local function wantsNothing(task)
  local is = isPlain[task]
  if is == nil then is = string.find(plain, '\n' .. task .. '\n', 1, true) ~= nil; isPlain[task] = is end
  return is
end

local function takeFresh(queue, id, key, msg)
  local task, client = head(msg)
  if wantsNothing(task) then
    if startFresh(queue, id, key, task, client, '') then hand('fresh', msg) end
  else
    lock.hold(session, id, '0 ' .. queue)
    hand('new', msg)
  end
end

local function takeAgain(queue, id, msg, live)
  local r = whole(queue, id, msg, live)
  if over(queue, id, r) then return end
  if r.alone and not idle then
    redis.call('LPUSH', aloneKey(queue), id)
    return
  end
  local task, client = head(msg)
  local wants = r.wants or (wantsNothing(task) and '')
  if wants then
    live = startAgain(queue, id, r, task, client, wants)
    if live then hand('started', msg, live, r) end
  else
    if r.live.job == 'waiting' then
      r.live.job = 'queued'
      live = writeLive(recordKey(queue, id), 'pending', r.live)
    end
    lock.hold(session, id, '0 ' .. queue)
    hand('held', msg, live, r)
  end
end

local keys = {}
local function take(queue, id)
  local key = keys[queue]
  if not key then key = recordKey(queue, ''); keys[queue] = key end
  key = key .. id
  local r = redis.call('HMGET', key, 'msg', 'live')
  if not r[1] then return end
  if r[2] then takeAgain(queue, id, r[1], r[2]) else takeFresh(queue, id, key, r[1]) end
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

-- suspects are jobs under which workers died: they run alone. If no worker is
-- idle, one of them takes no more jobs until it is.
local function suspect(queue)
  if redis.call('EXISTS', aloneKey(queue)) == 0 then return end
  local drains = 'beadle:{b}:job:drains:' .. queue
  if not idle then
    local who = redis.call('GET', drains)
    if who and who ~= session then return end
    redis.call('SET', drains, session, 'PX', math.ceil(ARGV[4] / 1000))
    answer[4] = redis.call('LINDEX', aloneKey(queue), -1)
    free = 0
    return
  end
  redis.call('DEL', drains)
  local id = redis.call('RPOP', aloneKey(queue))
  local had = free
  take(queue, id)
  if free < had then free = 0 end
end

-- lacking takes jobs that waited for a worker which knows their task.
local function lacking(open)
  for _, place in ipairs(redis.call('SMEMBERS', 'beadle:{b}:job:lacking')) do
    local queue, task = split(place)
    if open[queue] and string.find(known, '\n' .. task .. '\n', 1, true) then
      local key = lacksKey(queue, task)
      while free > 0 and redis.call('EXISTS', key) == 1 do
        if ready(queue, redis.call('SPOP', key)) then take(queue, redis.call('RPOP', pendingKey(queue))) end
      end
      if redis.call('EXISTS', key) == 0 then redis.call('SREM', 'beadle:{b}:job:lacking', place) end
    end
  end
end

local open = {}
for i = 9, #ARGV, 2 do
  local queue = ARGV[i]
  forward(queue)
  local ends = paused(queue)
  if ends then
    if ends > 0 and (not nextDue or ends < nextDue) then nextDue = ends end
  elseif redis.call('EXISTS', 'asynq:{b}:' .. queue .. '}:paused') == 0 then
    open[#open + 1], open[queue] = {queue, tonumber(ARGV[i + 1])}, true
  end
end
settle()
if free > 0 and redis.call('EXISTS', 'beadle:{b}:job:lacking') == 1 then lacking(open) end
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
if left then handOver() end
answer[5] = begun or ''
tell()
done()
return answer
`)

// A claimed is a job in a worker's hands.
type claimed struct {
	record
	task    tasks.Task
	started bool  // an attempt is open
	refusal error // what is wrong with its wants
	united  bool  // it was divided, and its parts have ended
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
	if len(values) < 5 {
		return h, fmt.Errorf("claim jobs: unexpected reply of %d values", len(values))
	}
	micros, err := strconv.ParseInt(fmt.Sprint(values[0]), 10, 64)
	if err != nil {
		return h, fmt.Errorf("claim jobs: read the time: %w", err)
	}
	w.engine.tick(micros, sent)
	if due, _ := values[1].(string); due != "" {
		h.due, err = fromMillis(due)
		h.due = h.due.Add(-w.engine.clock.ahead())
	}
	h.more, h.suspect = values[2] == "1", values[3] != ""
	if err == nil {
		h.jobs, err = readJobs(values[4], values[5:])
	}
	return h, err
}

// readJobs reads jobs from a script's answer; begun is the live part of fresh
// ones.
func readJobs(begun any, values []any) (all []claimed, err error) {
	all = make([]claimed, 0, len(values)/2)
	var fields [21]any
	fields[1] = "pending"
	for len(values) > 1 {
		how := values[0]
		fields[0], fields[2] = values[1], begun
		width, known := 2, 3
		switch how {
		case "new":
			fields[2] = nil
		case "started", "held":
			width, known = len(fieldNames), len(fieldNames)
			if len(values) < width {
				return nil, errors.New("read jobs: the reply ends early")
			}
			fields[2] = values[2]
			for i, v := range values[3:width] {
				fields[3+i] = v
				if v == "" {
					fields[3+i] = nil
				}
			}
		}
		c := claimed{started: how == "fresh" || how == "started"}
		if c.record, err = parse(fields[:known]); err != nil {
			return nil, err
		}
		all, values = append(all, c), values[width:]
	}
	return all, nil
}

// plainTasks are the names of the tasks that want nothing, and those of the
// others, as claimScript takes them.
func plainTasks(registry *tasks.Registry) string {
	plain, others := "\n", "\n"
	for _, info := range registry.Infos() {
		if info.Locks || info.EachWorker {
			others += info.Name + "\n"
		} else {
			plain += info.Name + "\n"
		}
	}
	return plain + others
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
