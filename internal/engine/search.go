package engine

import (
	"context"
	"strings"
)

// expireScript ends jobs whose time to start has passed.
var expireScript = script(moving + `
local n = 0
for _, place in ipairs(redis.call('ZRANGEBYSCORE', 'beadle:{b}:job:expiries', '-inf', text(ms), 'LIMIT', 0, 200)) do
  redis.call('ZREM', 'beadle:{b}:job:expiries', place)
  local queue, id = split(place)
  local r = redis.call('HMGET', recordKey(queue, id), 'msg', 'live', 'state', 'parts_all')
  local l = readLive(r[2], r[3])
  if r[1] and not finals[l.job] and l.fence == '0' and l.attempt == '0' and not r[4] then
    local _, client = head(r[1])
    unplace(queue, id, client)
    finish(queue, id, l, 'expired', 'It was not started in time.', r[1])
    n = n + 1
  end
end
handOver()
done()
return n
`)

// expire ends jobs that had to be started by now and were not.
func (e *Engine) expire(ctx context.Context) error {
	return wrap(runScript(ctx, e, expireScript).Err(), "end jobs whose time has passed")
}

// orphanScript cures what asynq's own tools, an earlier version or a person
// may have left: jobs in asynq's active list, its lease set or its archive,
// where nothing of ours ever stands.
//
// ARGV: queue
//
// It answers how many jobs were put back.
var orphanScript = script(`
local queue, n = ARGV[1], 0
local function back(id)
  local r = redis.call('HMGET', recordKey(queue, id), 'msg', 'live', 'state')
  local l = readLive(r[2], r[3])
  if not r[1] then
    redis.call('DEL', recordKey(queue, id))
  elseif not finals[l.job] and l.fence == '0' and l.job ~= 'waiting' then
    l.job = 'queued'
    writeLive(recordKey(queue, id), 'pending', l)
    queueFirst(queue, id)
    n = n + 1
  end
end
local prefix = 'asynq:{b}:' .. queue .. '}:'
for _, id in ipairs(redis.call('LRANGE', prefix .. 'active', 0, 199)) do
  redis.call('LREM', prefix .. 'active', 0, id)
  redis.call('ZREM', prefix .. 'lease', id)
  back(id)
end
for _, set in ipairs({'lease', 'archived'}) do
  for _, id in ipairs(redis.call('ZRANGE', prefix .. set, 0, 199)) do
    redis.call('ZREM', prefix .. set, id)
    back(id)
  end
end
done()
return n
`)

// goneScript ends jobs that only one worker could have run, which is gone.
//
// ARGV: queue, worker id
//
// It answers how many ended, or -1 if the queue is off the list by now.
var goneScript = script(moving + `
local queue, n = ARGV[1], 0
if redis.call('ZSCORE', 'beadle:{b}:lock:leases', ARGV[2]) then return 0 end
local ids = redis.call('LRANGE', pendingKey(queue), 0, 199)
for _, client in ipairs(redis.call('LRANGE', ringKey(queue), 0, -1)) do
  for _, id in ipairs(redis.call('LRANGE', lineKey(queue, client), 0, 199)) do ids[#ids + 1] = id end
end
for _, set in ipairs({waitingKey(queue), dueKey(queue, 'scheduled'), dueKey(queue, 'retry')}) do
  for _, id in ipairs(redis.call('ZRANGE', set, 0, 199)) do ids[#ids + 1] = id end
end
for _, id in ipairs(ids) do
  local r = redis.call('HMGET', recordKey(queue, id), 'msg', 'live', 'state')
  if r[1] then
    local _, client = head(r[1])
    unplace(queue, id, client)
    finish(queue, id, readLive(r[2], r[3]), 'expired', 'The only worker that could run it is gone.', r[1])
    n = n + 1
  end
end
if n == 0 then -- their records are read until the ledger has them
  local since = 'beadle:{b}:job:gone:' .. queue
  if redis.call('SETNX', since, text(ms)) == 1 then
    redis.call('EXPIRE', since, 86400)
  elseif ms - redis.call('GET', since) > 3600000 then
    redis.call('SREM', 'beadle:{b}:job:queues', queue)
    n = -1
  end
end
handOver()
done()
return n
`)

// Search looks for jobs that stand where nobody looks, and puts them right.
func (s *Sweeper) Search(ctx context.Context) error {
	e := s.engine
	names, err := e.rdb.SMembers(ctx, queuesKey).Result()
	if err != nil {
		return wrap(err, "read the names of queues")
	}
	if err := e.meetAsynq(ctx, names); err != nil {
		return err
	}
	for _, queue := range names {
		n, err := runScript(ctx, e, orphanScript, queue).Int()
		if err != nil {
			return wrap(err, "look for orphans in queue %s", queue)
		}
		if n > 0 {
			e.log.WarnContext(ctx, "jobs stood where no worker looks, they were queued", "queue", queue, "jobs", n)
		}
		if err := s.searchGone(ctx, queue); err != nil {
			return err
		}
	}
	return s.forget(ctx)
}

// searchGone ends the jobs of a queue that only one worker takes jobs from, if
// that worker is gone.
func (s *Sweeper) searchGone(ctx context.Context, queue string) error {
	_, worker, alone := strings.Cut(queue, "@worker=")
	if !alone {
		return nil
	}
	n, err := runScript(ctx, s.engine, goneScript, queue, worker).Int()
	if err != nil {
		return wrap(err, "end the jobs of worker %s, which is gone", worker)
	}
	if n < 0 {
		return wrap(s.engine.forgetAsynq(ctx, queue), "take queue %s off asynq's list", queue)
	}
	if n > 0 {
		s.engine.log.WarnContext(ctx, "jobs for a worker that is gone have expired", "worker", worker, "jobs", n)
	}
	return nil
}
