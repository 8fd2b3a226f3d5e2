package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestMain(m *testing.M) { testservers.Main(m) }

// A house is an engine with workers in it.
type house struct {
	*testing.T
	*Engine
	rdb *redis.Client
}

// realHouse stands on a real Redis, which tests use one after the other.
func realHouse(t *testing.T) *house {
	t.Helper()
	if ground == nil {
		return newHouse(t, testservers.Redis(t))
	}
	h := groupHouse(t, ground)
	if err := h.rdb.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return h
}

// smallHouse stands on an embedded Redis of its own.
func smallHouse(t *testing.T) *house {
	t.Helper()
	return newHouse(t, miniredis.RunT(t).Addr())
}

// inBoth runs a test on a real Redis and on an embedded one.
func inBoth(t *testing.T, test func(h *house)) {
	t.Run("real", func(t *testing.T) { test(realHouse(t)) })
	t.Run("embedded", func(t *testing.T) { test(smallHouse(t)) })
}

func newHouse(t *testing.T, addr string) *house {
	rdb := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	log := slog.New(slog.NewTextHandler(outputOf(t), &slog.HandlerOptions{Level: slog.LevelDebug}))
	return &house{t, New(rdb, log), rdb}
}

// An output is that of a test, as long as it runs: code that a worker left
// behind may have something to say later.
type output struct {
	mu sync.Mutex
	to io.Writer
}

func outputOf(t *testing.T) *output {
	o := &output{to: t.Output()}
	t.Cleanup(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.to = io.Discard
	})
	return o
}

func (o *output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.to.Write(line)
}

// worker starts a worker of these tasks and returns how to stop it. It has
// stopped when the test ends.
func (h *house) worker(all ...tasks.Task) (stop func()) {
	h.Helper()
	return h.start(h.newWorker(all...))
}

func (h *house) newWorker(all ...tasks.Task) *Worker {
	return NewWorker(h.Engine, tasks.NewRegistry(all...), WorkerOptions{Name: "w", Drain: 100 * time.Millisecond})
}

func (h *house) start(w *Worker) (stop func()) {
	h.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := w.Run(ctx); err != nil {
			h.Errorf("worker: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); run.Wait() })
	h.Cleanup(stop)
	h.until("the worker is ready", func() bool {
		workers, err := h.Workers(h.Context())
		return err == nil && slices.ContainsFunc(workers, func(j job.Worker) bool { s := w.session(); return s != nil && j.ID == s.id })
	})
	return stop
}

// sweeping runs the leader's sweeper until the test ends.
func (h *house) sweeping() {
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { NewSweeper(h.Engine).Run(ctx) })
	h.Cleanup(func() { cancel(); run.Wait() })
}

// declare enters tasks into the catalogue without a worker that runs them.
func (h *house) declare(all ...tasks.Task) {
	h.Helper()
	if err := h.announce(h.Context(), declare(tasks.NewRegistry(all...), WorkerOptions{Queue: "default"}), true); err != nil {
		h.Fatal(err)
	}
}

func (h *house) enqueue(r job.Request) job.Job {
	h.Helper()
	j, err := h.Enqueue(h.Context(), r)
	if err != nil {
		h.Fatalf("enqueue %s: %v", r.Task, err)
	}
	return j
}

func (h *house) job(id string) job.Job {
	h.Helper()
	j, err := h.Job(h.Context(), id)
	if err != nil {
		h.Fatalf("job %s: %v", id, err)
	}
	return j
}

// reaches waits until the job stands in that state.
func (h *house) reaches(id string, state job.State) job.Job {
	h.Helper()
	var j job.Job
	h.until("job is "+string(state), func() bool {
		j = h.job(id)
		return j.State == state
	})
	return j
}

// until waits for something to become true.
func (h *house) until(what string, true func() bool) {
	h.Helper()
	for deadline := time.Now().Add(15 * time.Second); !true(); {
		if time.Now().After(deadline) {
			h.Fatalf("never happened: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// next returns the next of what a task sends, such as the id of a job that has
// begun.
func next[T any](h *house, from <-chan T) T {
	h.Helper()
	select {
	case x := <-from:
		return x
	case <-time.After(15 * time.Second):
		h.Fatal("nothing came")
		panic("not reached")
	}
}

// history returns the events of a job so far.
func (h *house) history(id string) []events.Event {
	h.Helper()
	entries, err := h.Events(h.Context(), "", 100_000, 0)
	if err != nil {
		h.Fatal(err)
	}
	var all []events.Event
	for _, e := range entries {
		if e.Event != nil && e.Event.JobID() == id {
			all = append(all, e.Event)
		}
	}
	return all
}

// kinds returns the kinds of a job's events.
func (h *house) kinds(id string) []string {
	h.Helper()
	var kinds []string
	for _, e := range h.history(id) {
		kinds = append(kinds, e.Kind())
	}
	return kinds
}

// last returns the job's last event of type E.
func last[E events.Event](h *house, id string) E {
	h.Helper()
	for _, e := range slices.Backward(h.history(id)) {
		if e, ok := e.(E); ok {
			return e
		}
	}
	h.Fatalf("job %s has no such event: %v", id, h.kinds(id))
	panic("not reached")
}

// params are arguments that fit all tasks of these tests.
type params struct {
	Name string `json:"name,omitempty"`
}

// does is a task that runs a function.
func does(name string, run func(context.Context, *tasks.Job[params]) error) tasks.Spec[params] {
	return tasks.Spec[params]{Name: name, Summary: "Does something.", Backoff: time.Millisecond, Run: run}
}

func nothing(context.Context, *tasks.Job[params]) error { return nil }

// sits is a task that says when it has begun and goes on until it is let go
// or its context ends.
func sits(name string) (task tasks.Spec[params], begun <-chan string, let chan<- struct{}) {
	started, release := make(chan string, 1000), make(chan struct{})
	return does(name, func(ctx context.Context, j *tasks.Job[params]) error {
		started <- j.ID
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-release:
			return nil
		}
	}), started, release
}

var errOnFire = errors.New("the printer is on fire")

func raw(s string) json.RawMessage { return json.RawMessage(s) }
