package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// How soon a job that cannot start is looked at again.
const (
	retryLock    = time.Second
	retryUnknown = 5 * time.Second
	retryRedis   = time.Second
)

// process is asynq's handler. asynq's own context ends when asynq gives up a
// task, which is not when ours does, so it is not used.
func (w *Worker) process(ctx context.Context, _ *asynq.Task) error {
	id, _ := asynq.GetTaskID(ctx)
	select {
	case <-w.stopping.Done():
		return putBack{0, "the worker is stopping"}
	case w.slots <- struct{}{}:
	}
	defer func() { <-w.slots }()
	return w.handle(context.Background(), id)
}

// handle does what the record of a delivered job asks for. It returns nil if
// asynq may forget the job.
func (w *Worker) handle(ctx context.Context, id string) error {
	rec, err := w.engine.read(ctx, id)
	switch wait := time.Until(rec.Due); {
	case fault.KindOf(err) == fault.NotFound:
		w.log.Warn("delivered job has no record, forgetting it", "job", id)
		return nil
	case err != nil:
		return w.again(id, err)
	case rec.State.Final():
		return nil
	case wait > 0:
		return putBack{time.Until(wholeSecond(rec.Due)), "not due yet"}
	}
	if _, still := w.held(id); still {
		return putBack{retryLock, "the code of an earlier attempt has not returned"}
	}
	task, ok := w.registry.Lookup(rec.Task)
	if !ok {
		return w.pass(ctx, rec)
	}
	return w.start(ctx, rec, task)
}

// again has a job delivered again that could not be looked after just now.
func (w *Worker) again(id string, err error) error {
	w.log.Warn("job put back, trying again", "job", id, "after", retryRedis, "err", err)
	return putBack{retryRedis, err.Error()}
}

// pass leaves a job to workers that know its task, unless it was told to stop
// and its attempt did not live to do so.
func (w *Worker) pass(ctx context.Context, rec record) error {
	if rec.fence != 0 { // it may be running where its task is known
		grant, by, err := w.locks.Take(ctx, rec.ID, w.self.ID, nil, []string{"job:" + rec.ID})
		if err != nil || len(by) > 0 {
			return putBack{retryUnknown, "an earlier attempt may still be open"}
		}
		defer w.release(rec.ID, grant.Fence)
	}
	if rec.abortBy != "" {
		return w.bury(ctx, rec)
	}
	return w.park(ctx, rec, retryUnknown, fmt.Sprintf("Waits for a worker that knows the task %s; %s does not.", rec.Task, w.options.Name))
}

// start takes the job's locks and makes an attempt, or says why it cannot.
func (w *Worker) start(ctx context.Context, rec record, task tasks.Task) error {
	asked := time.Now()
	grant, by, refusal, err := w.take(ctx, rec, task)
	switch earlier := heldByItself(rec, by); {
	case err != nil:
		return w.again(rec.ID, err)
	case earlier && rec.fence != 0:
		return putBack{retryLock, "an earlier attempt is still open"}
	case earlier:
		return w.park(ctx, rec, retryLock, "An earlier attempt still holds it.")
	case len(by) > 0 && rec.abortBy == "":
		return w.park(ctx, rec, retryLock, waitReason(rec.Client, by))
	case len(by) > 0:
		return w.bury(ctx, rec)
	}
	h := w.hold(rec.ID, grant, asked)
	defer w.letGo(h)
	if rec.abortBy != "" {
		return w.bury(h.lease, rec)
	}
	return w.attempt(h, rec, task, refusal)
}

// take asks for the locks of a job: its own, and those of its arguments. What
// is wrong with the latter is returned as refusal, along with a grant for the
// job alone, so that an attempt can fail with it.
func (w *Worker) take(ctx context.Context, rec record, task tasks.Task) (g job.Grant, by []job.Holder, refusal, err error) {
	own := []string{"job:" + rec.ID}
	reads, writes, refusal := locksOf(task, rec.Args)
	if refusal == nil {
		reads, writes = scoped(rec.Client, reads), scoped(rec.Client, writes)
		g, by, err = w.locks.Take(ctx, rec.ID, w.self.ID, reads, append(own, writes...))
		if fault.KindOf(err) != fault.Invalid {
			return g, by, nil, err
		}
		refusal = err
	}
	g, by, err = w.locks.Take(ctx, rec.ID, w.self.ID, nil, own)
	return g, by, refusal, err
}

// locksOf asks a task for its locks. A panic in there is an error of the task.
func locksOf(task tasks.Task, args json.RawMessage) (reads, writes []string, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("name the locks of %s: panic: %v", task.Info().Name, x)
		}
	}()
	return task.Locks(args)
}

// scoped makes the names of resources those of one client.
func scoped(client string, names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = client + "/" + name
	}
	return all
}

func heldByItself(rec record, by []job.Holder) bool {
	return slices.ContainsFunc(by, func(h job.Holder) bool { return h.JobID == rec.ID })
}

// waitReason says in one sentence what a job waits for.
func waitReason(client string, by []job.Holder) string {
	h := by[0]
	name := h.Resource
	if own := client + "/"; len(name) > len(own) && name[:len(own)] == own {
		name = name[len(own):]
	}
	more := ""
	if len(by) > 1 {
		more = fmt.Sprintf(", and for %d more", len(by)-1)
	}
	return fmt.Sprintf("Waits for %s, held by job %s since %s UTC%s.", name, h.JobID, h.Since.UTC().Format(time.TimeOnly), more)
}

// park notes why a job cannot start, if that is news, and has it looked at
// again. No attempt is used. An attempt that was open is lost: nobody holds
// the job's own lock.
func (w *Worker) park(ctx context.Context, rec record, after time.Duration, reason string) error {
	if rec.State != job.Waiting || rec.Reason != reason {
		next := rec
		next.State, next.Reason, next.Worker, next.fence = job.Waiting, reason, "", 0
		if _, err := w.engine.apply(ctx, rec, next, events.JobWaiting{ID: rec.ID, Reason: reason, At: now()}); err != nil {
			return w.again(rec.ID, err)
		}
	}
	return putBack{after, reason}
}

// bury ends a job that was told to stop and whose attempt did not live to do
// so.
func (w *Worker) bury(ctx context.Context, rec record) error {
	_, ok, err := w.engine.endAborted(ctx, rec, rec)
	switch {
	case err != nil:
		return w.again(rec.ID, err)
	case !ok:
		return putBack{0, "the job has changed"}
	}
	return nil
}
