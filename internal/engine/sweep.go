package engine

import (
	"context"
	"time"

	"github.com/beadle-jobs/beadle/internal/lock"
)

// recovery is what scripts share that give back jobs whose worker does not
// hold them any more.
const recovery = `
-- mournedKey is the set of the jobs, as "queue id", that a worker was taken to
-- have died under.
local function mournedKey(worker) return 'beadle:{b}:job:mourned:' .. worker end

-- recover gives back a job that a worker held. how is 'lost' if the worker
-- died under it, 'away' if it was only cut off, 'stopped' if it was told to
-- stop, 'returned' if it never began, and 'broken' if its locks were taken away.
local function recover(worker, id, place, how)
  local fence, queue = split(place)
  local key = recordKey(queue, id)
  lock.unhold(worker, id)
  local r = redis.call('HMGET', key, 'msg', 'live', 'state', 'failures', 'crashes', 'abort', 'errors', 'alone', 'wants', 'progress')
  if not r[1] then return end
  local l = readLive(r[2], r[3])
  if fence == '0' then
    if l.job == 'queued' then queueFirst(queue, id) end
    return
  end
  if l.fence ~= fence then return end
  local task, client = head(r[1])
  lock.give(id, {task = task, client = client, queue = queue, worker = worker, wants = r[9]})
  local crashes = tonumber(r[5] or '0')
  if how == 'lost' then
    crashes = crashes + 1
    redis.call('SADD', mournedKey(worker), queue .. ' ' .. id)
    redis.call('EXPIRE', mournedKey(worker), 3600)
  end
  local outcome, state, reason = 'lost', 'queued', 'Its worker died; it starts again on another.'
  if how == 'stopped' then
    outcome, reason = 'interrupted', 'Its worker was told to stop; it starts again on another.'
  elseif how == 'returned' then
    outcome, reason = 'interrupted', 'Its worker could not begin with it; it starts again.'
  elseif how == 'away' then
    reason = 'Its worker was cut off; it starts again on another.'
  elseif how == 'broken' then
    reason = 'Its locks were taken away; it starts again when it gets them.'
  end
  if r[6] then
    state, reason = 'aborted', 'Aborted by ' .. r[6] .. '; its worker died before it could stop.'
    if how == 'returned' then outcome, reason = 'aborted', 'Aborted by ' .. r[6] .. '.' end
  elseif how == 'lost' and r[8] then
    state, reason = 'failed', 'Its workers died several times in a row, the last one with no other job in it: the job is taken for the cause.'
  end
  say('attempt.ended', '{"id":"' .. id .. '","task":"' .. task .. '","attempt":' .. l.attempt .. ',"outcome":"' .. outcome ..
    '","state":"' .. state .. '","reason":' .. cjson.encode(reason) .. ',"failures":' .. (r[4] or '0') ..
    ',"progress":' .. (r[10] or '{}') .. ',"errors":' .. (r[7] or '0') .. ',"at":"' .. now .. '"}')
  l.job, l.fence, l.session, l.worker = state, '0', '-', '-'
  redis.call('HDEL', key, 'stuck')
  if state ~= 'queued' then
    l.ended = text(ms)
    writeLive(key, 'completed', l, 'crashes', text(crashes), 'reason', reason)
    ended(queue, id, state, r[1])
    return
  end
  writeLive(key, 'pending', l, 'crashes', text(crashes), 'reason', reason)
  if (how == 'lost' or how == 'away') and crashes >= 3 then
    redis.call('HSET', key, 'alone', '1')
    redis.call('LPUSH', aloneKey(queue), id)
    wake(queue)
    park(queue, id, l, {kind = 'alone'})
  else
    queueFirst(queue, id)
  end
end

-- reap gives back what workers held whose lease has run out.
local function reap()
  if lock.quiet() then return 0 end
  local n = 0
  for _, worker in ipairs(lock.expired(5)) do
    local how = 'lost'
    if redis.call('SISMEMBER', 'beadle:{b}:job:stopping', worker) == 1 then
      how = 'stopped'
    elseif redis.call('SREM', 'beadle:{b}:job:away', worker) == 1 then
      how = 'away'
    end
    for id, place in pairs(lock.holds(worker)) do
      recover(worker, id, place, how)
      n = n + 1
    end
    lock.retire(worker)
    redis.call('SREM', 'beadle:{b}:job:stopping', worker)
    redis.call('DEL', 'beadle:{b}:job:worker:' .. worker)
    redis.call('HDEL', 'beadle:{b}:job:orders', worker)
    redis.call('ZREM', 'beadle:{b}:job:workers', worker)
  end
  return n
end

-- excuse takes a death back that was counted for a job. A job is excused ten
-- times: one that by itself keeps its workers from Redis must come to an end.
local function excuse(queue, id)
  local key = recordKey(queue, id)
  local m = redis.call('HMGET', key, 'live', 'state', 'crashes', 'excused')
  local crashes = tonumber(m[3] or '0')
  if not m[2] or crashes == 0 or tonumber(m[4] or '0') >= 10 then return end
  if finals[readLive(m[1], m[2]).job] then return end
  redis.call('HSET', key, 'crashes', text(crashes - 1))
  redis.call('HINCRBY', key, 'excused', 1)
  if crashes == 3 then redis.call('HDEL', key, 'alone') end
end

-- comeBack takes note that a worker did not die: it was cut off, and is there
-- again.
local function comeBack(worker)
  if next(lock.holds(worker)) then redis.call('SADD', 'beadle:{b}:job:away', worker) end
  for _, place in ipairs(redis.call('SMEMBERS', mournedKey(worker))) do
    local queue, id = split(place)
    excuse(queue, id)
  end
  redis.call('DEL', mournedKey(worker))
end
`

// returnScript gives back a job that a worker holds under that fence, "0" if
// it was not started, and does not run.
//
// ARGV: worker id, id, fence
var returnScript = script(recovery + `
local place = lock.holds(ARGV[1])[ARGV[2]]
if place and split(place) == ARGV[3] then recover(ARGV[1], ARGV[2], place, 'returned') end
handOver()
done()
return 0
`)

// giveBack returns a job that was claimed and will not be run here.
func (w *Worker) giveBack(s *session, c claimed) { w.returnJob(s.id, c.ID, c.fence) }

// disown returns a job that the worker holds without knowing it. Should the
// reply that tells of it come after all, it is void.
func (w *Worker) disown(id string, fence int64) {
	w.mu.Lock()
	known := len(w.holds.of(id)) > 0
	if !known {
		w.disowned[id] = fence
	}
	w.mu.Unlock()
	if known {
		return
	}
	w.log.Warn("a claim's reply got lost, its job is given back", "job", id)
	w.returnJob(w.sessionID(), id, fence)
}

func (w *Worker) returnJob(session, id string, fence int64) {
	ctx, cancel := context.WithTimeout(context.Background(), turnTime)
	defer cancel()
	if err := runScript(ctx, w.engine, returnScript, session, id, fence).Err(); err != nil {
		w.log.Warn("job not given back, its lease will run out", "job", id, "err", err)
	}
}

// retireScript takes a worker off the list that has stopped, and gives back
// what it could not finish.
//
// ARGV: worker id
var retireScript = script(recovery + `
for id, place in pairs(lock.holds(ARGV[1])) do recover(ARGV[1], id, place, 'stopped') end
lock.retire(ARGV[1])
redis.call('SREM', 'beadle:{b}:job:stopping', ARGV[1])
redis.call('DEL', 'beadle:{b}:job:worker:' .. ARGV[1])
redis.call('HDEL', 'beadle:{b}:job:orders', ARGV[1])
redis.call('ZREM', 'beadle:{b}:job:workers', ARGV[1])
handOver()
done()
return 0
`)

// retire ends the worker's session. What is left in its hands is code that
// did not return; its process is about to end.
func (w *Worker) retire() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := runScript(ctx, w.engine, retireScript, w.sessionID()).Err(); err != nil {
		w.log.Warn("worker stays listed for a few seconds", "err", err)
	}
}

// The sweeper's pace, and how often it looks at all that stands in Redis.
const (
	sweepEvery = 500 * time.Millisecond
	searchIn   = 10 * time.Second
)

// A Sweeper gives back what dead workers held, has forgotten waiters called
// again, and cures what should not be. One of them at a time is enough;
// several do no harm.
type Sweeper struct {
	engine *Engine
	cursor string // where looking for outdated records goes on
}

// NewSweeper returns the sweeper of e.
func NewSweeper(e *Engine) *Sweeper { return &Sweeper{e, "0"} }

// Run sweeps twice a second until ctx ends.
func (s *Sweeper) Run(ctx context.Context) error {
	var searched time.Time
	for {
		recovered, err := s.Sweep(ctx)
		if err == nil {
			err = s.engine.expire(ctx)
		}
		if err == nil && time.Since(searched) >= searchIn {
			searched, err = time.Now(), s.Search(ctx)
		}
		switch {
		case err != nil && ctx.Err() == nil:
			s.engine.run.forget()
			s.engine.log.WarnContext(ctx, "sweeping", "err", err)
		case recovered > 0:
			s.engine.log.WarnContext(ctx, "workers died, their jobs were put back", "jobs", recovered)
		}
		if !sleep(ctx, sweepEvery) {
			return nil
		}
	}
}

// sweepScript gives back what dead workers held, and calls those again that
// could go and do not.
//
// ARGV: run id of the server, lease in µs, "1" to look for forgotten waiters
//
// It answers: µs of Redis, number of jobs that were given back.
var sweepScript = script(recovery + `
lock.master(ARGV[1], tonumber(ARGV[2]))
local n = reap()
handOver()
if ARGV[3] == '1' then
  handOver(lock.sweep())
end
done()
return {text(at), n}
`)

// Sweep gives back what workers held whose lease has run out, and returns how
// many jobs that were.
func (s *Sweeper) Sweep(ctx context.Context) (recovered int, err error) {
	e := s.engine
	if _, err := e.run.know(ctx, e.rdb); err != nil {
		return 0, err
	}
	sent := time.Now()
	values, err := runScript(ctx, e, sweepScript, e.run.id(), lock.Lease.Microseconds(), "1").Slice()
	if err != nil {
		return 0, wrap(err, "give back the jobs of dead workers")
	}
	at, _ := values[0].(string)
	n, _ := values[1].(int64)
	e.tick(micros(at), sent)
	return int(n), nil
}
