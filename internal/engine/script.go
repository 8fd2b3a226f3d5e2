package engine

import (
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/lock"
)

// script returns a script that has the libraries of locks and of jobs before
// its own text.
func script(text string) *redis.Script { return redis.NewScript(lock.Library + library + text) }

// library is what the scripts of this package share. Where a job stands:
//
//	asynq:{b}:<queue>}:t:<id>           its record
//	beadle:{b}:job:line:<queue>:<c>     list: the queued jobs of a client
//	beadle:{b}:job:ring:<queue>         list: clients that have queued jobs, next first
//	asynq:{b}:<queue>}:pending          list: those that are next, from all clients in turn
//	asynq:{b}:<queue>}:scheduled|retry  zset: those that are due later, by seconds
//	beadle:{b}:job:waiting:<queue>      zset: those that wait, by µs since when
//	beadle:{b}:job:alone:<queue>        list: those that wait for a worker without other jobs
//	beadle:{b}:job:lacks:<queue>:<t>    set: those that wait for a worker that knows the task
//	beadle:{b}:job:lacking              set of "queue task": where there are such
//	beadle:{b}:lock:held:<worker>       hash: id -> "fence queue", those in a worker's hands
//	beadle:{b}:wake:<queue>             list: a token, if there may be something to take
//	beadle:{b}:job:paused               hash: queue or * -> "ms JSON", pauses and when they end
const library = `
local streamKey = 'beadle:{b}:job:events'
local keepMemo = 86400
local at = lock.at
local ms = math.floor(at / 1000)

local function text(n) return string.format('%.0f', n) end
local function recordKey(queue, id) return 'asynq:{b}:' .. queue .. '}:t:' .. id end
local function pendingKey(queue) return 'asynq:{b}:' .. queue .. '}:pending' end
local function dueKey(queue, set) return 'asynq:{b}:' .. queue .. '}:' .. set end
local function lineKey(queue, client) return 'beadle:{b}:job:line:' .. queue .. ':' .. client end
local function ringKey(queue) return 'beadle:{b}:job:ring:' .. queue end
local function waitingKey(queue) return 'beadle:{b}:job:waiting:' .. queue end
local function aloneKey(queue) return 'beadle:{b}:job:alone:' .. queue end
local function lacksKey(queue, task) return 'beadle:{b}:job:lacks:' .. queue .. ':' .. task end
local function wakeKey(queue) return 'beadle:{b}:wake:' .. queue end

-- iso writes µs since 1970 as Go writes a time in JSON.
local function iso(us)
  local s = math.floor(us / 1000000)
  local day, rest = math.floor(s / 86400), s % 86400
  local z = day + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ', year, month, doy - math.floor((153 * mp + 2) / 5) + 1,
    math.floor(rest / 3600), math.floor(rest % 3600 / 60), rest % 60, math.floor(us % 1000000 / 1000))
end

local now = iso(at)

-- The part of a record that changes, see record.live in Go.
local untouched = {pending = 'queued', scheduled = 'scheduled', retry = 'retrying', active = 'running'}
local function readLive(live, state)
  local l = {}
  if not live then
    return {job = untouched[state] or 'queued', rev = 0, fence = '0', attempt = '0', started = '0', ended = '0', session = '-', worker = '-'}
  end
  l.job, l.rev, l.fence, l.attempt, l.started, l.ended, l.session, l.worker =
    string.match(live, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  l.rev = tonumber(l.rev)
  return l
end

-- writeLive writes it, as a new revision, along with further fields.
local function writeLive(key, state, l, ...)
  l.rev = l.rev + 1
  local live = l.job .. ' ' .. text(l.rev) .. ' ' .. l.fence .. ' ' .. l.attempt .. ' ' .. l.started .. ' ' .. l.ended .. ' ' ..
    l.session .. ' ' .. l.worker
  redis.call('HSET', key, 'state', state, 'live', live, ...)
  return live
end

-- Events, all of one script in one entry of the stream.
local said = {}
local function say(kind, body)
  said[#said + 1] = kind
  said[#said + 1] = body
end

-- Tokens for idle workers.
local wakes = {}
local function wake(queue) wakes[queue] = true end

-- Tails of lines: jobs that are queued behind those of their client.
local tails = {}
local function queueLast(queue, client, id)
  local lines = tails[queue]
  if not lines then lines = {}; tails[queue] = lines end
  local line = lines[client]
  if not line then line = {}; lines[client] = line end
  line[#line + 1] = id
end
local function queueFirst(queue, id)
  redis.call('RPUSH', pendingKey(queue), id)
  wake(queue)
end

-- done writes what was collected; the last call of every script.
local function done()
  for queue, lines in pairs(tails) do
    for client, ids in pairs(lines) do
      if redis.call('RPUSH', lineKey(queue, client), unpack(ids)) == #ids then
        redis.call('SADD', 'beadle:{b}:job:queues', queue)
        redis.call('RPUSH', ringKey(queue), client)
      end
    end
    wake(queue)
  end
  for queue in pairs(wakes) do
    if redis.call('EXISTS', wakeKey(queue)) == 0 then redis.call('LPUSH', wakeKey(queue), '1') end
  end
  if #said > 0 then redis.call('XADD', streamKey, '*', unpack(said)) end
  lock.flush()
end

-- head reads the task and the client from a message. One that asynq's own
-- client wrote has no client.
local function head(msg)
  local n = string.byte(msg, 2)
  if string.byte(msg, 3 + n) ~= 122 then return string.sub(msg, 3, 2 + n), 'default' end
  local from = 15 + n
  return string.sub(msg, 3, 2 + n), string.sub(msg, from, from - 1 + string.byte(msg, from - 1))
end

-- headers reads the headers of a message; none is longer than 16383 bytes.
local function headers(msg)
  local all, from = {}, 3 + string.byte(msg, 2)
  local function varint()
    local n = string.byte(msg, from)
    from = from + 1
    if n >= 128 then
      n = n - 128 + 128 * string.byte(msg, from)
      from = from + 1
    end
    return n
  end
  local function word()
    from = from + 1
    local n = varint()
    from = from + n
    return string.sub(msg, from - n, from - 1)
  end
  while string.byte(msg, from) == 122 do
    from = from + 1
    varint()
    local name = word()
    all[name] = word()
  end
  return all
end

local finals = {succeeded = true, failed = true, aborted = true, expired = true}

-- paused returns until when the jobs of a queue do not start, in ms, or 0 for
-- as long as nobody resumes; nil if they may.
local pauses
local function paused(queue)
  if pauses == nil then pauses = redis.call('EXISTS', 'beadle:{b}:job:paused') == 1 and {} end
  if not pauses then return nil end
  local base = string.match(queue, '^[^@]*')
  local until_ = pauses[base]
  if until_ == nil then
    until_ = false
    for _, pause in ipairs(redis.call('HMGET', 'beadle:{b}:job:paused', '*', base)) do
      local ends = pause and tonumber(string.match(pause, '^%d+'))
      if ends == 0 then until_ = 0 elseif ends and ends > ms and until_ ~= 0 then until_ = math.max(until_ or 0, ends) end
    end
    pauses[base] = until_
  end
  return until_ or nil
end

-- ready queues a job, before all others, that has waited. It reports whether
-- it did.
local function ready(queue, id)
  local key = recordKey(queue, id)
  local r = redis.call('HMGET', key, 'live', 'state', 'parked')
  local l = readLive(r[1], r[2])
  if l.job ~= 'waiting' then return end
  l.job = 'queued'
  redis.call('ZREM', waitingKey(queue), id)
  writeLive(key, 'pending', l, 'parked', (r[3] or '') .. ' ' .. text(ms))
  redis.call('HDEL', key, 'waits')
  queueFirst(queue, id)
  say('job.queued', '{"id":"' .. id .. '","at":"' .. now .. '"}')
  return true
end

-- handOver queues those whose turn has come since locks were given back. A job
-- of a paused queue is passed over: nobody must wait behind it for the end of
-- the pause. It stands in line anew when it is taken.
local function handOver(calls)
  calls = calls or lock.call()
  while #calls > 0 do
    local passed = false
    for _, next in ipairs(calls) do
      if paused(next[2]) then
        lock.leave(next[1])
        passed = true
      end
      ready(next[2], next[1])
    end
    calls = passed and lock.call() or {}
  end
end

local function split(place)
  local cut = string.find(place, ' ', 1, true)
  return string.sub(place, 1, cut - 1), string.sub(place, cut + 1)
end

-- partsDone shows how many parts of a job have ended.
local function partsDone(key, all, open)
  redis.call('HSET', key, 'progress', '{"stage":"workers","done":' .. text(all - open) .. ',"total":' .. text(tonumber(all)) ..
    ',"created":0,"changed":0,"removed":0}')
end

-- ended does what follows from the end of a job, whose record says so by now.
local function ended(queue, id, state, msg)
  local h = headers(msg)
  if h.memo then
    redis.call('HSET', h.memo, 'state', state)
    redis.call('EXPIRE', h.memo, keepMemo)
  end
  if h.unique then
    local next = lock.ununique(h.unique, queue .. ' ' .. id)
    if next then ready(split(next)) end
  end
  if h.whole then
    local queue, id = split(h.whole)
    local key = recordKey(queue, id)
    if redis.call('EXISTS', key) == 1 then
      if state ~= 'succeeded' then redis.call('HINCRBY', key, 'parts_failed', 1) end
      local all, open = redis.call('HGET', key, 'parts_all'), redis.call('HINCRBY', key, 'parts_open', -1)
      if all then partsDone(key, all, open) end
      if open == 0 then ready(queue, id) end
    end
  end
end

-- finish ends a job outside an attempt. It waits for nothing any more; those
-- behind it are called by handOver.
local function finish(queue, id, l, state, reason, msg)
  lock.leave(id)
  l.job, l.fence, l.ended, l.session, l.worker = state, '0', text(ms), '-', '-'
  writeLive(recordKey(queue, id), 'completed', l, 'reason', reason)
  say('job.ended', '{"id":"' .. id .. '","task":"' .. head(msg) .. '","state":"' .. state .. '","reason":' ..
    cjson.encode(reason) .. ',"at":"' .. now .. '"}')
  ended(queue, id, state, msg)
end

-- twin is the job for which one has to wait that does the same, or nil.
local function twin(queue, id, msg)
  local digest = headers(msg).unique
  local holder = digest and redis.call('HGET', 'beadle:{b}:lock:unique', digest)
  if not holder or holder == queue .. ' ' .. id then return nil end
  local _, other = split(holder)
  return other
end

-- parked is what a record says of its waits since the last attempt: in a line
-- for each of the latest, its kind, ms when it began, and unless its time was
-- set before ms when it was over.
local function parked(was, kind)
  if not was or #was > 400 then return kind .. ' ' .. text(ms) end
  return was .. '\n' .. kind .. ' ' .. text(ms)
end

-- park lets a job wait for what why says, which is as lock.try gives it.
local function park(queue, id, l, why)
  local wait = '{"kind":"' .. why.kind .. '"'
  if why.name then wait = wait .. ',"for":' .. cjson.encode(why.name) end
  if why.holder and why.holder ~= '' then wait = wait .. ',"holder":"' .. why.holder .. '"' end
  if why.task and why.task ~= '' then wait = wait .. ',"task":"' .. why.task .. '"' end
  if why.since and why.since > 0 then wait = wait .. ',"since":"' .. iso(why.since) .. '"' end
  if why.due then wait = wait .. ',"until":"' .. iso(why.due * 1000) .. '"' end
  wait = wait .. '}'
  l.job = 'waiting'
  local key = recordKey(queue, id)
  writeLive(key, 'scheduled', l, 'waits', wait, 'parked', parked(redis.call('HGET', key, 'parked'), why.kind))
  if why.due then
    redis.call('ZADD', dueKey(queue, 'scheduled'), string.format('%.3f', why.due / 1000), id)
    wake(queue)
  elseif why.kind ~= 'alone' then
    redis.call('ZADD', waitingKey(queue), text(at), id)
  end
  say('job.waiting', '{"id":"' .. id .. '","waiting":' .. wait .. ',"at":"' .. now .. '"}')
end
`
