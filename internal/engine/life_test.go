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

func TestLifeOfAJob(t *testing.T) {
	t.Run("real", func(t *testing.T) { lifeOfAJob(realHouse(t)) })
	t.Run("embedded", func(t *testing.T) { lifeOfAJob(smallHouse(t)) })
}

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
	if n, _ := h.rdb.ZCard(h.Context(), intentsKey).Result(); n != 0 {
		h.Errorf("%d intents are left", n)
	}
	h.until("asynq has forgotten the job", func() bool {
		_, err := h.inspector.GetTaskInfo(got.Queue, got.ID)
		return err != nil
	})
	depths, err := h.Depths(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	for state, n := range depths["default"] {
		if n != 0 {
			h.Errorf("%d jobs are still %s", n, state)
		}
	}
}

func TestRetriesUntilItWorks(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(does("flaky", func(_ context.Context, j *tasks.Job[params]) error {
		if j.Attempt < 3 {
			return errBroken
		}
		return nil
	}))

	id := h.enqueue(job.Request{Task: "flaky"}).ID

	got := h.reaches(id, job.Succeeded)
	if got.Attempt != 3 || got.Failures != 2 || got.Error != "" {
		t.Errorf("job = %+v, want three attempts, two failures", got)
	}
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

func TestStartsNoSoonerThanItIsDue(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(does("later", nothing))
	at := time.Now().Add(1300 * time.Millisecond)

	accepted := h.enqueue(job.Request{Task: "later", At: at})

	if accepted.State != job.Scheduled {
		t.Errorf("state = %s, want scheduled", accepted.State)
	}
	if got := h.reaches(accepted.ID, job.Succeeded); got.Started.Before(at.Truncate(time.Millisecond)) {
		t.Errorf("started at %s, due at %s", got.Started, at)
	}
}
