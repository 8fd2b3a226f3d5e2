package engine

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
)

// heldScript finds jobs that Redis has a record of.
//
// ARGV: where to go on, pattern of keys, how many keys to look at
//
// It answers where to go on the next time, then ids.
var heldScript = redis.NewScript(`
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local answer = {page[1]}
for i, key in ipairs(page[2]) do answer[i + 1] = string.sub(key, -36) end
return answer
`)

// Held calls take with all jobs that Redis holds, some at a time and perhaps
// one more than once: those in flight, and those that have ended and that the
// ledger has not taken over yet.
func (e *Engine) Held(ctx context.Context, take func(jobs []job.Job) error) error {
	return e.scan(ctx, heldScript, recordKey("*", "*"), func(ids []string) error {
		records, err := e.readAll(ctx, ids)
		if err != nil {
			return err
		}
		jobs := make([]job.Job, 0, len(records))
		for _, r := range records {
			jobs = append(jobs, e.standing(ctx, r))
		}
		return take(jobs)
	})
}

// memoScript finds requests that are remembered with how their job has ended.
//
// ARGV: where to go on, pattern of keys, how many keys to look at
//
// It answers where to go on the next time, then ids and states.
var memoScript = redis.NewScript(`
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local answer = {page[1]}
for _, key in ipairs(page[2]) do
  local memo = redis.call('HMGET', key, 'id', 'state')
  if memo[1] and memo[2] then answer[#answer + 1], answer[#answer + 2] = memo[1], memo[2] end
end
return answer
`)

// Remembered returns how those of the jobs have ended whose requests are still
// remembered, though their records are gone: those with an idempotency key, of
// schedules and of other jobs, for 24 h. It looks at all that is remembered, so
// that one call for many jobs is better than many.
func (e *Engine) Remembered(ctx context.Context, ids []string) (map[string]job.State, error) {
	wanted, found := make(map[string]bool, len(ids)), map[string]job.State{}
	for _, id := range ids {
		wanted[id] = true
	}
	for _, kind := range []string{"seen:", "key:"} {
		err := e.scan(ctx, memoScript, prefix+kind+"*", func(pairs []string) error {
			for ; len(pairs) > 1; pairs = pairs[2:] {
				if wanted[pairs[0]] {
					found[pairs[0]] = job.State(pairs[1])
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// scan calls take with what a script finds among the keys of a pattern.
func (e *Engine) scan(ctx context.Context, s *redis.Script, pattern string, take func(found []string) error) error {
	for next := "0"; ; {
		answer, err := runScript(ctx, e, s, next, pattern, scanKeys).StringSlice()
		if err != nil {
			return wrap(err, "look through the keys of redis")
		}
		if err := take(answer[1:]); err != nil {
			return err
		}
		if next = answer[0]; next == "0" {
			return nil
		}
	}
}
