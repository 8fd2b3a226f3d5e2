package engine

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Job returns a job that is in flight or has ended lately.
func (e *Engine) Job(ctx context.Context, id string) (job.Job, error) {
	rec, err := e.read(ctx, id)
	if err != nil {
		return rec.Job, err
	}
	return e.standing(ctx, rec), nil
}

// at returns the job as it stands at that time. Nothing is written when the
// time of a scheduled job comes, but it is queued from then on. Why a job
// waits is said in a sentence that fits the time.
func (r record) at(now time.Time) job.Job {
	if r.State == job.Scheduled && !r.Due.After(now) {
		r.State = job.Queued
	}
	if r.Waiting != nil {
		r.Reason = r.Waiting.Sentence(now)
	}
	return r.Job
}

// Jobs returns those of ids that Redis still has.
func (e *Engine) Jobs(ctx context.Context, ids []string) (map[string]job.Job, error) {
	records, err := e.readAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[string]job.Job, len(records))
	for id, rec := range records {
		found[id] = e.standing(ctx, rec)
	}
	return found, nil
}

// depthScript counts the jobs of queues.
//
// ARGV: queues…
//
// It answers for each: queued, scheduled, waiting, retrying.
var depthScript = redis.NewScript(`
local answer = {}
for _, queue in ipairs(ARGV) do
  local queued = redis.call('LLEN', 'asynq:{b}:' .. queue .. '}:pending')
  for _, client in ipairs(redis.call('LRANGE', 'beadle:{b}:job:ring:' .. queue, 0, -1)) do
    queued = queued + redis.call('LLEN', 'beadle:{b}:job:line:' .. queue .. ':' .. client)
  end
  answer[#answer + 1] = queued
  answer[#answer + 1] = redis.call('ZCARD', 'asynq:{b}:' .. queue .. '}:scheduled')
  answer[#answer + 1] = redis.call('ZCARD', 'beadle:{b}:job:waiting:' .. queue) + redis.call('LLEN', 'beadle:{b}:job:alone:' .. queue)
  answer[#answer + 1] = redis.call('ZCARD', 'asynq:{b}:' .. queue .. '}:retry')
end
for _, worker in ipairs(redis.call('ZRANGE', 'beadle:{b}:lock:leases', 0, -1)) do
  for _, place in ipairs(redis.call('HVALS', 'beadle:{b}:lock:held:' .. worker)) do
    answer[#answer + 1] = string.sub(place, string.find(place, ' ', 1, true) + 1)
  end
end
return answer
`)

// Depths returns how many jobs of each queue stand in each state that is not
// final. Jobs that wait for a rate limit are counted as scheduled.
func (e *Engine) Depths(ctx context.Context) (map[string]map[job.State]int64, error) {
	names, err := e.queues(ctx)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	args := make([]any, len(names))
	for i, name := range names {
		args[i] = name
	}
	values, err := runScript(ctx, e, depthScript, args...).Slice()
	if err != nil {
		return nil, wrap(err, "read the depths of queues")
	}
	depths := map[string]map[job.State]int64{}
	kinds := []job.State{job.Queued, job.Scheduled, job.Waiting, job.Retrying}
	for i, name := range names {
		depths[name] = map[job.State]int64{}
		for j, state := range kinds {
			depths[name][state], _ = values[i*len(kinds)+j].(int64)
		}
	}
	for _, queue := range values[len(names)*len(kinds):] {
		if counts, ok := depths[queue.(string)]; ok {
			counts[job.Running]++
		}
	}
	return depths, nil
}
