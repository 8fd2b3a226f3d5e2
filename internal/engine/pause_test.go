package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func (h *house) pauses(all ...job.Pause) {
	h.Helper()
	if err := h.SetPauses(h.Context(), all); err != nil {
		h.Fatal(err)
	}
}

func pauseOf(queue string) job.Pause {
	return job.Pause{Queue: queue, By: "anna", Note: "database upgrade", Since: time.Now().UTC().Truncate(time.Millisecond)}
}

func TestAPausedQueueStartsNothingUntilItIsResumed(t *testing.T) { inBoth(t, pausedQueue) }

func pausedQueue(h *house) {
	task, begun, let := sits("sits")
	var order roll
	quick := does("quick", func(_ context.Context, j *tasks.Job[params]) error { order.call(j.ID); return nil })
	one := func() *Worker {
		return NewWorker(h.Engine, tasks.NewRegistry(task, quick), WorkerOptions{Name: "w", Concurrency: 2, Drain: time.Second})
	}
	stop := h.start(one())
	running := h.enqueue(job.Request{Task: "sits"}).ID
	next(h, begun)

	h.pauses(pauseOf("default"))
	var queued []string
	for range 20 {
		queued = append(queued, h.enqueue(job.Request{Task: "quick"}).ID)
	}
	aborted := h.enqueue(job.Request{Task: "quick"}).ID
	if _, err := h.Abort(h.Context(), aborted, "paul"); err != nil {
		h.Fatal(err)
	}
	h.reaches(aborted, job.Aborted)
	close(let)
	h.reaches(running, job.Succeeded)
	stop()
	h.start(one()) // it looks for jobs before it is ready for more
	h.until("the worker has looked", func() bool { return h.rdb.Exists(h.Context(), wakeKey("default")).Val() == 0 })
	if calls := order.all(); len(calls) > 0 {
		h.Fatalf("%d jobs of a paused queue have run", len(calls))
	}
	j := h.job(queued[0])
	if want := "Waits because queue default is paused by anna since "; j.State != job.Queued || !strings.HasPrefix(j.Reason, want) || !strings.HasSuffix(j.Reason, "UTC: database upgrade.") {
		h.Errorf("the job is %s: %q, want %q", j.State, j.Reason, want)
	}

	h.pauses()
	h.until("all have run", func() bool { return len(order.all()) == len(queued) })
	for _, id := range queued {
		h.reaches(id, job.Succeeded)
	}
	if j := h.job(queued[0]); j.Waiting != nil || j.Attempt != 1 {
		h.Errorf("after the pause: attempt %d, waiting for %+v", j.Attempt, j.Waiting)
	}
}

func TestJobsKeepTheirOrderOverAPause(t *testing.T) {
	h := smallHouse(t)
	p := h.puppet("p", does("any", nothing))
	h.pauses(pauseOf(job.EveryQueue))
	var want, got []string
	for range 5 {
		want = append(want, h.enqueue(job.Request{Task: "any"}).ID)
	}
	if some := p.claims(5, true); len(some) > 0 {
		t.Fatalf("%d jobs were claimed", len(some))
	}
	h.pauses()
	for _, c := range p.claims(5, true) {
		got = append(got, c.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got)\n%s", diff)
	}
}

func TestAPauseEndsByItself(t *testing.T) {
	h := newClockHouse(t)
	p := h.puppet("p", does("any", nothing))
	pause, until := pauseOf("default"), h.now.Add(time.Minute)
	pause.Until = &until
	h.pauses(pause)
	h.enqueue(job.Request{Task: "any"})
	haul, err := p.readHaul(runScript(t.Context(), h.Engine, claimScript, p.claimArgs(p.order(batch{claim: 1, idle: true}))...), time.Now())
	if err != nil || len(haul.jobs) > 0 || haul.due.IsZero() {
		t.Fatalf("claimed %d, looks again at %v (%v)", len(haul.jobs), haul.due, err)
	}
	for range 16 {
		h.passes(4 * time.Second)
		p.beats()
	}
	h.one(p.claims(1, true))
}

// A job that was called out of a line keeps its place until it tries; one of a
// paused queue would keep others waiting for as long as the pause.
func TestNobodyWaitsBehindAJobOfAPausedQueue(t *testing.T) {
	h := smallHouse(t)
	writes := func(name, queue string) tasks.Spec[params] {
		task := does(name, nothing)
		task.Queue, task.Writes = queue, func(params) []string { return []string{"gradebook"} }
		return task
	}
	p := h.puppet("p", writes("first", "a"), writes("second", "b"), writes("third", "c"))
	h.enqueue(job.Request{Task: "first"})
	holder := h.one(p.claims(1, true))
	second := h.enqueue(job.Request{Task: "second"}).ID
	p.claims(1, false)
	third := h.enqueue(job.Request{Task: "third"}).ID
	p.claims(1, false)
	h.reaches(third, job.Waiting)

	h.pauses(pauseOf("b"))
	p.ends(holder, nil)
	c := h.one(p.claims(2, true))
	if c.ID != third || h.state(second) != job.Queued {
		t.Fatalf("%s runs, and the job of the paused queue is %s", c.Task, h.state(second))
	}
	h.pauses()
	if some := p.claims(1, false); len(some) > 0 {
		t.Fatal("two jobs write the gradebook at a time")
	}
	p.ends(c, nil)
	if c := h.one(p.claims(1, true)); c.ID != second {
		t.Errorf("%s runs", c.Task)
	}
}
