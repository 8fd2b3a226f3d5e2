package engine

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/logs"
	"github.com/beadle-jobs/beadle/internal/profile"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// spun keeps the compiler from leaving out what has no effect.
var spun [2]uint64

//go:noinline
func spinForOne(n uint64) uint64 {
	for i := range uint64(1000) {
		n = n*6364136223846793005 + i
	}
	return n
}

//go:noinline
func spinForOther(n uint64) uint64 {
	for i := range uint64(1000) {
		n = n*6364136223846793005 + i
	}
	return n
}

// spins is a task that keeps a CPU busy until it is told to stop, in a goroutine
// of its own.
func spins(name string, at int, spin func(uint64) uint64) tasks.Spec[params] {
	return does(name, func(ctx context.Context, _ *tasks.Job[params]) error {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				spun[at] = spin(spun[at])
			}
		}()
		<-done
		return ctx.Err()
	})
}

// profiling starts a worker that takes profiles, and jobs of those tasks.
func (h *house) profiling(all ...tasks.Task) {
	h.Helper()
	h.start(NewWorker(h.Engine, tasks.NewRegistry(all...), WorkerOptions{Name: "w", Drain: 100 * time.Millisecond, Profiler: profile.Take}))
	for _, task := range all {
		id := h.enqueue(job.Request{Task: task.Info().Name}).ID
		h.reaches(id, job.Running)
	}
}

func TestAProfileShowsTheTaskThatWasAskedForAndNoOther(t *testing.T) {
	h := realHouse(t)
	h.profiling(spins("one", 0, spinForOne), spins("other", 1, spinForOther))
	var raw [][]byte
	h.until("the worker says what it runs", func() (ok bool) {
		var err error
		raw, err = h.Profile(h.Context(), "one", "", time.Second)
		return err == nil
	})
	if len(raw) != 1 {
		t.Fatalf("%d workers answered", len(raw))
	}
	p, err := pprof.ParseData(raw[0])
	if err != nil {
		t.Fatal(err)
	}
	var names strings.Builder
	for _, f := range p.Function {
		names.WriteString(f.Name + "\n")
	}
	if all := names.String(); !strings.Contains(all, "spinForOne") || strings.Contains(all, "spinForOther") {
		t.Errorf("the profile has\n%s", all)
	}
	for _, s := range p.Sample {
		if s.Label["task"][0] != "one" || s.Label["client"][0] != "default" {
			t.Errorf("a sample is of %v", s.Label)
		}
	}
	if busy, err := profile.Busy(raw[0]); err != nil || busy == 0 {
		t.Errorf("the CPUs spent %s: %v", busy, err)
	}
}

func TestWhoCannotTakeAProfileSaysWhy(t *testing.T) {
	h := smallHouse(t)
	busy := func(context.Context, string, time.Duration) ([]byte, error) {
		return nil, fault.New(fault.Conflict, "One is being taken.")
	}
	h.start(NewWorker(h.Engine, tasks.NewRegistry(does("one", nothing)), WorkerOptions{Name: "w", Profiler: busy}))
	for _, tt := range []struct {
		task, worker string
		kind         fault.Kind
		want         string
	}{
		{"one", "w", fault.Conflict, "Worker w: One is being taken."},
		{"one", "", fault.Conflict, "No worker runs a job of one now"},
		{"one", "nobody", fault.NotFound, "There is no worker nobody"},
	} {
		if _, err := h.Profile(h.Context(), tt.task, tt.worker, time.Second); fault.KindOf(err) != tt.kind || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("a profile of %s on %q: %v", tt.task, tt.worker, err)
		}
	}
}

func TestEachLineAboutAJobSaysWhich(t *testing.T) {
	var out bytes.Buffer
	h := smallHouse(t)
	log := logs.New(&out, slog.LevelDebug)
	h.Engine = New(h.rdb, log)
	connector := log.With("source", "sis") // made before there was a job
	stop := h.worker(does("talks", func(ctx context.Context, j *tasks.Job[params]) error {
		j.Log.InfoContext(ctx, "said by the task")
		connector.InfoContext(ctx, "said by a connector")
		return nil
	}))
	id := h.enqueue(job.Request{Task: "talks", Client: "north", Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}).ID
	h.until("it has ended", func() bool { j, err := h.Job(h.Context(), id); return err != nil || j.State.Final() })
	stop()
	about := `"job":"` + id + `","task":"talks","client":"north","attempt":1,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"`
	for _, message := range []string{"said by the task", "said by a connector", "attempt ended"} {
		line := ""
		for l := range strings.Lines(out.String()) {
			if strings.Contains(l, `"msg":"`+message+`"`) {
				line = l
			}
		}
		if strings.Count(line, about) != 1 || strings.Count(line, `"job":`) != 1 {
			t.Errorf("%q is logged as %q, want %s in it, once", message, line, about)
		}
	}
	logged, err := h.Events(h.Context(), "", 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range logged {
		if l, ok := e.Event.(interface{ Kind() string }); ok && l.Kind() == "job.logged" && strings.Contains(encode(e.Event), "trace_id") {
			t.Errorf("the job's own log says whose it is: %s", encode(e.Event))
		}
	}
}
