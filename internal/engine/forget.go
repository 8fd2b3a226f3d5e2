package engine

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// keepRecord is how long Redis keeps the record of a job that has ended, unless
// the ledger has it earlier.
const keepRecord = time.Hour

// Forget drops the records of jobs that have ended and that the ledger has.
// Those that have not ended are left alone.
func (e *Engine) Forget(ctx context.Context, ids []string) error {
	queues, err := e.queues(ctx)
	if err != nil {
		return err
	}
	for ; len(ids) > 0; ids = ids[min(portionJobs, len(ids)):] {
		args := []any{len(queues)}
		for _, queue := range queues {
			args = append(args, queue)
		}
		for _, id := range ids[:min(portionJobs, len(ids))] {
			args = append(args, id)
		}
		if err := runScript(ctx, e, forgetScript, args...).Err(); err != nil {
			return wrap(err, "forget ended jobs")
		}
	}
	return nil
}

// forgetScript drops the records of ended jobs.
//
// ARGV: number of queues, queues…, ids…
var forgetScript = redis.NewScript(`
local finals = {succeeded = true, failed = true, aborted = true, expired = true}
local n = tonumber(ARGV[1])
for i = 2 + n, #ARGV do
  for j = 2, 1 + n do
    local key = 'asynq:{b}:' .. ARGV[j] .. '}:t:' .. ARGV[i]
    local live = redis.call('HGET', key, 'live')
    if live then
      if finals[string.match(live, '^%S+')] then redis.call('UNLINK', key) end
      break
    end
  end
end
return 0
`)

// Looking for records that nobody has forgotten goes on where it ended the last
// time, in small steps.
const (
	scanKeys  = 1000
	scanSteps = 5
)

// outdatedScript drops records of jobs that ended long ago.
//
// ARGV: where to go on, how many keys to look at, ms for which records are kept
//
// It answers where to go on the next time.
var outdatedScript = redis.NewScript(`
local finals = {succeeded = true, failed = true, aborted = true, expired = true}
local page = redis.call('SCAN', ARGV[1], 'MATCH', 'asynq:{b}:*}:t:*', 'COUNT', ARGV[2])
local oldest = redis.call('TIME')[1] * 1000 - ARGV[3]
for _, key in ipairs(page[2]) do
  local live = redis.call('HGET', key, 'live')
  if live then
    local state, ended = string.match(live, '^(%S+) %S+ %S+ %S+ %S+ (%S+)')
    if finals[state] and tonumber(ended) < oldest then redis.call('UNLINK', key) end
  end
end
return page[1]
`)

// forget drops records that the recorder did not: it died before it could, or
// there is none.
func (s *Sweeper) forget(ctx context.Context) error {
	for range scanSteps {
		next, err := runScript(ctx, s.engine, outdatedScript, s.cursor, scanKeys, keepRecord.Milliseconds()).Text()
		if err != nil {
			return wrap(err, "forget jobs that ended long ago")
		}
		if s.cursor = next; next == "0" {
			return nil
		}
	}
	return nil
}
