package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
)

// oldestScript finds the jobs that are next in each line of some queues, and when
// they were due, in ms, if that was later than when they were accepted: a retry's
// time is in the record, another's in a header of the message.
//
// ARGV: queues…
//
// It answers: queue, id, due or "", …
var oldestScript = redis.NewScript(`
local answer = {}
local function add(queue, id)
  if not id then return end
  local r = redis.call('HMGET', 'asynq:{b}:' .. queue .. '}:t:' .. id, 'due', 'msg')
  local due = r[1] or r[2] and string.match(r[2], '\010\003due\018.(%d+)') or ''
  answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = queue, id, due
end
for _, queue in ipairs(ARGV) do
  add(queue, redis.call('LINDEX', 'asynq:{b}:' .. queue .. '}:pending', -1))
  for _, client in ipairs(redis.call('LRANGE', 'beadle:{b}:job:ring:' .. queue, 0, 999)) do
    add(queue, redis.call('LINDEX', 'beadle:{b}:job:line:' .. queue .. ':' .. client, 0))
  end
end
return answer
`)

// Queues returns every queue that has had a job, has a worker or is paused, by
// name. Jobs for some workers alone are counted to the queue of their task.
func (e *Engine) Queues(ctx context.Context) ([]job.Queue, error) {
	depths, err := e.Depths(ctx)
	if err != nil {
		return nil, err
	}
	workers, err := e.Workers(ctx)
	if err != nil {
		return nil, err
	}
	pauses, err := e.Pauses(ctx)
	if err != nil {
		return nil, err
	}
	all := queueMap{}
	all.count(depths)
	all.staff(workers)
	all.pause(pauses, e.now())
	if err := e.addOldest(ctx, all, slices.Collect(maps.Keys(depths))); err != nil {
		return nil, err
	}
	return all.sorted(), nil
}

// addOldest finds out since when jobs could run that are queued.
func (e *Engine) addOldest(ctx context.Context, all queueMap, names []string) error {
	if len(names) == 0 {
		return nil
	}
	args := make([]any, len(names))
	for i, name := range names {
		args[i] = name
	}
	heads, err := runScript(ctx, e, oldestScript, args...).StringSlice()
	if err != nil {
		return wrap(err, "read the heads of queues")
	}
	for ; len(heads) > 2; heads = heads[3:] {
		q := all.of(heads[0])
		at, ok := acceptedAt(heads[1])
		if due, err := fromMillis(heads[2]); err == nil && due.After(at) {
			at = due
		}
		if ok && (q.Oldest == nil || at.Before(*q.Oldest)) {
			q.Oldest = &at
		}
	}
	return nil
}

// acceptedAt reads the time that is in an id.
func acceptedAt(id string) (time.Time, bool) {
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.Version() != 7 {
		return time.Time{}, false
	}
	sec, nsec := parsed.Time().UnixTime()
	return time.Unix(sec, nsec).UTC().Truncate(time.Millisecond), true
}

// A queueMap is queues by the names that people know.
type queueMap map[string]*job.Queue

func (m queueMap) of(name string) *job.Queue {
	name = job.BaseQueue(name)
	if m[name] == nil {
		m[name] = &job.Queue{Name: name, Counts: map[job.State]int64{}, Workers: []string{}}
	}
	return m[name]
}

func (m queueMap) count(depths map[string]map[job.State]int64) {
	for name, counts := range depths {
		q := m.of(name)
		for state, n := range counts {
			q.Counts[state] += n
		}
	}
}

func (m queueMap) staff(workers []job.Worker) {
	for _, w := range workers {
		for name := range w.Queues {
			q := m.of(name)
			q.Workers = append(q.Workers, w.ID)
			q.Slots += w.Concurrency
			q.Used += len(w.Running)
		}
	}
}

// pause notes what keeps jobs from starting; the pause of a queue says more
// than that of all.
func (m queueMap) pause(pauses []job.Pause, at time.Time) {
	for _, p := range pauses {
		if p.Queue != job.EveryQueue && !p.Over(at) {
			m.of(p.Queue)
		}
	}
	for _, q := range m {
		for _, p := range pauses {
			if p.Holds(q.Name, at) {
				q.Pause = &p
			}
		}
	}
}

func (m queueMap) sorted() []job.Queue {
	all := make([]job.Queue, 0, len(m))
	for _, q := range m {
		all = append(all, *q)
	}
	slices.SortFunc(all, func(a, b job.Queue) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
