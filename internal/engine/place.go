package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A task that may not run everywhere has jobs in a queue of their own: the
// task's queue, "@", and what a worker must carry: "default@gpu=yes". A job
// for one worker alone is in "default@worker=ID". Workers take jobs from their
// queues and from all such queues that they suit.

// queueOf is the queue of a task's jobs; worker is the only session that may
// run the job, or empty.
func queueOf(task job.Declaration, worker string) string {
	switch {
	case worker != "":
		return task.Queue + "@worker=" + worker
	case len(task.Where) == 0:
		return task.Queue
	}
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(task.Where)) {
		labels = append(labels, name+"="+task.Where[name])
	}
	return task.Queue + "@" + strings.Join(labels, ",")
}

// suits reports whether a worker with those labels may take jobs from a queue,
// and from which of its own queues that is a part.
func (w *Worker) suits(queue string) (base string, ok bool) {
	base, labels, placed := strings.Cut(queue, "@")
	if !placed {
		return "", false
	}
	if _, mine := w.options.Queues[base]; !mine {
		return "", false
	}
	for label := range strings.SplitSeq(labels, ",") {
		name, value, _ := strings.Cut(label, "=")
		if name != "worker" && w.options.Labels[name] != value || name == "worker" && value != w.sessionID() {
			return "", false
		}
	}
	return base, true
}

// followQueues finds out which queues there are for this worker.
func (w *Worker) followQueues(ctx context.Context) error {
	all, err := w.engine.rdb.SMembers(ctx, queuesKey).Result()
	if err != nil {
		return wrap(err, "read the names of queues")
	}
	declared, err := w.engine.Tasks(ctx)
	if err != nil {
		return err
	}
	for _, task := range declared {
		all = append(all, queueOf(task, ""))
	}
	weights := maps.Clone(w.options.Queues)
	for _, info := range w.registry.Infos() {
		if info.EachWorker {
			weights[first(info.Queue, w.options.Queue)+"@worker="+w.sessionID()] = 1
		}
	}
	for _, queue := range all {
		if base, ok := w.suits(queue); ok {
			weights[queue] = w.options.Queues[base]
		}
	}
	w.served.Store(&weights)
	return nil
}

// asideScript lets jobs wait that the worker holds and whose task it does not
// know, until a worker claims them that does.
//
// ARGV: worker id, then queue, id, task, …
var asideScript = script(`
local held = lock.holds(ARGV[1])

-- tell wakes the workers that know a task.
local function tell(task)
  for _, worker in ipairs(redis.call('ZRANGE', 'beadle:{b}:job:workers', 0, -1)) do
    local self = redis.call('GET', 'beadle:{b}:job:worker:' .. worker)
    if self and string.find(self, '"' .. task .. '"', 1, true) then wake('worker:' .. worker) end
  end
end
for i = 2, #ARGV, 3 do
  local queue, id, task = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local key = recordKey(queue, id)
  local r = redis.call('HMGET', key, 'live', 'state')
  local l = readLive(r[1], r[2])
  if held[id] and not finals[l.job] then
    lock.unhold(ARGV[1], id)
    park(queue, id, l, {kind = 'worker', name = task})
    redis.call('SADD', lacksKey(queue, task), id)
    redis.call('SADD', 'beadle:{b}:job:lacking', queue .. ' ' .. task)
    tell(task)
  end
end
done()
return 0
`)

// aside lets a job wait for a worker that knows its task.
func (w *Worker) aside(s *session, c claimed) {
	w.desk.vacate(1)
	ctx, cancel := context.WithTimeout(context.Background(), turnTime)
	defer cancel()
	if err := runScript(ctx, w.engine, asideScript, s.id, c.Queue, c.ID, c.Task).Err(); err != nil {
		w.logOf(&c.record).Warn("job not put aside, it is given back later", "err", err)
	}
}

// describe is what the worker says of itself.
func (w *Worker) describe(s *session) job.Worker {
	self := w.self
	self.ID, self.Seen, self.Stopping = s.id, w.engine.now(), w.stopping.Err() != nil
	order := w.told()
	self.Order, self.OrderedBy, self.Quiet = order.order, order.by, self.Stopping || order.order != ""
	self.Running = []string{}
	for _, h := range w.holds.every() {
		self.Running = append(self.Running, h.ID)
		if h.stuckNow() {
			self.Stuck = append(self.Stuck, h.ID)
		}
	}
	slices.Sort(self.Running)
	return self
}

// sayStopping says that the worker was told to stop, so that its death from
// here on counts for nothing, and ends its wait for a token.
func (w *Worker) sayStopping() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := w.engine.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.SAdd(ctx, prefix+"stopping", w.sessionID())
		w.endWait(ctx, p)
		return nil
	})
	if err != nil {
		w.log.Warn("could not say that the worker stops", "err", fmt.Errorf("tell redis: %w", err))
	}
}

// endWait ends the worker's wait for a token, so that it takes none from others.
func (w *Worker) endWait(ctx context.Context, p redis.Pipeliner) {
	key := wakeKey("worker:" + w.sessionID())
	p.LPush(ctx, key, "1")
	p.Expire(ctx, key, workerTTL)
}
