package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// divideScript lets a job wait that was divided into parts, until all have
// ended.
//
// ARGV: worker id, queue, id, number of parts, what they are called
var divideScript = script(`
local worker, queue, id, n = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local key = recordKey(queue, id)
local r = redis.call('HMGET', key, 'live', 'state')
local l = readLive(r[1], r[2])
if not lock.holds(worker)[id] or finals[l.job] then return 0 end
lock.unhold(worker, id)
redis.call('HSET', key, 'parts_all', n)
local open = redis.call('HINCRBY', key, 'parts_open', n)
partsDone(key, n, open)
park(queue, id, l, {kind = 'parts', name = ARGV[5]})
if open <= 0 then ready(queue, id) end
done()
return 1
`)

// divide makes one job for each live worker that brings the task, and lets
// the job wait until they have ended. It is called again when they have.
func (w *Worker) divide(s *session, c claimed) {
	if c.parts.all > 0 {
		w.unite(s, c)
		return
	}
	w.desk.vacate(1)
	ctx, cancel := context.WithTimeout(context.Background(), turnTime)
	defer cancel()
	if err := w.makeParts(ctx, s, c); err != nil {
		w.logOf(&c.record).Warn("job not divided yet", "err", err)
		w.giveBack(s, c)
	}
}

func (w *Worker) makeParts(ctx context.Context, s *session, c claimed) error {
	workers, err := w.engine.workersOf(ctx, c.task.Info())
	if err != nil {
		return err
	}
	var parts []job.Request
	for _, worker := range workers {
		parts = append(parts, job.Request{
			ID: childID(c.ID, c.Task, worker.ID), Task: c.Task, Args: c.Args, Client: c.Client, Owner: "job " + c.ID,
			Description: c.Description + " on " + worker.Name, Parent: c.ID, Root: c.Root, Trace: c.Trace, Tags: c.Tags,
			Worker: worker.ID, Whole: c.Queue + " " + c.ID,
		})
	}
	accepted, err := w.engine.EnqueueBatch(ctx, parts)
	if err != nil {
		return err
	}
	for _, a := range accepted {
		if a.Err != nil {
			return a.Err
		}
	}
	what := fmt.Sprintf("parts on %d workers", len(parts))
	return wrap(runScript(ctx, w.engine, divideScript, s.id, c.Queue, c.ID, len(parts), what).Err(), "divide job %s", c.ID)
}

// workersOf are the live workers that bring a task and carry the labels that
// it asks for.
func (e *Engine) workersOf(ctx context.Context, task tasks.Info) (all []job.Worker, err error) {
	workers, err := e.Workers(ctx)
	if err != nil {
		return nil, err
	}
	for _, worker := range workers {
		if !worker.Stopping && slices.Contains(worker.Tasks, task.Name) && carries(worker.Labels, task.Where) {
			all = append(all, worker)
		}
	}
	return all, nil
}

// carries reports whether labels has all that are wanted.
func carries(labels, wanted map[string]string) bool {
	for name, value := range wanted {
		if labels[name] != value {
			return false
		}
	}
	return true
}

// unite makes the attempt of a job whose parts have all ended: it succeeds if
// they did.
func (w *Worker) unite(_ *session, c claimed) {
	c.united = true
	w.desk.change(func() { w.desk.asking = append(w.desk.asking, c) })
}

// verdict is what becomes of a job by how its parts ended.
func (p parts) verdict() error {
	if p.failed > 0 {
		return fmt.Errorf("%d of %d workers did not succeed; the parts say why", p.failed, p.all)
	}
	return nil
}
