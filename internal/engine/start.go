package engine

import (
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
  'stuck', 'waits', 'wants', 'expires', 'alone', 'parts_all', 'parts_open', 'parts_failed'}

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
  redis.call('HDEL', key, 'waits', 'progress', 'reason', 'stuck')
  holdIn(queue, id, fence)
  say('attempt.started', '{"id":"' .. id .. '","attempt":' .. l.attempt .. opening)
  return writeLive(key, 'active', l)
end

-- over ends a job that must not start any more, and reports whether it did. One
-- that was divided into parts has started.
local left = false
local function over(queue, id, r)
  if finals[r.live.job] then
    lock.unhold(session, id)
  elseif r.abort then
    finish(queue, id, r.live, 'aborted', 'Aborted by ' .. r.abort .. '.', r.msg)
    lock.unhold(session, id)
  elseif r.expires and tonumber(r.expires) <= ms and r.live.attempt == '0' and not r.values[15] then
    finish(queue, id, r.live, 'expired', 'It was not started in time.', r.msg)
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
// ARGV: as starting, then for each: queue, id, wants as JSON or ""
//
// It answers as [claimScript] does from the live part on, for those that were
// started.
var startScript = script(starting + `
local answer, held = {''}, lock.holds(session)
if not alive then return answer end
for i = 5, #ARGV, 3 do
  local queue, id, wants = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if held[id] == '0 ' .. queue then
    local key = recordKey(queue, id)
    local m = redis.call('HMGET', key, 'msg', 'live')
    local live, r
    if not m[1] then
      lock.unhold(session, id)
    elseif not m[2] then
      local task, client = head(m[1])
      live = startFresh(queue, id, key, task, client, wants)
      if not live then redis.call('HSET', key, 'wants', wants) end
    else
      r = whole(queue, id, m[1], m[2])
      if not over(queue, id, r) then
        if not r.wants then redis.call('HSET', key, 'wants', wants) end
        local task, client = head(m[1])
        live = startAgain(queue, id, r, task, client, wants)
      end
    end
    if live then
      answer[#answer + 1] = r and 'started' or 'fresh'
      answer[#answer + 1] = m[1]
      if r then
        answer[#answer + 1] = live
        for j = 1, #rest do answer[#answer + 1] = r.values[j] or '' end
      end
    end
  end
end
if left then handOver() end
answer[1] = begun or ''
tell()
done()
return answer
`)

func (w *Worker) startingArgs() []any {
	return []any{w.sessionID(), w.options.Name, w.engine.run.id(), lock.Lease.Microseconds()}
}

// readStarted reads the answer of startScript for those jobs.
func readStarted(cmd *redis.Cmd, asked []claimed) ([]claimed, error) {
	values, err := cmd.Slice()
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, nil
	}
	started, err := readJobs(values[0], values[1:])
	if err != nil {
		return nil, err
	}
	byID := make(map[string]claimed, len(asked))
	for _, c := range asked {
		byID[c.ID] = c
	}
	for i, c := range started {
		was := byID[c.ID]
		c.task, c.refusal, c.united, c.wants = was.task, was.refusal, was.united, was.wants
		started[i] = c
	}
	return started, nil
}
