package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Why the context of an attempt ends, apart from its time limit.
var (
	errAborted   = errors.New("the job was aborted")
	errShutdown  = errors.New("the worker was told to stop")
	errLeaseLost = errors.New("the worker lost contact for longer than its lease")
)

// A tooLong is the cause of a context that ended at the task's time limit.
type tooLong struct{ limit time.Duration }

func (e tooLong) Error() string { return fmt.Sprintf("ran longer than its limit of %s", e.limit) }

// A hold is a job in this worker's hands, from the grant of its locks until
// its code has returned. Its lease is the only time it may write; a hold that
// loses it ends everything below.
type hold struct {
	id     string
	grant  job.Grant
	lease  context.Context
	lose   context.CancelCauseFunc
	work   context.Context // what the task's code sees, but for its time limit
	end    context.CancelCauseFunc
	expiry *time.Timer
}

// hold takes note of a grant that was asked for at that time.
func (w *Worker) hold(id string, grant job.Grant, asked time.Time) *hold {
	h := &hold{id: id, grant: grant}
	h.lease, h.lose = context.WithCancelCause(context.Background())
	h.work, h.end = context.WithCancelCause(h.lease)
	h.expiry = time.AfterFunc(h.remaining(asked), func() { h.lose(errLeaseLost) })
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds[id] = h
	return h
}

// remaining is how long code may go on under a lease that was asked for at
// that time, by this process's own monotonic clock.
func (h *hold) remaining(asked time.Time) time.Duration {
	return time.Until(asked.Add(h.grant.Lease - leaseMargin))
}

// extend takes note of a renewal that was asked for at that time. A lease that
// was lost stays lost.
func (h *hold) extend(asked time.Time) {
	if h.expiry.Stop() {
		h.expiry.Reset(h.remaining(asked))
	}
}

// letGo gives back what h holds.
func (w *Worker) letGo(h *hold) {
	w.mu.Lock()
	if w.holds[h.id] == h {
		delete(w.holds, h.id)
	}
	w.mu.Unlock()
	h.expiry.Stop()
	h.lose(nil)
	w.release(h.id, h.grant.Fence)
}

// release gives back the locks of a job. If Redis does not answer, their lease
// runs out.
func (w *Worker) release(id string, fence int64) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := w.locks.Release(ctx, id, fence); err != nil {
		w.log.Warn("locks not released, their lease will run out", "job", id, "err", err)
	}
}

// running returns the ids of the jobs in hand.
func (w *Worker) running() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]string, 0, len(w.holds))
	for id := range w.holds {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (w *Worker) held(id string) (*hold, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h, ok := w.holds[id]
	return h, ok
}

// endAll ends the work on all jobs in hand.
func (w *Worker) endAll(cause error) {
	for _, id := range w.running() {
		if h, ok := w.held(id); ok {
			h.end(cause)
		}
	}
}

// renewals keeps leases, heartbeat and catalogue fresh until ctx ends.
func (w *Worker) renewals(ctx context.Context) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.renew(ctx)
			w.heartbeat(ctx)
		}
	}
}

// renew extends the leases of all jobs in hand.
func (w *Worker) renew(ctx context.Context) {
	ids, asked := w.running(), time.Now()
	if len(ids) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, renewEvery)
	defer cancel()
	lost, err := w.locks.Renew(ctx, w.self.ID, ids)
	if err != nil {
		w.log.Warn("leases not renewed", "jobs", len(ids), "err", err)
		return
	}
	for _, id := range ids {
		h, ok := w.held(id)
		switch {
		case !ok:
		case slices.Contains(lost, id):
			h.lose(errLeaseLost)
		default:
			h.extend(asked)
		}
	}
}

// heartbeat says that the worker lives and what it does, and learns which of
// its jobs are to be aborted.
func (w *Worker) heartbeat(ctx context.Context) {
	self := w.self
	self.Running, self.Seen, self.Stopping = w.running(), now(), w.stopping.Err() != nil
	ctx, cancel := context.WithTimeout(ctx, renewEvery)
	defer cancel()
	aborted, err := w.engine.beat(ctx, self)
	if err == nil {
		err = w.engine.announce(ctx, w.declared, false)
	}
	if err != nil && ctx.Err() == nil {
		w.log.Warn("heartbeat not sent", "err", err)
	}
	for _, id := range aborted {
		if h, ok := w.held(id); ok {
			h.end(errAborted)
		}
	}
}

// listen looks at abort flags as soon as somebody has set one.
func (w *Worker) listen(ctx context.Context) {
	nudges := w.engine.rdb.Subscribe(ctx, abortTopic)
	defer nudges.Close()
	for {
		select {
		case <-ctx.Done():
			return
		case message, open := <-nudges.Channel():
			if !open {
				return
			}
			w.obey(ctx, message.Payload)
		}
	}
}

// obey ends the work on a job in hand if it is to be aborted.
func (w *Worker) obey(ctx context.Context, id string) {
	h, ok := w.held(id)
	if !ok {
		return
	}
	rec, err := w.engine.read(ctx, id)
	if err != nil {
		w.log.Warn("abort not seen yet", "job", id, "err", err)
		return
	}
	if rec.abortBy != "" {
		h.end(errAborted)
	}
}
