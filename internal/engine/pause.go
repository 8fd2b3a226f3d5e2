package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// pauses are those of the queues as they were read lately.
type pauses struct {
	mu   sync.Mutex
	all  []job.Pause
	read time.Time
}

// pauseScript replaces the pauses of all queues, and wakes the workers of those
// that were paused before.
//
// ARGV: ms at which a pause ends or 0, queue, pause as JSON, …
var pauseScript = script(`
local before = redis.call('HKEYS', 'beadle:{b}:job:paused')
redis.call('DEL', 'beadle:{b}:job:paused')
for i = 1, #ARGV, 3 do redis.call('HSET', 'beadle:{b}:job:paused', ARGV[i + 1], ARGV[i] .. ' ' .. ARGV[i + 2]) end
local was = {}
for _, queue in ipairs(before) do was[queue] = true end
for _, queue in ipairs(redis.call('SMEMBERS', 'beadle:{b}:job:queues')) do
  if (was['*'] or was[string.match(queue, '^[^@]*')]) and not paused(queue) then wake(queue) end
end
done()
return 0
`)

// SetPauses replaces the pauses of all queues. From then on no job of a paused
// queue is claimed; what was claimed before begins within the moment. Jobs of
// queues that are not paused any more start at once.
func (e *Engine) SetPauses(ctx context.Context, all []job.Pause) error {
	args := make([]any, 0, 3*len(all))
	for _, p := range all {
		ends := "0"
		if p.Until != nil {
			ends = millis(*p.Until)
		}
		args = append(args, ends, p.Queue, encode(p))
	}
	if err := runScript(ctx, e, pauseScript, args...).Err(); err != nil {
		return wrap(err, "pause queues")
	}
	e.rests.remember(all)
	return nil
}

// Pauses returns the pauses that are kept to, by queue; those that are over
// stay among them until they are replaced.
func (e *Engine) Pauses(ctx context.Context) ([]job.Pause, error) {
	raw, err := e.rdb.HGetAll(ctx, pausedKey).Result()
	if err != nil {
		return nil, wrap(err, "read the pauses of queues")
	}
	all := make([]job.Pause, 0, len(raw))
	for queue, value := range raw {
		_, text, _ := strings.Cut(value, " ")
		var p job.Pause
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return nil, fmt.Errorf("read the pause of queue %s: %w", queue, err)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b job.Pause) int { return strings.Compare(a.Queue, b.Queue) })
	e.rests.remember(all)
	return all, nil
}

func (p *pauses) remember(all []job.Pause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all, p.read = slices.Clone(all), time.Now()
}

func (p *pauses) recall() (all []job.Pause, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all, time.Since(p.read) < fresh
}

// standing returns a job as it stands now. A queued one of a paused queue waits
// for the end of the pause; nothing is written of that.
func (e *Engine) standing(ctx context.Context, rec record) job.Job {
	now := e.now()
	j := rec.at(now)
	if j.State != job.Queued {
		return j
	}
	if p, ok := e.pauseOf(ctx, j.Queue, now); ok {
		j.Waiting = p.Wait()
		j.Reason = j.Waiting.Sentence(now)
	}
	return j
}

// pauseOf returns what holds the jobs of a queue, as it was read lately. Why a
// job waits is worth no error.
func (e *Engine) pauseOf(ctx context.Context, queue string, now time.Time) (job.Pause, bool) {
	all, ok := e.rests.recall()
	if !ok {
		all, _ = e.Pauses(ctx)
	}
	for _, p := range all {
		if p.Holds(queue, now) {
			return p, true
		}
	}
	return job.Pause{}, false
}
