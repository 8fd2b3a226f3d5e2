package engine

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestAbortStopsARunningJobWithinASecond(t *testing.T) { inBoth(t, abortRunning) }

func abortRunning(h *house) {
	task, begun, _ := sits("long")
	h.worker(task)
	id := h.enqueue(job.Request{Task: "long"}).ID
	next(h, begun)
	h.hears()
	told := time.Now()

	got, err := h.Abort(h.Context(), id, "ada")

	if err != nil || !got.Aborting && got.State != job.Aborted {
		h.Errorf("job = %+v, error %v; want it aborting, or aborted by now", got, err)
	}
	got = h.reaches(id, job.Aborted)
	if took := time.Since(told); took > time.Second {
		h.Errorf("took %s", took)
	}
	if got.Reason != "Aborted by ada." || got.Aborting || got.Failures != 0 || got.Ended == nil {
		h.Errorf("job = %+v", got)
	}
	if end := last[events.AttemptEnded](h, id); end.Outcome != job.AttemptAborted || end.State != job.Aborted {
		h.Errorf("attempt ended = %+v, want aborted", end)
	}
	if _, err := h.Abort(h.Context(), id, "ada"); fault.KindOf(err) != fault.Conflict {
		h.Errorf("aborted again: error = %v, want a conflict", err)
	}
	h.nothingLeft()
}

// hears waits until a worker listens for nudges.
func (h *house) hears() {
	h.Helper()
	h.until("the worker listens", func() bool { return h.rdb.PubSubNumSub(h.Context(), abortTopic).Val()[abortTopic] > 0 })
}

// TestAbortEndsAJobThatNobodyHolds aborts jobs where they stand. One more job
// is behind each, which must stay.
func TestAbortEndsAJobThatNobodyHolds(t *testing.T) { inBoth(t, abortIdle) }

func abortIdle(h *house) {
	h.declare(does("idle", nothing))
	for _, r := range []job.Request{{Task: "idle"}, {Task: "idle", At: time.Now().Add(time.Hour)}} {
		id, behind := h.enqueue(r).ID, h.enqueue(r).ID

		got, err := h.Abort(h.Context(), id, "")

		if err != nil || got.State != job.Aborted || got.Reason != "Aborted by somebody." || got.Ended == nil {
			h.Errorf("job = %+v, error %v", got, err)
		}
		if diff := cmp.Diff([]string{"job.enqueued", "job.ended"}, h.kinds(id)); diff != "" {
			h.Errorf("events (-want +got):\n%s", diff)
		}
		if places := h.stands(id); len(places) != 0 {
			h.Errorf("it still stands in %v", places)
		}
		if places := h.stands(behind); len(places) != 1 {
			h.Errorf("the one behind it stands in %v", places)
		}
	}
}

// TestAnAbortedJobLeavesNoTrace aborts the last of a client's jobs, in its line
// and where asynq looks, and goes on with others.
func TestAnAbortedJobLeavesNoTrace(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	p := h.puppet("p", does("any", nothing))
	lone := h.enqueue(job.Request{Task: "any", Client: "lone"}).ID
	h.abort(lone)
	if n := h.rdb.Exists(t.Context(), prefix+"ring:default", prefix+"line:default:lone").Val(); n != 0 {
		t.Error("an empty line is left")
	}
	first := h.enqueue(job.Request{Task: "any"}).ID
	second := h.enqueue(job.Request{Task: "any"}).ID
	running := h.one(p.claims(1, true)) // the second has come to asynq's list by that
	if running.ID != first {
		t.Fatalf("job %s was started, want %s", running.ID, first)
	}
	if places := h.stands(second); len(places) != 1 || places[0] != "asynq:{b}:default}:pending" {
		t.Fatalf("the second stands in %v", places)
	}
	h.abort(second)
	third := h.enqueue(job.Request{Task: "any"}).ID
	if got := h.one(p.claims(10, false)); got.ID != third {
		t.Errorf("job %s was started, want %s", got.ID, third)
	}
}

func (h *house) abort(id string) {
	h.Helper()
	if got, err := h.Abort(h.Context(), id, "ada"); err != nil || got.State != job.Aborted {
		h.Errorf("aborted job = %+v, error %v", got, err)
	}
	if places := h.stands(id); len(places) != 0 {
		h.Errorf("it still stands in %v", places)
	}
}

func TestAbortEndsAJobThatIsToBeRetried(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task := does("flaky", func(context.Context, *tasks.Job[params]) error { return errOnFire })
	task.Backoff = time.Hour
	h.worker(task)
	id := h.enqueue(job.Request{Task: "flaky"}).ID
	h.reaches(id, job.Retrying)
	h.abort(id)
	if got := h.job(id); got.Error != errOnFire.Error() || got.Failures != 1 {
		t.Errorf("job = %+v, want its failure kept", got)
	}
	h.nothingLeft()
}

func TestAbortEndsAJobInTheHandsOfAWorkerThatHasNotStartedIt(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, _, _ := named()
	p := h.puppet("p", task)
	id := h.wanting("w:x")
	_, asked := p.takes(1, true)

	if got, err := h.Abort(t.Context(), id, "ada"); err != nil || got.State != job.Aborted {
		t.Errorf("job = %+v, error %v", got, err)
	}

	if started := p.starts(asked...); len(started) != 0 || h.state(id) != job.Aborted {
		t.Errorf("%d were started, job is %s", len(started), h.state(id))
	}
	h.nothingLeft()
}

func TestAJobThatWasToldToStopAndWorksOnSucceeds(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	begun, let := make(chan string, 1), make(chan struct{})
	h.worker(does("stubborn", func(_ context.Context, j *tasks.Job[params]) error {
		begun <- j.ID
		<-let
		return nil
	}))
	id := h.enqueue(job.Request{Task: "stubborn"}).ID
	next(h, begun)
	for range 2 { // twice is no conflict
		if got, err := h.Abort(t.Context(), id, "ada"); err != nil || !got.Aborting {
			t.Errorf("job = %+v, error %v", got, err)
		}
	}
	close(let)
	if got := h.reaches(id, job.Succeeded); got.Aborting || got.Reason != "" {
		t.Errorf("job = %+v", got)
	}
}

func TestManyMayAbortAtOnce(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("any", nothing))
	id := h.enqueue(job.Request{Task: "any"}).ID
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := h.Abort(t.Context(), id, "ada"); err != nil && fault.KindOf(err) != fault.Conflict {
				t.Errorf("error = %v", err)
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff([]string{"job.enqueued", "job.ended"}, h.kinds(id)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestHurryRunsALaterJobNow(t *testing.T) { inBoth(t, hurries) }

func hurries(h *house) {
	h.worker(does("later", nothing))
	id := h.enqueue(job.Request{Task: "later", At: time.Now().Add(time.Hour)}).ID

	got, err := h.Hurry(h.Context(), id)

	if err != nil || got.State == job.Scheduled {
		h.Errorf("job = %+v, error %v; want it queued", got, err)
	}
	h.reaches(id, job.Succeeded)
	if _, err := h.Hurry(h.Context(), id); fault.KindOf(err) != fault.Conflict {
		h.Errorf("hurried when ended: error = %v, want a conflict", err)
	}
	if diff := cmp.Diff([]string{"job.enqueued", "job.queued", "attempt.started", "attempt.ended"}, h.kinds(id)); diff != "" {
		h.Errorf("events (-want +got):\n%s", diff)
	}
	h.nothingLeft()
}

func TestHurryRetriesNow(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task := does("flaky", func(_ context.Context, j *tasks.Job[params]) error {
		if j.Attempt == 1 {
			return errOnFire
		}
		return nil
	})
	task.Backoff = time.Hour
	h.worker(task)
	id := h.enqueue(job.Request{Task: "flaky"}).ID
	if got := h.reaches(id, job.Retrying); time.Until(got.Due) < 40*time.Minute || got.Reason != "Failed once; may fail 4 more." {
		t.Errorf("job = %+v", got)
	}

	if _, err := h.Hurry(t.Context(), id); err != nil {
		t.Fatal(err)
	}

	if got := h.reaches(id, job.Succeeded); got.Failures != 1 || got.Attempt != 2 {
		t.Errorf("job = %+v", got)
	}
	h.nothingLeft()
}

func TestHurryOverlooksTheLineOfTheClient(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	p := h.puppet("p", does("any", nothing))
	h.enqueue(job.Request{Task: "any"})
	later := h.enqueue(job.Request{Task: "any", At: time.Now().Add(time.Hour)}).ID
	if got, err := h.Hurry(t.Context(), later); err != nil || got.State != job.Queued {
		t.Fatalf("job = %+v, error %v", got, err)
	}
	if got := h.one(p.claims(1, true)); got.ID != later {
		t.Errorf("job %s was started, want the hurried one", got.ID)
	}
	if _, err := h.Hurry(t.Context(), later); fault.KindOf(err) != fault.Conflict {
		t.Errorf("error = %v of a job that runs, want a conflict", err)
	}
}

func TestBreakIsForJobsThatRunAndNeedsAReason(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("idle", nothing))
	id := h.enqueue(job.Request{Task: "idle"}).ID
	if _, err := h.Break(t.Context(), id, "ada", "why not"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("error = %v, want a conflict", err)
	}
	if _, err := h.Break(t.Context(), id, "ada", ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("error = %v, want it invalid", err)
	}
}

func TestUnknownJobsAreNotFound(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	for _, id := range []string{"", "events", "0199f000-0000-7000-8000-000000000000"} {
		_, one := h.Job(t.Context(), id)
		_, abort := h.Abort(t.Context(), id, "ada")
		_, hurry := h.Hurry(t.Context(), id)
		_, broken := h.Break(t.Context(), id, "ada", "why not")
		for _, err := range []error{one, abort, hurry, broken} {
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
