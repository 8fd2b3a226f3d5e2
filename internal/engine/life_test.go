package engine

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestLifeOfAJob(t *testing.T) { inBoth(t, lifeOfAJob) }

func lifeOfAJob(h *house) {
	h.worker(does("greet", func(_ context.Context, j *tasks.Job[params]) error {
		j.Log.Info("hello", "name", j.Args.Name)
		j.Progress(tasks.Progress{Stage: "people", Done: 1, Total: 2})
		j.Error("row 7", "BAD_NAME", "The name is empty.")
		j.Progress(tasks.Progress{Stage: "people", Done: 2, Total: 2, Created: 1})
		return nil
	}))

	accepted := h.enqueue(job.Request{Task: "greet", Args: raw(`{"name": "Ada"}`), Owner: "ada"})

	if accepted.State != job.Queued || accepted.Client != "default" || accepted.Root != accepted.ID {
		h.Errorf("accepted = %+v", accepted)
	}
	got := h.reaches(accepted.ID, job.Succeeded)
	want := accepted
	want.State, want.Attempt, want.Errors = job.Succeeded, 1, 1
	want.Progress = job.Progress{Stage: "people", Done: 2, Total: 2, Created: 1}
	want.Started, want.Ended = got.Started, got.Ended
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("job (-want +got):\n%s", diff)
	}
	if got.Started == nil || got.Ended == nil || got.Ended.Before(*got.Started) {
		h.Errorf("started %v, ended %v", got.Started, got.Ended)
	}
	kinds := []string{"job.enqueued", "attempt.started", "job.errors", "job.logged", "attempt.ended"}
	if diff := cmp.Diff(kinds, h.kinds(got.ID)); diff != "" {
		h.Errorf("events (-want +got):\n%s", diff)
	}
	if line := last[events.JobLogged](h, got.ID).Lines[0]; line.Text != "hello name=Ada" || line.Level != "info" || line.Seq != 1 {
		h.Errorf("log line = %+v", line)
	}
	end := last[events.AttemptEnded](h, got.ID)
	if end.Outcome != job.AttemptSucceeded || end.Errors != 1 || end.Progress.Created != 1 || end.Started.IsZero() {
		h.Errorf("attempt ended = %+v", end)
	}
	h.nothingLeft()
}

// nothingLeft fails the test if a job stands anywhere, or anything is held.
func (h *house) nothingLeft() {
	h.Helper()
	depths, err := h.Depths(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	for queue, counts := range depths {
		for state, n := range counts {
			if n != 0 {
				h.Errorf("%d jobs in queue %s are still %s", n, queue, state)
			}
		}
	}
	for _, what := range []string{"holders", "waiting", "waiters", "use", "unique", "unique:next", "resources"} {
		if n := h.rdb.Exists(h.Context(), "beadle:{b}:lock:"+what).Val(); n != 0 {
			h.Errorf("%s are left behind: %v", what, h.rdb.Type(h.Context(), "beadle:{b}:lock:"+what))
		}
	}
}

func TestRetriesUntilItWorks(t *testing.T) { inBoth(t, retries) }

func retries(h *house) {
	h.worker(does("flaky", func(_ context.Context, j *tasks.Job[params]) error {
		if j.Attempt < 3 {
			return errOnFire
		}
		return nil
	}))

	id := h.enqueue(job.Request{Task: "flaky"}).ID

	got := h.reaches(id, job.Succeeded)
	if got.Attempt != 3 || got.Failures != 2 || got.Error != "" || got.Reason != "" {
		h.Errorf("job = %+v, want three attempts, two failures", got)
	}
	kinds := []string{
		"job.enqueued", "attempt.started", "attempt.ended", "job.queued", "attempt.started", "attempt.ended",
		"job.queued", "attempt.started", "attempt.ended",
	}
	if diff := cmp.Diff(kinds, h.kinds(id)); diff != "" {
		h.Errorf("events (-want +got):\n%s", diff)
	}
	h.nothingLeft()
}

func TestFailsWhenAllAttemptsAreUsedUp(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task := does("broken", func(context.Context, *tasks.Job[params]) error { return errOnFire })
	task.Attempts = 2
	h.worker(task)
	got := h.reaches(h.enqueue(job.Request{Task: "broken"}).ID, job.Failed)
	if got.Failures != 2 || got.Error != errOnFire.Error() || got.Reason != "Failed 2 times." || got.Ended == nil {
		t.Errorf("job = %+v", got)
	}
	h.nothingLeft()
}

func TestAScheduledJobIsQueuedOnceItsTimeHasCome(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("later", nothing))

	id := h.enqueue(job.Request{Task: "later", At: time.Now().Add(50 * time.Millisecond)}).ID

	h.reaches(id, job.Queued)
	all, err := h.Jobs(t.Context(), []string{id})
	if err != nil || all[id].State != job.Queued {
		t.Errorf("in a list it is %s, %v; want it queued", all[id].State, err)
	}
}

func TestStartsWhenItIsDueAndNoSooner(t *testing.T) { inBoth(t, startsWhenDue) }

func startsWhenDue(h *house) {
	h.worker(does("later", nothing))
	at := time.Now().Add(700 * time.Millisecond)

	accepted := h.enqueue(job.Request{Task: "later", At: at})

	if accepted.State != job.Scheduled {
		h.Errorf("state = %s, want scheduled", accepted.State)
	}
	got := h.reaches(accepted.ID, job.Succeeded)
	if late := got.Started.Sub(at.Truncate(time.Millisecond)); late < 0 || late > time.Second {
		h.Errorf("started at %s, due at %s", got.Started, at)
	}
	if diff := cmp.Diff([]string{"job.enqueued", "attempt.started", "attempt.ended"}, h.kinds(accepted.ID)); diff != "" {
		h.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestASoonerJobIsNotHeldUpByALaterOne(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(does("later", nothing))
	h.enqueue(job.Request{Task: "later", At: time.Now().Add(time.Hour)})
	began := time.Now()

	id := h.enqueue(job.Request{Task: "later", At: time.Now().Add(300 * time.Millisecond)}).ID

	h.reaches(id, job.Succeeded)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("took %s", took)
	}
}
