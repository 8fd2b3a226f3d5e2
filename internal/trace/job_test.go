package trace_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/internal/trace"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestMain(m *testing.M) { testservers.Main(m) }

// A house is an engine on a real Redis, with a worker, whose spans are kept.
type house struct {
	*testing.T
	*engine.Engine
	spans *tracetest.InMemoryExporter
}

func newHouse(t *testing.T, ratio float64, all ...tasks.Task) *house {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	h := &house{t, engine.New(rdb, slog.New(slog.NewTextHandler(t.Output(), nil))), tracetest.NewInMemoryExporter()}
	h.Trace(trace.New(sdk.NewSimpleSpanProcessor(h.spans), trace.Settings{Service: "test", Ratio: ratio}))
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		w := engine.NewWorker(h.Engine, tasks.NewRegistry(all...), engine.WorkerOptions{Name: "w", Drain: time.Second})
		if err := w.Run(ctx); err != nil {
			t.Errorf("the worker ended with %v", err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
	h.until("the worker is there", func() bool { all, err := h.Tasks(t.Context()); return err == nil && len(all) > 0 })
	return h
}

func (h *house) until(what string, true func() bool) {
	h.Helper()
	for deadline := time.Now().Add(15 * time.Second); !true(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.Fatalf("never happened: %s", what)
		}
	}
}

func (h *house) enqueue(r job.Request) job.Job {
	h.Helper()
	j, err := h.Enqueue(h.Context(), r)
	if err != nil {
		h.Fatal(err)
	}
	return j
}

// trace waits until the attempts of a job with that outcome have ended, and
// returns the spans of its trace by name, the first one first.
func (h *house) trace(id string, outcome job.Outcome) map[string]tracetest.SpanStubs {
	h.Helper()
	var of tracetest.SpanStubs
	h.until("the trace is complete", func() bool {
		of = h.spans.GetSpans()
		return slices.ContainsFunc(of, func(s tracetest.SpanStub) bool {
			return told(s, "beadle.job") == id && told(s, "beadle.outcome") == string(outcome)
		})
	})
	at := slices.IndexFunc(of, func(s tracetest.SpanStub) bool { return told(s, "beadle.job") == id })
	named := map[string]tracetest.SpanStubs{}
	for _, s := range of {
		if s.SpanContext.TraceID() == of[at].SpanContext.TraceID() {
			named[s.Name] = append(named[s.Name], s)
		}
	}
	for _, some := range named {
		slices.SortFunc(some, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	}
	return named
}

// told is what a span says under a name.
func told(s tracetest.SpanStub, name string) string {
	for _, a := range s.Attributes {
		if string(a.Key) == name {
			return a.Value.String()
		}
	}
	return ""
}

type none struct{}

func does(name string, run func(context.Context, *tasks.Job[none]) error) tasks.Spec[none] {
	return tasks.Spec[none]{Name: name, Backoff: time.Millisecond, Run: run}
}

func TestAJobIsOneTraceFromItsAcceptanceToItsLastAttempt(t *testing.T) {
	begun, free := make(chan struct{}, 1), make(chan struct{})
	sits := does("sits", func(context.Context, *tasks.Job[none]) error { begun <- struct{}{}; <-free; return nil })
	twice := does("twice", func(_ context.Context, j *tasks.Job[none]) error {
		if j.Attempt == 1 {
			return errors.New("the account of Ada Lovelace is locked")
		}
		return nil
	})
	gradebook := func(none) []string { return []string{"gradebook"} }
	sits.Writes, twice.Writes = gradebook, gradebook
	h := newHouse(t, 1, sits, twice)
	h.enqueue(job.Request{Task: "sits"})
	<-begun
	id := h.enqueue(job.Request{
		Task: "twice", Owner: "ada", Description: "For Ada.", Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	}).ID
	h.until("it waits for the lock", func() bool { j, err := h.Job(t.Context(), id); return err == nil && j.State == job.Waiting })
	time.Sleep(20 * time.Millisecond)
	close(free)
	spans := h.trace(id, job.AttemptSucceeded)

	enqueue, attempts, waits := spans["enqueue twice"], spans["attempt twice"], spans["wait"]
	if len(enqueue) != 1 || len(attempts) != 2 || len(waits) < 1 || len(spans["parked"]) < 1 {
		t.Fatalf("the trace has %v", spans)
	}
	if got := enqueue[0]; got.SpanContext.TraceID().String() != "4bf92f3577b34da6a3ce929d0e0e4736" || got.Parent.SpanID().String() != "00f067aa0ba902b7" {
		t.Errorf("the acceptance is not below what the request came with: %v", got.Parent)
	}
	for _, s := range append(waits, attempts...) {
		if s.Parent.SpanID() != enqueue[0].SpanContext.SpanID() {
			t.Errorf("%s is not below the acceptance", s.Name)
		}
	}
	parked := spans["parked"][0]
	if parked.Parent.SpanID() != waits[0].SpanContext.SpanID() || told(parked, "beadle.waits_for") != string(job.WaitsForLock) {
		t.Errorf("parked is %+v", parked)
	}
	if took := parked.EndTime.Sub(parked.StartTime); took < 15*time.Millisecond {
		t.Errorf("it was parked for %s, want at least 15 ms", took)
	}
	if a, b := told(attempts[0], "beadle.outcome"), told(attempts[1], "beadle.outcome"); a != "failed" || b != "succeeded" {
		t.Errorf("the attempts %s and %s", a, b)
	}
	for name, some := range spans {
		for _, s := range some {
			if text := strings.ToLower(s.Name + s.Status.Description + told(s, "beadle.task")); strings.Contains(text, "ada") || len(s.Events) > 0 {
				t.Errorf("%s says %q: %v", name, text, s.Events)
			}
			for _, a := range s.Attributes {
				if !slices.Contains(known, string(a.Key)) {
					t.Errorf("%s says %s", name, a.Key)
				}
			}
		}
	}
}

// known is all that spans of jobs may say.
var known = []string{"beadle.job", "beadle.task", "beadle.client", "beadle.queue", "beadle.attempt", "beadle.outcome", "beadle.waits_for", "beadle.schedule"}

func TestAJobThatAnotherOneEnqueuedIsLinkedToIt(t *testing.T) {
	child := does("child", func(context.Context, *tasks.Job[none]) error { return nil })
	ids := make(chan string, 1)
	parent := does("parent", func(ctx context.Context, j *tasks.Job[none]) error {
		id, err := j.Enqueue(ctx, tasks.Request{Task: "child", Key: "a"})
		ids <- id
		return err
	})
	h := newHouse(t, 1, child, parent)
	id := h.enqueue(job.Request{Task: "parent"}).ID
	above, below := h.trace(id, job.AttemptSucceeded), h.trace(<-ids, job.AttemptSucceeded)
	accepted := below["enqueue child"][0]
	if accepted.Parent.IsValid() || len(accepted.Links) != 1 || accepted.Links[0].SpanContext.SpanID() != above["attempt parent"][0].SpanContext.SpanID() {
		t.Errorf("the child has the parent %v and the links %v", accepted.Parent, accepted.Links)
	}
	again := h.enqueue(job.Request{Task: "child", RetryOf: id, Follows: "00-" + accepted.SpanContext.TraceID().String() + "-" + accepted.SpanContext.SpanID().String() + "-01"})
	repeated := h.trace(again.ID, job.AttemptSucceeded)["enqueue child"][0]
	if len(repeated.Links) != 1 || repeated.Links[0].SpanContext.SpanID() != accepted.SpanContext.SpanID() {
		t.Errorf("what was repeated has the links %v", repeated.Links)
	}
}

func TestAJobThatIsNotTracedHasNoTraceparent(t *testing.T) {
	h := newHouse(t, 0, does("plain", func(context.Context, *tasks.Job[none]) error { return nil }))
	if j := h.enqueue(job.Request{Task: "plain"}); j.Trace != "" {
		t.Errorf("it has %q", j.Trace)
	}
	const refused = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
	j := h.enqueue(job.Request{Task: "plain", Trace: refused})
	if j.Trace != refused {
		t.Errorf("a trace that is not kept became %q", j.Trace)
	}
	h.until("it has succeeded", func() bool { j, err := h.Job(t.Context(), j.ID); return err != nil || j.State == job.Succeeded })
	if all := h.spans.GetSpans(); len(all) > 0 {
		t.Errorf("spans were made: %v", all)
	}
}

func BenchmarkEnqueue(b *testing.B) {
	for name, ratio := range map[string]float64{"off": -1, "none kept": 0, "all kept": 1} {
		b.Run(name, func(b *testing.B) {
			rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(b), ContextTimeoutEnabled: true})
			defer rdb.Close()
			e := engine.New(rdb, slog.New(slog.DiscardHandler))
			ctx, stop := context.WithCancel(b.Context())
			w := engine.NewWorker(e, tasks.NewRegistry(does("plain", func(context.Context, *tasks.Job[none]) error { return nil })), engine.WorkerOptions{Name: "w"})
			var running sync.WaitGroup
			running.Go(func() { _ = w.Run(ctx) })
			defer running.Wait()
			defer stop()
			for len(must(e.Tasks(ctx))(b)) == 0 {
				time.Sleep(time.Millisecond)
			}
			if ratio >= 0 {
				e.Trace(trace.New(sdk.NewBatchSpanProcessor(tracetest.NewNoopExporter()), trace.Settings{Ratio: ratio}))
			}
			all := make([]job.Request, 1000)
			for i := range all {
				all[i].Task = "plain"
			}
			b.ReportAllocs()
			for b.Loop() {
				_ = must(e.EnqueueBatch(ctx, all))(b)
			}
		})
	}
}

func must[T any](x T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}
