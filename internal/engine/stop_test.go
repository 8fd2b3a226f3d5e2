package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// deaf is a task that says when it has begun and goes on until it is let go,
// whatever its context says.
func deaf(name string) (task tasks.Spec[params], begun <-chan string, let chan struct{}) {
	started, release := make(chan string, 100), make(chan struct{})
	return does(name, func(ctx context.Context, j *tasks.Job[params]) error {
		started <- j.ID
		<-release
		return ctx.Err()
	}), started, release
}

func TestAnAbortReachesRunningJobsWithinASecond(t *testing.T) {
	h := realHouse(t)
	task, begun, _ := sits("task")
	h.start(NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "w", Concurrency: 50, Drain: time.Millisecond}))
	var ids []string
	for range 50 {
		ids = append(ids, h.enqueue(job.Request{Task: "task"}).ID)
	}
	for range ids {
		next(h, begun)
	}
	for _, id := range ids {
		if _, err := h.elsewhere().Abort(t.Context(), id, "ada"); err != nil {
			t.Fatal(err)
		}
	}
	told := time.Now()
	for _, id := range ids {
		got := h.reaches(id, job.Aborted)
		if got.Failures != 0 || got.Reason != "Aborted by ada." {
			t.Errorf("job = %+v", got)
		}
	}
	if after := time.Since(told); after > time.Second {
		t.Errorf("it took %s", after)
	}
	h.nothingLeft()
}

func TestAnAbortWhoseNudgeGotLostIsFoundByTheHeartbeat(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, begun, _ := sits("task")
	h.worker(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	next(h, begun)
	h.rdb.HSet(t.Context(), recordKey("default", id), "abort", "ada")
	if got := h.reaches(id, job.Aborted); got.Reason != "Aborted by ada." {
		t.Errorf("job = %+v", got)
	}
}

func TestCodeThatDoesNotStopIsShown(t *testing.T) {
	for name, limit := range map[string]time.Duration{"aborted": time.Hour, "too long": 100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := smallHouse(t)
			task, begun, let := deaf("task")
			task.Timeout = limit
			w := h.newWorker(task)
			w.stuckAfter = 100 * time.Millisecond
			h.start(w)
			id := h.enqueue(job.Request{Task: "task"}).ID
			next(h, begun)
			if limit == time.Hour {
				h.Abort(t.Context(), id, "ada")
			}
			h.until("the job is shown as stuck", func() bool { return h.job(id).Stuck })
			h.until("the worker says so", func() bool {
				all, _ := h.Workers(t.Context())
				return len(all) == 1 && len(all[0].Stuck) == 1 && all[0].Stuck[0] == id
			})
			if stuck := last[events.JobStuck](h, id); stuck.Worker != "w" {
				t.Errorf("event = %+v", stuck)
			}
			if w.desk.places() == w.desk.size {
				t.Error("its place was given to others")
			}
			close(let)
			h.until("it has ended its attempt", func() bool { return h.job(id).State != job.Running })
			if got := h.job(id); got.Stuck {
				t.Errorf("job = %+v", got)
			}
		})
	}
}

func TestBrokenLocksEndTheAttemptOnly(t *testing.T) {
	h := realHouse(t)
	task, begun, let := sits("task")
	task.Writes = func(params) []string { return []string{"x"} }
	h.worker(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	next(h, begun)
	other := h.enqueue(job.Request{Task: "task"}).ID
	h.reaches(other, job.Waiting)

	if _, err := h.Break(t.Context(), id, "ada", ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := h.Break(t.Context(), id, "ada", "it hangs"); err != nil {
		t.Fatal(err)
	}
	if broken := last[events.LocksBroken](h, id); broken.By != "ada" || broken.Reason != "it hangs" {
		t.Errorf("event = %+v", broken)
	}
	next(h, begun)
	close(let)
	for _, id := range []string{id, other} {
		if got := h.reaches(id, job.Succeeded); got.Failures != 0 || got.Crashes != 0 {
			t.Errorf("job = %+v", got)
		}
	}
	if _, err := h.Break(t.Context(), id, "ada", "again"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("of an ended job: %v", err)
	}
	h.nothingLeft()
}

func TestANudgeOfABrokenAttemptLeavesTheNextAlone(t *testing.T) {
	h := newClockHouse(t)
	w := h.puppet("w", does("task", nothing))
	h.enqueue(job.Request{Task: "task"})
	first := newHold(w.session(), h.one(w.claims(1, true)).record)
	w.holds.add(first)
	nudges := h.rdb.Subscribe(t.Context(), abortTopic)
	defer nudges.Close()
	if _, err := nudges.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.Break(t.Context(), first.ID, "ada", "it hangs")
	second := newHold(w.session(), h.one(w.claims(1, true)).record)
	w.holds.add(second)
	message, err := nudges.ReceiveMessage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.hear(message.Payload)
	if !errors.Is(context.Cause(first.work), errBroken) || second.work.Err() != nil {
		t.Errorf("first: %v, second: %v", context.Cause(first.work), second.work.Err())
	}
}

func TestJobsMayEndWhenTheWorkerIsToldToStop(t *testing.T) {
	h := realHouse(t)
	begun := make(chan string, 1)
	stop := h.start(NewWorker(h.Engine, tasks.NewRegistry(does("task", func(ctx context.Context, j *tasks.Job[params]) error {
		begun <- j.ID
		select {
		case <-j.WrapUp():
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})), WorkerOptions{Drain: 10 * time.Second}))
	id := h.enqueue(job.Request{Task: "task"}).ID
	next(h, begun)
	stopped := time.Now()
	stop()
	if got := h.job(id); got.State != job.Succeeded || got.Attempt != 1 || time.Since(stopped) > 5*time.Second {
		t.Errorf("job = %+v after %s", got, time.Since(stopped))
	}
	if all, _ := h.Workers(t.Context()); len(all) != 0 {
		t.Errorf("workers = %+v, want none", all)
	}
}

func TestJobsGoBackToTheHeadWhenTheWorkerHasStopped(t *testing.T) {
	h := realHouse(t)
	obedient, begun, _ := sits("obedient")
	stubborn, begunToo, let := deaf("stubborn")
	w := NewWorker(h.Engine, tasks.NewRegistry(obedient, stubborn), WorkerOptions{Concurrency: 2, Drain: 10 * time.Millisecond})
	w.returnTime = 100 * time.Millisecond
	stop := h.start(w)
	ids := []string{h.enqueue(job.Request{Task: "obedient"}).ID, h.enqueue(job.Request{Task: "stubborn"}).ID}
	next(h, begun)
	next(h, begunToo)
	behind := h.enqueue(job.Request{Task: "obedient"}).ID
	stop()
	for _, id := range ids {
		got := h.job(id)
		if got.State != job.Queued || got.Failures != 0 || got.Crashes != 0 {
			t.Errorf("job = %+v", got)
		}
		if end := last[events.AttemptEnded](h, id); end.Outcome != job.AttemptInterrupted {
			t.Errorf("outcome = %s", end.Outcome)
		}
	}
	p := h.puppet("next", obedient, stubborn)
	if got := p.claims(2, true); len(got) != 2 || got[0].ID == behind || got[1].ID == behind {
		t.Errorf("next are %+v", got)
	}
	close(let)
}

func TestTimeLimits(t *testing.T) {
	h := realHouse(t)
	warned := make(chan time.Duration, 1)
	task := does("task", func(ctx context.Context, j *tasks.Job[params]) error {
		began := time.Now()
		<-j.WrapUp()
		warned <- time.Since(began)
		<-ctx.Done()
		return ctx.Err()
	})
	task.Warn, task.Timeout, task.Attempts = 50*time.Millisecond, 150*time.Millisecond, 1
	h.worker(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	if after := next(h, warned); after < 40*time.Millisecond || after > 140*time.Millisecond {
		t.Errorf("warned after %s", after)
	}
	got := h.reaches(id, job.Failed)
	if got.Error != "ran longer than its limit of 150ms" {
		t.Errorf("error = %q", got.Error)
	}
	h.nothingLeft()
}
