package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// unique is a task whose jobs are the same if they have the same name.
func unique(policy tasks.Policy) (task tasks.Spec[params], begun <-chan string, let chan<- struct{}) {
	task, begun, let = sits("unique")
	task.Unique = &tasks.Unique{Args: []string{"name"}, Policy: policy}
	return task, begun, let
}

var ada = job.Request{Task: "unique", Args: raw(`{"name":"Ada"}`)}

func TestASkippedRequestGetsTheUnfinishedJob(t *testing.T) { inBoth(t, skips) }

func skips(h *house) {
	task, begun, let := unique(tasks.Skip)
	h.worker(task)
	first := h.enqueue(ada)
	next(h, begun)

	again := h.enqueue(ada)

	if again.ID != first.ID || again.State != job.Running {
		h.Errorf("job = %+v, want %s, which runs", again, first.ID)
	}
	for name, r := range map[string]job.Request{
		"other args":   {Task: "unique", Args: raw(`{"name":"Bob"}`)},
		"no args":      {Task: "unique"},
		"other client": {Task: "unique", Args: ada.Args, Client: "north"},
	} {
		if other := h.enqueue(r); other.ID == first.ID {
			h.Errorf("%s: taken for the same", name)
		}
	}
	close(let)
	h.reaches(first.ID, job.Succeeded)
	if fresh := h.enqueue(ada); fresh.ID == first.ID {
		h.Error("a job that has ended still stands for others")
	} else {
		h.reaches(fresh.ID, job.Succeeded)
	}
	if kinds := h.kinds(first.ID); len(kinds) != 3 {
		h.Errorf("events = %v", kinds)
	}
}

func TestARejectedRequestNamesTheUnfinishedJob(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, _, _ := unique(tasks.Reject)
	h.declare(task)
	first := h.enqueue(job.Request{Task: "unique", Args: ada.Args, At: time.Now().Add(time.Hour)})
	_, err := h.Enqueue(t.Context(), ada)
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Message(err), first.ID) {
		t.Errorf("error = %v, want a conflict that names %s", err, first.ID)
	}
	if _, err := h.Abort(t.Context(), first.ID, "ada"); err != nil {
		t.Fatal(err)
	}
	h.enqueue(ada)
}

func TestOneJobWaitsBehindItsTwin(t *testing.T) { inBoth(t, queuesOne) }

func queuesOne(h *house) {
	task, begun, let := unique(tasks.QueueOne)
	h.worker(task)
	first := h.enqueue(ada)
	next(h, begun)

	second := h.enqueue(ada)
	third := h.enqueue(ada)

	if second.State != job.Waiting || second.Reason != "Waits for job "+first.ID+", which does the same." || second.Waiting.Holder != first.ID {
		h.Errorf("job = %+v, want it to wait for %s", second, first.ID)
	}
	if third.ID != second.ID {
		h.Errorf("job %s was accepted beside %s", third.ID, second.ID)
	}
	if _, err := h.Hurry(h.Context(), second.ID); fault.KindOf(err) != fault.Conflict {
		h.Errorf("hurry: error = %v, want a conflict", err)
	}
	let <- struct{}{}
	h.reaches(first.ID, job.Succeeded)
	if id := next(h, begun); id != second.ID {
		h.Errorf("job %s began, want %s", id, second.ID)
	}
	fourth := h.enqueue(ada)
	if fourth.State != job.Waiting || fourth.Waiting.Holder != second.ID {
		h.Errorf("job = %+v, want it to wait for %s", fourth, second.ID)
	}
	close(let)
	h.reaches(fourth.ID, job.Succeeded)
	if diff := cmp.Diff([]string{"job.enqueued", "job.waiting", "job.queued", "attempt.started", "attempt.ended"}, h.kinds(second.ID)); diff != "" {
		h.Errorf("events (-want +got):\n%s", diff)
	}
	h.nothingLeft()
}

func TestANewerTwinReplacesTheOneThatWaits(t *testing.T) { inBoth(t, replaces) }

func replaces(h *house) {
	task, begun, let := unique(tasks.ReplaceWaiting)
	h.worker(task)
	first := h.enqueue(ada)
	next(h, begun)
	second := h.enqueue(ada)

	third := h.enqueue(ada)

	got := h.job(second.ID)
	if got.State != job.Aborted || got.Reason != "Replaced by job "+third.ID+", which does the same." {
		h.Errorf("job = %+v, want it replaced by %s", got, third.ID)
	}
	if third.State != job.Waiting || third.Waiting.Holder != first.ID {
		h.Errorf("job = %+v, want it to wait for %s", third, first.ID)
	}
	if diff := cmp.Diff([]string{"job.enqueued", "job.waiting", "job.ended"}, h.kinds(second.ID)); diff != "" {
		h.Errorf("events (-want +got):\n%s", diff)
	}
	close(let)
	h.reaches(third.ID, job.Succeeded)
	h.reaches(first.ID, job.Succeeded)
	h.nothingLeft()
}

func TestATwinGoesOnHoweverTheHolderEnds(t *testing.T) {
	for name, end := range map[string]func(h *house, holder string){
		"aborted while it runs": func(h *house, holder string) { h.Abort(h.Context(), holder, "ada") },
		"aborted while it waits": func(h *house, holder string) {
			h.Abort(h.Context(), holder, "ada")
		},
		"expired": func(h *house, _ string) {
			h.until("the holder has expired", func() bool {
				return h.expire(h.Context()) == nil && h.rdb.ZCard(h.Context(), prefix+"expiries").Val() == 0
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := smallHouse(t)
			task, begun, let := unique(tasks.QueueOne)
			defer close(let)
			r := ada
			if name != "aborted while it runs" {
				h.declare(task)
				r.At, r.Expires = time.Now().Add(time.Hour), time.Now().Add(50*time.Millisecond)
			} else {
				h.worker(task)
			}
			first := h.enqueue(r)
			if name == "aborted while it runs" {
				next(h, begun)
			}
			second := h.enqueue(ada)
			if second.State != job.Waiting {
				t.Errorf("job = %+v, want it waiting", second)
			}

			end(h, first.ID)

			h.until("the twin goes on", func() bool { s := h.job(second.ID).State; return s == job.Queued || s == job.Running })
		})
	}
}

func TestATwinThatIsAbortedMakesRoomForAnother(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, _, _ := unique(tasks.QueueOne)
	h.declare(task)
	first, second := h.enqueue(ada), h.enqueue(ada)
	if _, err := h.Abort(t.Context(), second.ID, "ada"); err != nil {
		t.Fatal(err)
	}
	third := h.enqueue(ada)
	if third.ID == second.ID || third.State != job.Waiting || third.Waiting.Holder != first.ID {
		t.Errorf("job = %+v, want it to wait for %s", third, first.ID)
	}
	if _, err := h.Abort(t.Context(), first.ID, "ada"); err != nil {
		t.Fatal(err)
	}
	h.reaches(third.ID, job.Queued)
}

func TestATwinForLaterStartsWhenItIsDueAndTheHolderHasEnded(t *testing.T) {
	t.Parallel()
	for _, endsBefore := range []bool{true, false} {
		h := smallHouse(t)
		task, begun, let := unique(tasks.QueueOne)
		h.worker(task)
		first := h.enqueue(ada)
		next(h, begun)
		later := ada
		later.At = time.Now().Add(600 * time.Millisecond)
		second := h.enqueue(later)
		if second.State != job.Scheduled || !second.Due.Equal(later.At.UTC().Truncate(time.Millisecond)) {
			t.Errorf("job = %+v, want it scheduled", second)
		}
		if !endsBefore {
			if got := h.reaches(second.ID, job.Waiting); got.Waiting.Holder != first.ID {
				t.Errorf("job = %+v, want it to wait for %s", got, first.ID)
			}
		}
		close(let)
		if got := h.reaches(second.ID, job.Succeeded); got.Started.Before(later.At.Truncate(time.Millisecond)) {
			t.Errorf("started at %s, due at %s", got.Started, later.At)
		}
		h.nothingLeft()
	}
}

func TestHurryLeavesATwinBehindTheHolder(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, begun, let := unique(tasks.QueueOne)
	h.worker(task)
	first := h.enqueue(ada)
	next(h, begun)
	later := ada
	later.At = time.Now().Add(time.Hour)
	second := h.enqueue(later)
	got, err := h.Hurry(t.Context(), second.ID)
	if err != nil || got.State != job.Waiting || got.Waiting.Holder != first.ID {
		t.Errorf("job = %+v, error %v; want it to wait for %s", got, err, first.ID)
	}
	close(let)
	h.reaches(second.ID, job.Succeeded)
}

func TestATwinForLaterIsReplacedToo(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, _, _ := unique(tasks.ReplaceWaiting)
	h.declare(task)
	h.enqueue(ada)
	later := ada
	later.At = time.Now().Add(time.Hour)
	second := h.enqueue(later)
	third := h.enqueue(ada)
	if got := h.job(second.ID); got.State != job.Aborted || third.State != job.Waiting {
		t.Errorf("replaced: %+v, by: %+v", got, third)
	}
	if n := h.rdb.ZCard(t.Context(), "asynq:{b}:default}:scheduled").Val(); n != 0 {
		t.Errorf("%d jobs are still scheduled", n)
	}
}

func TestAHolderThatSomebodyDeletedIsInNobodysWay(t *testing.T) {
	t.Parallel()
	for _, policy := range []tasks.Policy{tasks.Skip, tasks.Reject, tasks.QueueOne, tasks.ReplaceWaiting} {
		h := smallHouse(t)
		task, _, _ := unique(policy)
		h.declare(task)
		first := h.enqueue(ada)
		var second string
		if policy == tasks.QueueOne {
			second = h.enqueue(ada).ID
		}
		if err := h.rdb.Del(t.Context(), recordKey("default", first.ID)).Err(); err != nil {
			t.Fatal(err)
		}
		third := h.enqueue(ada)
		switch {
		case third.ID == first.ID:
			t.Errorf("%s: a job that is gone stands for another", policy)
		case second != "" && (h.job(second).State != job.Queued || third.Waiting == nil || third.Waiting.Holder != second):
			t.Errorf("%s: the one that waited is %+v, the new one %+v", policy, h.job(second), third)
		case second == "" && third.State != job.Queued:
			t.Errorf("%s: job = %+v, want it queued", policy, third)
		}
	}
}
