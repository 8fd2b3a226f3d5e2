package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// common is what all scripts that write records share.
const common = `
local function append(from)
  for i = from, #ARGV, 2 do
    redis.call('XADD', KEYS[2], '*', 'kind', ARGV[i], 'body', ARGV[i + 1])
  end
end
local function set(from, n)
  for i = from, from + 2 * n - 1, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
  return from + 2 * n
end
local function count(field, by)
  if field ~= '' then redis.call('HINCRBY', KEYS[3], field, by) end
end
local function intend(id)
  local t = redis.call('TIME')
  redis.call('ZADD', KEYS[4], string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000)), id)
end
`

// applyScript changes a record whose revision is still ARGV[1], and appends
// the events that report it, at once. It answers 0 if the record has moved on.
//
// KEYS: record, events, depths, intents, memo (the record again if it has none)
// ARGV: revision, id, depth left, depth entered, seconds to keep the record
// (0: for ever), seconds to keep the memo, 1 to note an intent, number of
// fields, field, value, …, kind, body, …
var applyScript = redis.NewScript(common + `
if redis.call('HGET', KEYS[1], 'rev') ~= ARGV[1] then return 0 end
redis.call('HINCRBY', KEYS[1], 'rev', 1)
append(set(9, tonumber(ARGV[8])))
count(ARGV[3], -1)
count(ARGV[4], 1)
if ARGV[5] ~= '0' then
  redis.call('EXPIRE', KEYS[1], ARGV[5])
  redis.call('ZREM', KEYS[4], ARGV[2])
  if KEYS[5] ~= KEYS[1] then
    redis.call('HSET', KEYS[5], 'state', redis.call('HGET', KEYS[1], 'state'))
    redis.call('EXPIRE', KEYS[5], ARGV[6])
  end
end
if ARGV[7] == '1' then intend(ARGV[2]) end
return 1
`)

// apply changes the record from was to next and appends the events that say
// so, in one step. It reports false, and changes nothing, if the record is not
// as it was any more: read it again and decide again.
func (e *Engine) apply(ctx context.Context, was, next record, report ...events.Event) (bool, error) {
	return e.write(ctx, was, next, false, report)
}

// applyIntent is [Engine.apply] for a change that asynq is told of next. If
// that does not happen, the sweeper sees to it.
func (e *Engine) applyIntent(ctx context.Context, was, next record, report ...events.Event) (bool, error) {
	return e.write(ctx, was, next, true, report)
}

func (e *Engine) write(ctx context.Context, was, next record, intent bool, report []events.Event) (bool, error) {
	args := []any{was.rev, was.ID}
	args = append(args, depthMove(was, next)...)
	args = append(args, 0, int(keepMemo.Seconds()), 0)
	if next.State.Final() {
		args[4] = int(keepRecord.Seconds())
	}
	if intent {
		args[6] = 1
	}
	args = append(args, changed(was.fields(), next.fields())...)
	args, err := appendEvents(args, report)
	if err != nil {
		return false, err
	}
	n, err := applyScript.Run(ctx, e.rdb, was.keys(), args...).Int()
	if err != nil {
		return false, wrap(err, "change job %s", was.ID)
	}
	return n == 1, nil
}

// keys are the keys that the scripts of a record touch.
func (r record) keys() []string {
	memo := r.memo
	if memo == "" {
		memo = recordKey(r.ID)
	}
	return []string{recordKey(r.ID), streamKey, depthsKey, intentsKey, memo}
}

// changed returns the number of fields that differ, and each with its new
// value. Fields that do not differ are left alone: progress is written beside
// the revisions.
func changed(was, next map[string]string) []any {
	args := []any{0}
	for _, field := range slices.Sorted(maps.Keys(next)) {
		if next[field] != was[field] {
			args = append(args, field, next[field])
		}
	}
	args[0] = (len(args) - 1) / 2
	return args
}

// depthMove returns the counters that a change leaves and enters.
func depthMove(was, next record) []any {
	if was.State == next.State {
		return []any{"", ""}
	}
	return []any{depthField(was.Job), depthField(next.Job)}
}

// depthField is the counter of jobs that stand where j does; none if it has
// ended.
func depthField(j job.Job) string {
	if j.State.Final() {
		return ""
	}
	return string(j.State) + ":" + j.Queue
}

func appendEvents(args []any, report []events.Event) ([]any, error) {
	for _, event := range report {
		kind, body, err := events.Marshal(event)
		if err != nil {
			return nil, fmt.Errorf("write event %s: %w", event.Kind(), err)
		}
		args = append(args, kind, body)
	}
	return args, nil
}
