package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
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
	if !w.own(newHold(s, c.record), c) {
		w.desk.vacate(1)
		return
	}
	w.belt.belt <- stub(c.Job)
}

// own takes a job into this worker's hands, unless it was given back since.
func (w *Worker) own(h *hold, c claimed) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	void, ok := w.disowned[h.ID]
	if delete(w.disowned, h.ID); ok && h.fence <= void {
		return false
	}
	w.holds.add(h)
	w.launched[h.ID] = append(w.launched[h.ID], launch{h, c})
	return true
}

// A launch is an attempt on its way through asynq.
type launch struct {
	hold *hold
	job  claimed
}

// process is asynq's handler. asynq's own context ends when asynq gives up a
// task, which is not when ours does, so it is not used.
func (w *Worker) process(ctx context.Context, _ *asynq.Task) error {
	id, _ := asynq.GetTaskID(ctx)
	if l, ok := w.launches(id); ok {
		w.attempt(l.hold, l.job)
	}
	return nil
}

// launches takes the attempt at a job that was launched first.
func (w *Worker) launches(id string) (l launch, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.launched[id]
	if len(all) == 0 {
		return l, false
	}
	if w.launched[id] = all[1:]; len(all) == 1 {
		delete(w.launched, id)
	}
	return all[0], true
}

// attempt makes one attempt at a job and leaves its outcome on the desk.
func (w *Worker) attempt(h *hold, c claimed) {
	report := newReport(w, h)
	began := w.engine.now()
	cause, err := error(nil), tasks.Permanent(c.refusal)
	switch {
	case h.work.Err() != nil: // before it began
		cause = context.Cause(h.work)
		err = cause
	case c.united:
		report.progress = job.Progress{Stage: "workers", Done: int64(c.parts.all), Total: int64(c.parts.all)}
		err = tasks.Permanent(c.parts.verdict())
	case c.refusal == nil:
		cause, err = w.run(h, c.task, report)
	}
	h.back()
	report.close()
	if h.session.lease.Err() != nil {
		w.log.Warn("contact lost, the attempt's outcome may not count", "job", h.ID, "attempt", h.Attempt)
	}
	info := w.infos[c.Task]
	o := outcome{
		began: began, err: err, cause: cause, stopping: w.stopping.Err() != nil,
		policy: policy{attempts: info.Attempts, backoff: info.Backoff},
	}
	w.desk.ended(w.decide(h, report, o, report.record()))
}

// decide says how an attempt ended; rec is the job as it is by now.
func (w *Worker) decide(h *hold, report *report, o outcome, rec record) ending {
	next, ended := o.judge(rec, w.engine.now(), jitter())
	said := report.rest()
	next.Progress, next.Errors, next.lines = said.progress, said.errors, said.lines
	ended.Progress, ended.Errors = said.progress, said.errors
	return ending{
		was: rec, next: next, way: wayOf(next), ended: ended, events: said.events,
		done: func(recorded bool) {
			w.holds.remove(h)
			if recorded {
				w.tell(next, ended, o.err)
			}
		},
		judge: func(rec record) ending { return w.decide(h, report, o, rec) },
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
func (w *Worker) tell(j record, ended events.AttemptEnded, err error) {
	level := slog.LevelInfo
	if err == nil {
		level = slog.LevelDebug
	}
	if !w.log.Enabled(context.Background(), level) {
		return
	}
	w.log.Log(context.Background(), level, "attempt ended", "job", j.ID, "task", j.Task, "attempt", j.Attempt, "outcome", ended.Outcome,
		"state", j.State, "took", ended.At.Sub(ended.Started), "record_errors", j.Errors, "err", err)
}

// run calls the task's code and returns what ended its context, if anything
// did, and what it returned itself.
func (w *Worker) run(h *hold, task tasks.Task, report *report) (cause, err error) {
	info := w.infos[h.Task]
	ctx, cancel := context.WithTimeoutCause(h.work, info.Timeout, tooLong{info.Timeout})
	defer cancel()
	h.begin(ctx)
	if info.Warn > 0 {
		defer time.AfterFunc(info.Warn, h.hurry).Stop()
	}
	log := report.logger()
	err = guard(func() error {
		return task.Attempt(ctx, tasks.Attempt{
			JobID: h.ID, Client: h.Client, Number: h.Attempt, Args: h.Args, Log: log, Sink: report,
			Fence: h.fence, WrapUp: h.wrapUp,
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
