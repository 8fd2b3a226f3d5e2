package engine

import (
	"sync"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func (h *house) worked(id string) job.Worker {
	h.Helper()
	all, err := h.Workers(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	for _, w := range all {
		if w.ID == id {
			return w
		}
	}
	return job.Worker{}
}

func (h *house) orders(w *Worker, order job.Order) {
	h.Helper()
	if _, err := h.Order(h.Context(), w.sessionID(), order, "anna"); err != nil {
		h.Fatal(err)
	}
}

func TestAQuietWorkerFinishesWhatItHasAndTakesNoMore(t *testing.T) { inBoth(t, quietWorker) }

func quietWorker(h *house) {
	task, begun, let := sits("sits")
	w := NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "w", Concurrency: 5})
	h.start(w)
	running := h.enqueue(job.Request{Task: "sits"}).ID
	next(h, begun)
	asked := time.Now()
	h.orders(w, job.OrderQuiet)
	if got := h.worked(w.sessionID()); got.Order != job.OrderQuiet || got.OrderedBy != "anna" {
		h.Errorf("as listed at once: %+v", got)
	}
	h.until("the worker is quiet", func() bool { return w.told().order == job.OrderQuiet })
	if took := time.Since(asked); took > 2500*time.Millisecond {
		h.Errorf("it took %s to hear", took)
	}
	queued := h.enqueue(job.Request{Task: "sits"}).ID
	let <- struct{}{}
	h.reaches(running, job.Succeeded)
	h.until("the worker says that it is quiet", func() bool { return h.worked(w.sessionID()).Quiet })
	if got := h.state(queued); got != job.Queued {
		h.Errorf("the next job is %s", got)
	}
	h.orders(w, job.OrderWake)
	if got := next(h, begun); got != queued {
		h.Errorf("job %s has begun", got)
	}
	close(let)
	h.reaches(queued, job.Succeeded)
}

func TestADrainedWorkerEndsWhenItsJobsHave(t *testing.T) {
	h := realHouse(t)
	task, begun, let := sits("sits")
	w := NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "w", Drain: 10 * time.Second})
	h.declare(task)
	var run sync.WaitGroup
	run.Go(func() {
		if err := w.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
	running := h.enqueue(job.Request{Task: "sits"}).ID
	next(h, begun)
	h.orders(w, job.OrderDrain)
	if _, err := h.Order(t.Context(), w.sessionID(), job.OrderWake, "paul"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("woken while it drains: %v", err)
	}
	h.until("the worker stops", func() bool { return h.worked(w.sessionID()).Stopping || w.stopping.Err() != nil })
	queued := h.enqueue(job.Request{Task: "sits"}).ID
	close(let)
	run.Wait()
	if j := h.job(running); j.State != job.Succeeded || j.Failures+j.Crashes != 0 {
		t.Errorf("the job in hand is %s: %s", j.State, j.Reason)
	}
	if got := h.state(queued); got != job.Queued {
		t.Errorf("the next job is %s", got)
	}
	if _, err := h.Order(t.Context(), w.sessionID(), job.OrderQuiet, "paul"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("told when it was gone: %v", err)
	}
	if n := h.rdb.Exists(t.Context(), ordersKey).Val(); n != 0 {
		t.Error("orders to workers that are gone are kept")
	}
}

// A worker that lost its lease goes on under another id, and still as it was told.
func TestAnOrderOutlastsALostLease(t *testing.T) {
	h := smallHouse(t)
	p := h.puppet("p", does("any", nothing))
	h.orders(p.Worker, job.OrderQuiet)
	p.obey(p.beats())
	was := p.sessionID()
	p.opens()
	if got := h.worked(p.sessionID()); p.sessionID() == was || got.Order != job.OrderQuiet || got.OrderedBy != "anna" {
		t.Errorf("under its new id: %+v", got)
	}
}
