package engine

import (
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestADeskTakesAheadWhatIsOverAtOnce(t *testing.T) {
	d := newDesk(4)
	ends := func(n int, took time.Duration) {
		for range n {
			d.taken++
			d.ended(&ending{took: took})
		}
	}
	room := func(when string, want int) {
		t.Helper()
		if got := d.room(); got != want {
			t.Errorf("%s: room for %d jobs, want %d", when, got, want)
		}
	}
	room("at first", 4)
	ends(100, 0)
	room("after jobs that never ran", 4)
	ends(100, 1)
	room("after jobs that took no time", 4+maxAhead*4)
	ends(1, time.Second)
	room("after one that took a second", 4)
	ends(100, 9*time.Millisecond)
	room("after jobs of 9 ms", 4+2)
	d.slow()
	room("after no place became free", 4)
}

// takesAhead has a worker run so many jobs that are over at once that it takes
// more of them than it has places.
func (h *house) takesAhead(w *Worker, quick string) {
	h.Helper()
	for range 100 {
		h.enqueue(job.Request{Task: quick})
	}
	h.until("the worker takes jobs ahead", func() bool {
		w.desk.mu.Lock()
		defer w.desk.mu.Unlock()
		return w.desk.room() == (1+maxAhead)*w.desk.size
	})
}

func TestJobsTakenAheadAreGivenBackWhenNoPlaceBecomesFree(t *testing.T) { inBoth(t, givenBack) }

func givenBack(h *house) {
	long, begun, let := sits("long")
	all := tasks.NewRegistry(long, does("quick", nothing))
	first := NewWorker(h.Engine, all, WorkerOptions{Name: "first", Concurrency: 2, Drain: time.Millisecond})
	h.start(first)
	h.takesAhead(first, "quick")
	var requests []job.Request
	for range 8 {
		requests = append(requests, job.Request{Task: "long"})
	}
	accepted, err := h.EnqueueBatch(h.Context(), requests)
	if err != nil {
		h.Fatal(err)
	}
	next(h, begun)
	next(h, begun)

	h.start(NewWorker(h.Engine, all, WorkerOptions{Name: "second", Concurrency: 10, Drain: time.Millisecond}))

	for range 6 {
		next(h, begun)
	}
	h.until("the first takes nothing ahead any more", func() bool {
		first.desk.mu.Lock()
		defer first.desk.mu.Unlock()
		return first.desk.pace == slowPace
	})
	close(let)
	for _, a := range accepted {
		if got := h.reaches(a.Job.ID, job.Succeeded); got.Failures != 0 {
			h.Errorf("job = %+v, want no failure", got)
		}
	}
	h.nothingLeft()
}

func TestJobsTakenAheadAreGivenBackOnShutdown(t *testing.T) { inBoth(t, givenBackOnShutdown) }

func givenBackOnShutdown(h *house) {
	long, begun, let := sits("long")
	all := tasks.NewRegistry(long, does("quick", nothing))
	w := NewWorker(h.Engine, all, WorkerOptions{Name: "first", Concurrency: 2, Drain: 10 * time.Second})
	stop := h.start(w)
	h.takesAhead(w, "quick")
	var requests []job.Request
	for range 8 {
		requests = append(requests, job.Request{Task: "long"})
	}
	accepted, err := h.EnqueueBatch(h.Context(), requests)
	if err != nil {
		h.Fatal(err)
	}
	ran := map[string]bool{next(h, begun): true, next(h, begun): true}
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	h.until("the worker stops", func() bool { return w.stopping.Err() != nil })
	close(let)
	<-stopped
	for _, a := range accepted {
		want := job.Queued
		if ran[a.Job.ID] {
			want = job.Succeeded
		}
		if got := h.job(a.Job.ID); got.State != want || got.Failures != 0 {
			h.Errorf("job = %+v, want it %s", got, want)
		}
	}
}

func TestNothingIsLeftOfAnAttemptThatIsOver(t *testing.T) {
	s := newSession(time.Now())
	held := newHold(s, record{})
	held.back()
	if held.work.Err() == nil {
		t.Error("its context goes on, and the session keeps it")
	}
}
