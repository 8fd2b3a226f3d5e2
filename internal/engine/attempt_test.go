package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestAnAttemptThatRunsTooLongFails(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, _, _ := sits("slow")
	task.Timeout, task.Attempts = 30*time.Millisecond, 1
	w := h.direct(newFakeLocks(), task)
	id := h.enqueue(job.Request{Task: "slow"}).ID

	if err := w.handles(id); err != nil {
		t.Errorf("asynq hears %v, want done", err)
	}

	got := h.job(id)
	if got.State != job.Failed || got.Error != "ran longer than its limit of 30ms" || got.Failures != 1 {
		t.Errorf("job = %+v", got)
	}
}

func TestAPanicIsAFailureWithItsStackInTheLog(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.direct(newFakeLocks(), does("bang", func(context.Context, *tasks.Job[params]) error { panic("boom") }))
	id := h.enqueue(job.Request{Task: "bang"}).ID

	w.handles(id)

	if got := h.job(id); got.State != job.Retrying || got.Error != "panic: boom" {
		t.Errorf("job = %+v", got)
	}
	if line := last[events.JobLogged](h, id).Lines[0]; line.Level != "error" || !strings.Contains(line.Text, "attempt_test.go") {
		t.Errorf("log line = %+v, want the stack", line)
	}
}

// A mute error is one whose text cannot be read, such as a nil pointer that was
// returned as an error.
type mute struct{ text string }

func (m *mute) Error() string { return m.text }

func TestAnErrorThatCannotBeReadIsAFailureToo(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.direct(newFakeLocks(), does("mute", func(context.Context, *tasks.Job[params]) error { return (*mute)(nil) }))
	id := h.enqueue(job.Request{Task: "mute"}).ID

	w.handles(id)

	if got := h.job(id); got.State != job.Retrying || got.Failures != 1 || !strings.HasPrefix(got.Error, "panic: ") {
		t.Errorf("job = %+v, want a failure", got)
	}
}

func TestArgumentsThatTheTaskRefusesFailForGood(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.direct(newFakeLocks(), does("strict", nothing))
	id := h.enqueue(job.Request{Task: "strict", Args: raw(`{"surname": "Ada"}`)}).ID

	w.handles(id)

	if got := h.job(id); got.State != job.Failed || !strings.Contains(got.Error, "surname") {
		t.Errorf("job = %+v", got)
	}
}

func TestLocksWithBadNamesFailForGood(t *testing.T) {
	t.Parallel()
	for name, writes := range map[string]func(params) []string{
		"too long": func(params) []string { return []string{strings.Repeat("x", 300)} },
		"panic":    func(params) []string { panic("no such thing") },
	} {
		t.Run(name, func(t *testing.T) {
			h := smallHouse(t)
			task := does("greedy", nothing)
			w := h.direct(lock.New(h.rdb), task)
			task.Writes = writes
			w.registry = tasks.NewRegistry(task)
			id := h.enqueue(job.Request{Task: "greedy"}).ID

			w.handles(id)

			if got := h.job(id); got.State != job.Failed || got.Attempt != 1 {
				t.Errorf("job = %+v", got)
			}
		})
	}
}

func TestAStoppedWorkerPutsItsJobsBack(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, begun, let := sits("long")
	stop := h.worker(task)
	id := h.enqueue(job.Request{Task: "long"}).ID
	<-begun

	stop()

	got := h.job(id)
	if got.State != job.Queued || got.Failures != 0 || got.Worker != "" {
		t.Errorf("job = %+v, want it back in the queue", got)
	}
	if end := last[events.AttemptEnded](h, id); end.Outcome != job.AttemptInterrupted {
		t.Errorf("outcome = %s, want interrupted", end.Outcome)
	}
	h.worker(task)
	<-begun
	close(let)
	if got := h.reaches(id, job.Succeeded); got.Attempt != 2 || got.Failures != 0 {
		t.Errorf("job = %+v, want a second attempt without a failure", got)
	}
}

func TestADrainingWorkerLetsItsJobsFinish(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, begun, let := sits("long")
	stop := h.start(NewWorker(h.Engine, lock.New(h.rdb), tasks.NewRegistry(task), WorkerOptions{Drain: time.Minute}))
	id := h.enqueue(job.Request{Task: "long"}).ID
	<-begun
	time.AfterFunc(50*time.Millisecond, func() { close(let) })

	stop()

	if got := h.job(id); got.State != job.Succeeded {
		t.Errorf("state = %s, want succeeded", got.State)
	}
}

func TestAWorkerThatLostItsLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	locks := newFakeLocks()
	locks.lease = leaseMargin + 50*time.Millisecond
	task, begun, _ := sits("cut off")
	task.Name = "cut.off"
	w := h.direct(locks, task)
	id := h.enqueue(job.Request{Task: "cut.off"}).ID

	err := w.handles(id)

	<-begun
	if _, ok := errors.AsType[putBack](err); !ok {
		t.Errorf("asynq hears %v, want to be asked again", err)
	}
	if got := h.job(id); got.State != job.Running {
		t.Errorf("state = %s, want running until the next attempt", got.State)
	}
	locks.lease = time.Minute
	w.registry = tasks.NewRegistry(does("cut.off", nothing))
	if err := w.handles(id); err != nil {
		t.Fatal(err)
	}
	if got := h.job(id); got.State != job.Succeeded || got.Attempt != 2 || got.Failures != 0 {
		t.Errorf("job = %+v, want a second attempt without a failure", got)
	}
}

func TestAnOutdatedAttemptChangesNothing(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	frozen, begun, let := sits("frozen")
	zombie := h.direct(newFakeLocks(), frozen)
	id := h.enqueue(job.Request{Task: "frozen"}).ID
	woken := make(chan error)
	go func() { woken <- zombie.handles(id) }()
	<-begun
	locks := newFakeLocks()
	locks.fence = 100
	successor := h.direct(locks, does("frozen", func(context.Context, *tasks.Job[params]) error { return tasks.Permanent(errBroken) }))
	successor.handles(id)
	before := h.kinds(id)

	close(let)

	if err := <-woken; err != nil {
		t.Errorf("asynq hears %v of a job that has ended, want done", err)
	}
	if got := h.job(id); got.State != job.Failed || got.Attempt != 2 {
		t.Errorf("job = %+v, want the successor's outcome", got)
	}
	if after := h.kinds(id); !slices.Equal(before, after) {
		t.Errorf("the outdated attempt added events: %v", after[len(before):])
	}
}

func TestCodeThatDoesNotReturnKeepsItsPlace(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	deaf := make(chan struct{})
	entered := make(chan struct{}, 1)
	w := h.direct(newFakeLocks(), does("deaf", func(context.Context, *tasks.Job[params]) error {
		entered <- struct{}{}
		<-deaf
		return nil
	}))
	id := h.enqueue(job.Request{Task: "deaf"}).ID
	done := make(chan error)
	go func() { done <- w.handles(id) }()
	<-entered

	_, isPutBack := errors.AsType[putBack](w.handles(id))

	if !isPutBack || h.job(id).Attempt != 1 {
		t.Errorf("a second delivery got through: %+v", h.job(id))
	}
	close(deaf)
	<-done
	h.reaches(id, job.Succeeded)
}

func TestAJobThatHasEndedIsAcknowledgedAndNotRun(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	runs := 0
	w := h.direct(newFakeLocks(), does("once", func(context.Context, *tasks.Job[params]) error { runs++; return nil }))
	id := h.enqueue(job.Request{Task: "once"}).ID
	for range 3 {
		if err := w.handles(id); err != nil {
			t.Errorf("asynq hears %v, want done", err)
		}
	}
	if runs != 1 {
		t.Errorf("ran %d times", runs)
	}
	if err := w.handles("0199f000-0000-7000-8000-000000000000"); err != nil {
		t.Errorf("a job without a record: asynq hears %v, want done", err)
	}
}
