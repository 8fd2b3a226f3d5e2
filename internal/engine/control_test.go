package engine

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestAbortStopsARunningJobWithinASecond(t *testing.T) {
	t.Run("real", func(t *testing.T) { abortRunning(realHouse(t)) })
	t.Run("embedded", func(t *testing.T) { abortRunning(smallHouse(t)) })
}

func abortRunning(h *house) {
	task, begun, _ := sits("long")
	h.worker(task)
	id := h.enqueue(job.Request{Task: "long"}).ID
	<-begun
	told := time.Now()

	got, err := h.Abort(h.Context(), id, "ada")

	if err != nil || got.State != job.Running || !got.Aborting {
		h.Errorf("job = %+v, error %v; want it aborting", got, err)
	}
	got = h.reaches(id, job.Aborted)
	if took := time.Since(told); took > time.Second {
		h.Errorf("took %s", took)
	}
	if got.Reason != "Aborted by ada." || got.Aborting || got.Failures != 0 {
		h.Errorf("job = %+v", got)
	}
	if end := last[events.AttemptEnded](h, id); end.Outcome != job.AttemptAborted {
		h.Errorf("outcome = %s, want aborted", end.Outcome)
	}
	if _, err := h.Abort(h.Context(), id, "ada"); fault.KindOf(err) != fault.Conflict {
		h.Errorf("aborted again: error = %v, want a conflict", err)
	}
}

func TestAbortEndsAJobThatNobodyHolds(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("idle", nothing))
	for _, r := range []job.Request{{Task: "idle"}, {Task: "idle", At: time.Now().Add(time.Hour)}} {
		id := h.enqueue(r).ID

		got, err := h.Abort(t.Context(), id, "")

		if err != nil || got.State != job.Aborted || got.Reason != "Aborted by somebody." || got.Ended == nil {
			t.Errorf("job = %+v, error %v", got, err)
		}
		if diff := cmp.Diff([]string{"job.enqueued", "job.ended"}, h.kinds(id)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if _, err := h.inspector.GetTaskInfo("default", id); err == nil {
			t.Error("asynq still has the job")
		}
	}
}

func TestAJobIsAbortedThoughItsWorkerDied(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.direct(newFakeLocks(), does("doomed", nothing))
	id := h.enqueue(job.Request{Task: "doomed"}).ID
	h.died(w, id)
	if _, err := h.Abort(t.Context(), id, "ada"); err != nil {
		t.Fatal(err)
	}

	if err := w.handles(id); err != nil {
		t.Errorf("asynq hears %v, want done", err)
	}

	if got := h.job(id); got.State != job.Aborted || got.Attempt != 1 {
		t.Errorf("job = %+v, want it aborted without another attempt", got)
	}
}

func TestAJobIsAbortedWhereItsTaskIsUnknown(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.direct(newFakeLocks(), does("new.task", nothing))
	old := h.direct(newFakeLocks(), does("old.task", nothing))
	id := h.enqueue(job.Request{Task: "new.task"}).ID
	h.died(w, id)
	if _, err := h.Abort(t.Context(), id, "ada"); err != nil {
		t.Fatal(err)
	}

	if err := old.handles(id); err != nil {
		t.Errorf("asynq hears %v, want done", err)
	}

	if got := h.job(id); got.State != job.Aborted {
		t.Errorf("job = %+v, want it aborted", got)
	}
}

// died leaves a job as a worker does that dies in the middle of an attempt.
func (h *house) died(w *Worker, id string) {
	h.Helper()
	rec, err := h.read(h.Context(), id)
	if err != nil {
		h.Fatal(err)
	}
	hold := w.hold(id, job.Grant{Fence: time.Now().UnixMicro(), Lease: time.Minute}, time.Now())
	if _, ok, err := w.begin(hold, rec, now()); !ok || err != nil {
		h.Fatalf("begin: %t, %v", ok, err)
	}
	delete(w.holds, id)
}

func TestHurryRunsALaterJobNow(t *testing.T) {
	t.Run("real", func(t *testing.T) { hurry(realHouse(t)) })
	t.Run("embedded", func(t *testing.T) { hurry(smallHouse(t)) })
}

func hurry(h *house) {
	h.worker(does("later", nothing))
	id := h.enqueue(job.Request{Task: "later", At: time.Now().Add(time.Hour)}).ID

	got, err := h.Hurry(h.Context(), id)

	if err != nil || got.State != job.Queued {
		h.Errorf("job = %+v, error %v; want it queued", got, err)
	}
	h.reaches(id, job.Succeeded)
	if _, err := h.Hurry(h.Context(), id); fault.KindOf(err) != fault.Conflict {
		h.Errorf("hurried when ended: error = %v, want a conflict", err)
	}
}

func TestHurryRetriesNow(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task := does("flaky", nothing)
	task.Backoff = time.Hour
	failing := task
	fails := make(chan error, 1)
	fails <- errBroken
	failing.Run = failOnce(fails)
	h.worker(failing)
	id := h.enqueue(job.Request{Task: "flaky"}).ID
	h.reaches(id, job.Retrying)

	if _, err := h.Hurry(t.Context(), id); err != nil {
		t.Fatal(err)
	}

	h.reaches(id, job.Succeeded)
}

func TestUnknownJobsAreNotFound(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	for _, id := range []string{"", "events", "0199f000-0000-7000-8000-000000000000"} {
		_, one := h.Job(t.Context(), id)
		_, abort := h.Abort(t.Context(), id, "ada")
		_, hurry := h.Hurry(t.Context(), id)
		for _, err := range []error{one, abort, hurry} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("job %q: error = %v, want not found", id, err)
			}
		}
	}
	many, err := h.Jobs(t.Context(), []string{"events", "0199f000-0000-7000-8000-000000000000"})
	if err != nil || len(many) != 0 {
		t.Errorf("jobs = %v, error %v; want none", many, err)
	}
}

// failOnce fails with each error that it is given, and then works.
func failOnce(errs <-chan error) func(context.Context, *tasks.Job[params]) error {
	return func(context.Context, *tasks.Job[params]) error {
		select {
		case err := <-errs:
			return err
		default:
			return nil
		}
	}
}
