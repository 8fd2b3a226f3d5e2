package engine

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/lock"
)

// starting is what the scripts that start attempts share. ARGV begins with:
// worker id, worker name, run id of the server, lease in µs.
const starting = `
local session, name = ARGV[1], cjson.encode(ARGV[2])
lock.master(ARGV[3], tonumber(ARGV[4]))
local alive = lock.alive(session)
local opening = ',"worker":' .. name .. ',"at":"' .. now .. '"}'
local begun, fresh = nil, {}
local rest = {'due', 'failures', 'crashes', 'reason', 'error', 'abort', 'progress', 'errors', 'lines',
  'stuck', 'waits', 'wants', 'expires', 'alone', 'parts_all', 'parts_open', 'parts_failed', 'parked'}

-- who names a job's task and client to lock; from those of one queue.
local whos = {}
local function who(queue, task, client)
  local of = whos[queue]
  if not of then of = {}; whos[queue] = of end
  local own = of[task]
  if not own then own = {}; of[task] = own end
  local w = own[client]
  if not w then w = {task = task, client = client, queue = queue, worker = session}; own[client] = w end
  return w
end

-- refuse lets a job wait that does not get what it wants.
local function refuse(queue, id, l, why)
  lock.unhold(session, id)
  park(queue, id, l, why)
end

-- holdIn notes that the worker holds a job, in that queue, under that fence.
local places = {}
local function holdIn(queue, id, fence)
  local place = places[queue]
  if not place then place = fence .. ' ' .. queue; places[queue] = place end
  lock.hold(session, id, place)
end

-- startFresh opens the first attempt of a job that was not touched since it
-- was accepted, if it gets what it wants; else it waits.
local function startFresh(queue, id, key, task, client, wants)
  local fence, why = lock.try(id, who(queue, task, client), wants)
  if not fence then return refuse(queue, id, readLive(nil, 'pending'), why) end
  begun = begun or 'running 1 ' .. fence .. ' 1 ' .. text(ms) .. ' 0 ' .. session .. ' ' .. ARGV[2]
  redis.call('HSET', key, 'live', begun)
  holdIn(queue, id, fence)
  fresh[#fresh + 1] = id
  return begun
end

-- tell says in one event which first attempts were opened.
local function tell()
  if #fresh > 0 then
    say('attempts.started', '{"ids":["' .. table.concat(fresh, '","') .. '"],"attempt":1' .. opening)
  end
end

-- startAgain does the same for any job; its record was read into r.
local function startAgain(queue, id, r, task, client, wants)
  local fence, why = lock.try(id, who(queue, task, client), wants)
  local l = r.live
  if not fence then return refuse(queue, id, l, why) end
  local key = recordKey(queue, id)
  l.job, l.fence, l.attempt, l.ended, l.session, l.worker = 'running', fence, text(l.attempt + 1), '0', session, ARGV[2]
  if l.started == '0' then l.started = text(ms) end
  redis.call('HDEL', key, 'waits', 'parked', 'progress', 'reason', 'stuck')
  holdIn(queue, id, fence)
  say('attempt.started', '{"id":"' .. id .. '","attempt":' .. l.attempt .. opening)
  return writeLive(key, 'active', l)
end

local function messageOf(queue, id, r) return r.msg or redis.call('HGET', recordKey(queue, id), 'msg') end

-- over ends a job that must not start any more, and reports whether it did. One
-- that was divided into parts has started.
local left = false
local function over(queue, id, r)
  if finals[r.live.job] then
    lock.unhold(session, id)
  elseif r.abort then
    finish(queue, id, r.live, 'aborted', 'Aborted by ' .. r.abort .. '.', messageOf(queue, id, r))
    lock.unhold(session, id)
  elseif r.expires and tonumber(r.expires) <= ms and r.live.attempt == '0' and not r.values[15] then
    finish(queue, id, r.live, 'expired', 'It was not started in time.', messageOf(queue, id, r))
    lock.unhold(session, id)
  else
    return false
  end
  left = true
  return true
end

-- whole reads what else there is of a record.
local function whole(queue, id, msg, live)
  local values = redis.call('HMGET', recordKey(queue, id), unpack(rest))
  return {msg = msg, live = readLive(live), abort = values[6], wants = values[12], expires = values[13], alone = values[14], values = values}
end
`

// startScript starts jobs that the worker holds, whose wants it has found out,
// or lets them wait.
//
// ARGV: as starting, then portions of jobs that agree in these: number of jobs,
// queue, task, client, and for each job its id and its wants as JSON or ""
//
// It answers for those that were started: id, live part, …
var startScript = script(starting + `
local answer = {}
if not alive then return answer end

-- start starts a job and returns its live part, or nil if it does not start.
local function start(p, id, wants)
  local key = recordKey(p.queue, id)
  local m = redis.call('HMGET', key, 'state', 'live')
  if not m[1] then
    lock.unhold(session, id)
  elseif not m[2] then
    local live = startFresh(p.queue, id, key, p.task, p.client, wants)
    if not live then redis.call('HSET', key, 'wants', wants) end
    return live
  else
    local r = whole(p.queue, id, nil, m[2])
    if over(p.queue, id, r) then return end
    if not r.wants then redis.call('HSET', key, 'wants', wants) end
    return startAgain(p.queue, id, r, p.task, p.client, wants)
  end
end

local i, portions, ids, wants = 5, {}, {}, {}
while i <= #ARGV do
  local n = tonumber(ARGV[i])
  local p = {queue = ARGV[i + 1], task = ARGV[i + 2], client = ARGV[i + 3], first = #ids + 1, last = #ids + n}
  for k = i + 4, i + 2 + 2 * n, 2 do ids[#ids + 1], wants[#wants + 1] = ARGV[k], ARGV[k + 1] end
  portions[#portions + 1] = p
  i = i + 4 + 2 * n
end
local held = lock.holds(session, ids)
lock.foresee(wants)
for _, p in ipairs(portions) do
  for k = p.first, p.last do
    local live = held[ids[k]] == '0 ' .. p.queue and start(p, ids[k], wants[k])
    if live then answer[#answer + 1], answer[#answer + 2] = ids[k], live end
  end
end
if left then handOver() end
tell()
done()
return answer
`)

func (w *Worker) startingArgs() []any {
	return []any{w.sessionID(), w.options.Name, w.engine.run.id(), lock.Lease.Microseconds()}
}

// startArgs are those of startScript.
func (w *Worker) startArgs(asking []claimed) []any {
	type portion struct{ queue, task, client string }
	portions := map[portion][]claimed{}
	for _, c := range asking {
		p := portion{c.Queue, c.Task, c.Client}
		portions[p] = append(portions[p], c)
	}
	args := w.startingArgs()
	for p, some := range portions {
		args = append(args, len(some), p.queue, p.task, p.client)
		for _, c := range some {
			args = append(args, c.ID, c.wants)
		}
	}
	return args
}

// readStarted reads the answer of startScript for those jobs.
func readStarted(cmd *redis.Cmd, asked []claimed) ([]claimed, error) {
	values, err := cmd.StringSlice()
	if err != nil {
		return nil, err
	}
	byID := make(map[string]claimed, len(asked))
	for _, c := range asked {
		byID[c.ID] = c
	}
	started := make([]claimed, 0, len(values)/2)
	for ; len(values) > 1; values = values[2:] {
		c, ok := byID[values[0]]
		if !ok {
			return nil, fmt.Errorf("read jobs: %q was not asked for", values[0])
		}
		c.started = true
		if err := c.readLive(values[1]); err != nil {
			return nil, err
		}
		started = append(started, c)
	}
	return started, nil
}
