package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/logs"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// launch hands a job whose attempt is open to asynq's server. If the attempt
// must not go on, because the worker has stopped or Redis may have forgotten
// what it granted, the job is given back.
func (w *Worker) launch(s *session, c claimed, safe bool) {
	if !safe || s.lease.Err() != nil || w.stopping.Err() != nil {
		w.desk.vacate(1)
		w.giveBack(s, c)
		return
	}
	h := newHold(s, c.record)
	if !w.own(h) {
		h.end(nil)
		w.desk.vacate(1)
		return
	}
	w.belt.put(launch{hold: h, job: c})
}

// own takes a job into this worker's hands, unless it was given back since.
func (w *Worker) own(h *hold) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	void, ok := w.disowned[h.ID]
	if delete(w.disowned, h.ID); ok && h.fence <= void {
		return false
	}
	w.holds.add(h)
	return true
}

// process is asynq's handler. It makes the attempt that it is called for, and
// then those that wait for a place, so that asynq's care of a task is not spent
// on each job that is over at once. asynq's own context ends when asynq gives
// up a task, which is not when ours does, so it is not used.
func (w *Worker) process(ctx context.Context, _ *asynq.Task) error {
	id, _ := asynq.GetTaskID(ctx)
	for l, ok := w.belt.takeHanded(id); ok; l, ok = w.belt.take() {
		w.attempt(l.hold, l.job)
	}
	return nil
}

// passOn gives back jobs that were taken ahead, and for which no place became
// free.
func (w *Worker) passOn() {
	late := w.belt.takeLate()
	if len(late) == 0 {
		return
	}
	w.desk.slow()
	for _, l := range late {
		l.hold.tell(errCrowded)
		w.attempt(l.hold, l.job)
	}
}

// attempt makes one attempt at a job and leaves its outcome on the desk.
func (w *Worker) attempt(h *hold, c claimed) {
	report := newReport(w, h)
	began := w.engine.now()
	w.trace(h, began)
	cause, err, ran := error(nil), tasks.Permanent(c.refusal), false
	switch {
	case h.work.Err() != nil: // before it began
		cause = context.Cause(h.work)
		err = cause
	case w.stopping.Err() != nil:
		cause, err = errShutdown, errShutdown
	case c.united:
		report.progress = job.Progress{Stage: "workers", Done: int64(c.parts.all), Total: int64(c.parts.all)}
		err = tasks.Permanent(c.parts.verdict())
	case c.refusal == nil:
		cause, err = w.run(h, c.task, report)
		ran = true
	}
	h.back()
	report.close()
	if h.session.lease.Err() != nil {
		w.logOf(&h.record).Warn("contact lost, the attempt's outcome may not count")
	}
	info := w.infos[c.Task]
	o := outcome{
		began: began, err: err, cause: cause, stopping: w.stopping.Err() != nil, hush: report.hush,
		policy: policy{attempts: info.Attempts, backoff: info.Backoff},
	}
	x := w.decide(h, report, o, report.record())
	if ran {
		x.took = max(x.ended.At.Sub(began), 1)
	}
	w.desk.ended(x)
}

// decide says how an attempt ended; rec is the job as it is by now.
func (w *Worker) decide(h *hold, report *report, o outcome, rec record) *ending {
	next, ended := o.judge(rec, w.engine.now(), jitter())
	said := report.rest()
	next.rev++
	next.Progress, next.Errors, next.lines = said.progress, said.errors, said.lines
	ended.Progress, ended.Errors = said.progress, said.errors
	return &ending{
		was: rec, next: next, way: wayOf(next), ended: ended, events: said.events,
		done: func(recorded bool) {
			w.holds.remove(h)
			h.traced(ended.Outcome, recorded)
			if recorded {
				w.tell(next, ended, o.hush.error(o.err))
			}
		},
		judge: func(rec record) *ending { return w.decide(h, report, o, rec) },
	}
}

func wayOf(next record) way {
	switch {
	case next.State.Final() && next.unique+next.memo+next.whole != "":
		return wayTell
	case next.State.Final():
		return wayEnd
	case next.State == job.Retrying:
		return wayRetry
	}
	return wayFirst
}

// tell logs how an attempt ended, with the whole of what the task returned.
func (w *Worker) tell(j record, ended events.AttemptEnded, err any) {
	level := slog.LevelInfo
	if err == nil {
		level = slog.LevelDebug
	}
	if !w.log.Enabled(context.Background(), level) {
		return
	}
	w.logOf(&j).Log(context.Background(), level, "attempt ended", "outcome", ended.Outcome, "state", j.State, "took", ended.At.Sub(ended.Started), "record_errors", j.Errors, "err", err)
}

// run calls the task's code and returns what ended its context, if anything
// did, and what it returned itself.
func (w *Worker) run(h *hold, task tasks.Task, report *report) (cause, err error) {
	info := w.infos[h.Task]
	ctx, cancel := context.WithTimeoutCause(h.work, info.Timeout, tooLong{info.Timeout})
	defer cancel()
	ctx = logs.About(ctx, &h.record)
	h.begin(ctx)
	if info.Warn > 0 {
		defer time.AfterFunc(info.Warn, h.hurry).Stop()
	}
	log := report.logger()
	pprof.Do(ctx, pprof.Labels("task", h.Task, "client", h.Client), func(ctx context.Context) {
		err = guard(func() error {
			return task.Attempt(ctx, tasks.Attempt{
				JobID: h.ID, Client: h.Client, Number: h.Attempt, Args: h.Args, Log: log, Sink: report,
				Fence: h.fence, WrapUp: h.wrapUp,
			})
		})
	})
	if p, ok := errors.AsType[panicked](err); ok {
		log.Error("task panicked", "panic", p.value, "stack", p.stack)
	}
	return context.Cause(ctx), err
}

// A panicked is the error of code that panicked.
type panicked struct{ value, stack string }

func (p panicked) Error() string { return "panic: " + p.value }

// guard calls f. A panic is its error, and so is that of an error whose text
// cannot be read.
func guard(f func() error) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = panicked{fmt.Sprint(x), string(debug.Stack())}
		}
	}()
	if err = f(); err != nil {
		_ = err.Error()
	}
	return err
}
