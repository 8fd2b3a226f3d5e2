package engine

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestAJobWaitsForWhatAnotherHolds(t *testing.T) {
	t.Run("real", func(t *testing.T) { waits(realHouse(t)) })
	t.Run("embedded", func(t *testing.T) { waits(smallHouse(t)) })
}

func waits(h *house) {
	task, begun, let := sits("exclusive")
	task.Writes = func(params) []string { return []string{"sis:main"} }
	h.worker(task)
	first := h.enqueue(job.Request{Task: "exclusive"}).ID
	<-begun
	second := h.enqueue(job.Request{Task: "exclusive"}).ID
	elsewhere := h.enqueue(job.Request{Task: "exclusive", Client: "north"}).ID
	if id := <-begun; id != elsewhere {
		h.Fatalf("job %s runs; only the other client's should", id)
	}

	got := h.reaches(second, job.Waiting)

	says := regexp.MustCompile(`^Waits for sis:main, held by job ` + first + ` since \d\d:\d\d:\d\d UTC\.$`)
	if !says.MatchString(got.Reason) || got.Attempt != 0 {
		h.Errorf("job = %+v", got)
	}
	close(let)
	if got = h.reaches(second, job.Succeeded); got.Attempt != 1 || got.Failures != 0 || got.Reason != "" {
		h.Errorf("job = %+v, want one attempt", got)
	}
	kinds := []string{"job.enqueued", "job.waiting", "attempt.started", "attempt.ended"}
	if diff := cmp.Diff(kinds, h.kinds(second)); diff != "" {
		h.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestAWaitIsReportedOncePerReason(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	locks := newFakeLocks()
	w := h.direct(locks, does("patient", nothing))
	id := h.enqueue(job.Request{Task: "patient"}).ID
	since := time.Date(2026, 9, 1, 12, 3, 4, 0, time.UTC)
	for _, by := range [][]job.Holder{
		{{Resource: "default/users", JobID: "a", Since: since}},
		{{Resource: "default/users", JobID: "a", Since: since}},
		{{Resource: "default/users", JobID: "b", Since: since}, {Resource: "default/x", JobID: "c", Since: since}},
		{{JobID: id, Since: since}},
	} {
		locks.by = by
		if _, ok := errors.AsType[putBack](w.handles(id)); !ok {
			t.Error("the job is not put back")
		}
	}
	var reasons []string
	for _, e := range h.history(id) {
		if e, ok := e.(events.JobWaiting); ok {
			reasons = append(reasons, e.Reason)
		}
	}
	want := []string{
		"Waits for users, held by job a since 12:03:04 UTC.",
		"Waits for users, held by job b since 12:03:04 UTC, and for 1 more.",
		"An earlier attempt still holds it.",
	}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestAnAttemptTakesTheJobAndItsResources(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	locks := newFakeLocks()
	task := does("locked", nothing)
	task.Reads = func(p params) []string { return []string{"roster:" + p.Name} }
	task.Writes = func(params) []string { return []string{"gradebook"} }
	w := h.direct(locks, task)
	id := h.enqueue(job.Request{Task: "locked", Args: raw(`{"name":"17"}`), Client: "north"}).ID

	w.handles(id)

	if diff := cmp.Diff([]string{id, "north/roster:17", "job:" + id, "north/gradebook"}, locks.taken); diff != "" {
		t.Errorf("taken (-want +got):\n%s", diff)
	}
	if !slices.Equal(locks.released, []string{id}) {
		t.Errorf("released %v, want %s", locks.released, id)
	}
}

func TestAJobWhoseTaskIsUnknownHereWaitsForAnotherWorker(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("new.task", nothing))
	old := h.direct(newFakeLocks(), does("old.task", nothing))
	id := h.enqueue(job.Request{Task: "new.task"}).ID

	err := old.handles(id)

	if p, ok := errors.AsType[putBack](err); !ok || p.after != retryUnknown {
		t.Errorf("asynq hears %v", err)
	}
	got := h.job(id)
	if got.State != job.Waiting || got.Reason != "Waits for a worker that knows the task new.task; direct does not." || got.Attempt != 0 {
		t.Errorf("job = %+v", got)
	}
	h.direct(newFakeLocks(), does("new.task", nothing)).handles(id)
	h.reaches(id, job.Succeeded)
}

func TestAnOpenAttemptIsNotDisturbedByAnotherDelivery(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, begun, let := sits("long")
	w := h.direct(lock.New(h.rdb), task)
	knows := NewWorker(h.Engine, lock.New(h.rdb), tasks.NewRegistry(task), WorkerOptions{})
	ignorant := NewWorker(h.Engine, lock.New(h.rdb), tasks.NewRegistry(), WorkerOptions{})
	id := h.enqueue(job.Request{Task: "long"}).ID
	done := make(chan error)
	go func() { done <- w.handles(id) }()
	<-begun

	for _, other := range []*Worker{knows, ignorant} {
		if _, ok := errors.AsType[putBack](other.handles(id)); !ok || h.job(id).State != job.Running {
			t.Errorf("job = %+v", h.job(id))
		}
	}

	close(let)
	if err := <-done; err != nil || h.job(id).State != job.Succeeded {
		t.Errorf("asynq hears %v; job = %+v", err, h.job(id))
	}
}

func TestAJobIsPutBackUntouchedWhenLocksCannotBeAsked(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	locks := newFakeLocks()
	locks.err = errBroken
	w := h.direct(locks, does("any", func(context.Context, *tasks.Job[params]) error { panic("ran") }))
	before := h.enqueue(job.Request{Task: "any"})

	if _, ok := errors.AsType[putBack](w.handles(before.ID)); !ok {
		t.Error("the job is not put back")
	}
	if diff := cmp.Diff(before, h.job(before.ID)); diff != "" {
		t.Errorf("job (-before +after):\n%s", diff)
	}
}
