package record_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/record"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// gates let jobs through: each waits at the one that its arguments name. They
// count how often a job came.
type gates struct {
	mu   sync.Mutex
	open map[string]chan struct{}
	came map[string]int // by job
}

type pass struct {
	Gate string `json:"gate"`
}

func (g *gates) of(name string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[name] == nil {
		g.open[name] = make(chan struct{})
	}
	return g.open[name]
}

func (g *gates) task() tasks.Task {
	return tasks.Spec[pass]{Name: "gate.pass", Summary: "Wait at a gate", Run: func(ctx context.Context, j *tasks.Job[pass]) error {
		g.mu.Lock()
		g.came[j.ID]++
		g.mu.Unlock()
		select {
		case <-g.of(j.Args.Gate):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// An installation is Redis, a ledger, a worker and a recorder that can be killed.
type installation struct {
	*testing.T
	engine *engine.Engine
	at     string // the ledger
	gates  *gates
	log    *slog.Logger
	ids    map[string][]string // of jobs, by gate
}

func install(t *testing.T, at string) *installation {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	return &installation{
		T: t, engine: engine.New(rdb, log), at: at, log: log, ids: map[string][]string{},
		gates: &gates{open: map[string]chan struct{}{}, came: map[string]int{}},
	}
}

// works runs a worker until the returned function is called.
func (i *installation) works() (stop func()) {
	w := engine.NewWorker(i.engine, tasks.NewRegistry(i.gates.task()), engine.WorkerOptions{Concurrency: 200, Drain: time.Millisecond})
	stop = i.runs(w.Run)
	eventually(i.T, "the task is announced", func() bool {
		known, err := i.engine.Tasks(i.Context())
		return err == nil && len(known) > 0
	})
	return stop
}

// records runs a recorder, as the scheduler that leads does.
func (i *installation) records() (stop func()) {
	l := i.open()
	stopped := i.runs((&record.Recorder{Stream: i.engine, Jobs: i.engine, Ledger: l, Log: i.log}).Run)
	return func() { stopped(); l.Close() }
}

func (i *installation) runs(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	i.Cleanup(stop)
	return stop
}

func (i *installation) open() *ledger.Ledger {
	i.Helper()
	l, err := ledger.Open(i.Context(), i.at)
	if err != nil {
		i.Fatal(err)
	}
	return l
}

// enqueue enqueues jobs that wait at a gate; keyed ones are remembered.
func (i *installation) enqueue(gate string, n int, keyed bool) {
	i.Helper()
	for range n {
		r := job.Request{Task: "gate.pass", Client: job.DefaultClient, Args: []byte(fmt.Sprintf(`{"gate":%q}`, gate))}
		if keyed {
			r.Key = uuid.NewString()
		}
		j, err := i.engine.Enqueue(i.Context(), r)
		if err != nil {
			i.Fatal(err)
		}
		i.ids[gate] = append(i.ids[gate], j.ID)
	}
}

// ends lets jobs through, and waits until the ledger or else Redis knows that.
func (i *installation) ends(gate string, recorded bool) {
	i.Helper()
	close(i.gates.of(gate))
	l := i.open()
	defer l.Close()
	eventually(i.T, "jobs "+gate+" have ended", func() bool {
		for _, id := range i.ids[gate] {
			j, err := i.engine.Job(i.Context(), id)
			if recorded {
				j, err = l.Job(i.Context(), id)
			}
			if err != nil || j.State != job.Succeeded {
				return false
			}
		}
		return true
	})
}

// trims drops the part of the event stream that is recorded, as recorders do
// after a minute.
func (i *installation) trims() {
	i.Helper()
	latest, err := i.engine.Latest(i.Context())
	if err != nil {
		i.Fatal(err)
	}
	var ms int64
	if _, err := fmt.Sscanf(latest, "%d-", &ms); err != nil {
		i.Fatal(err)
	}
	if err := i.engine.Trim(i.Context(), fmt.Sprintf("%d-9999", ms-1)); err != nil {
		i.Fatal(err)
	}
}

// settles settles the restored ledger, as jobctl restore does.
func (i *installation) settles() job.Settlement {
	i.Helper()
	l := i.open()
	defer l.Close()
	r := &record.Recorder{Stream: i.engine, Jobs: i.engine, Ledger: l, Log: i.log}
	got, err := r.Settle(i.Context())
	if err != nil || got == nil {
		i.Fatalf("settled %+v, %v", got, err)
	}
	if again, err := r.Settle(i.Context()); again != nil || err != nil {
		i.Errorf("a second time it settles %+v, %v", again, err)
	}
	return *got
}

// states counts what the ledger says of the jobs of a gate.
func (i *installation) states(gate string) map[job.State]int {
	l := i.open()
	defer l.Close()
	counts := map[job.State]int{}
	for _, id := range i.ids[gate] {
		j, err := l.Job(i.Context(), id)
		if err != nil {
			j.State = "unknown"
		}
		counts[j.State]++
	}
	return counts
}

// cameOnce fails the test if a job ran twice, or never.
func (i *installation) cameOnce() {
	i.Helper()
	i.gates.mu.Lock()
	defer i.gates.mu.Unlock()
	for gate, ids := range i.ids {
		for _, id := range ids {
			if n := i.gates.came[id]; n != 1 {
				i.Errorf("job %s at gate %s ran %d times", id, gate, n)
			}
		}
	}
}

// backsUp backs the ledger up while jobs come and end.
func (i *installation) backsUp() []byte {
	i.Helper()
	var out bytes.Buffer
	done := make(chan error, 1)
	go func() {
		_, err := ledger.Backup(context.Background(), i.at, "v1.2.3", time.Now(), &out)
		done <- err
	}()
	i.enqueue("during", 200, false)
	if err := <-done; err != nil {
		i.Fatal(err)
	}
	return out.Bytes()
}

func (i *installation) restores(file []byte, redrive job.Redrive) {
	i.Helper()
	if _, err := ledger.Restore(i.Context(), i.at, bytes.NewReader(file), ledger.Restoring{Replace: true, Redrive: redrive}); err != nil {
		i.Fatal(err)
	}
}

var databases = map[string]func(testing.TB) string{"sqlite": ledgertest.SQLite, "postgres": ledgertest.Postgres}

func TestARestoredLedgerIsSettledWithTheRedisThatWentOn(t *testing.T) {
	for name, at := range databases {
		t.Run(name, func(t *testing.T) {
			i := install(t, at(t))
			i.works()
			killed := i.records()
			i.enqueue("before", 20, false)
			i.ends("before", true)
			for gate, n := range map[string]int{"goes on": 10, "forgotten": 7, "last": 4} {
				i.enqueue(gate, n, false)
			}
			i.enqueue("remembered", 6, true)
			eventually(t, "all are recorded", func() bool {
				return i.states("goes on")[job.Running]+i.states("forgotten")[job.Running]+i.states("last")[job.Running]+i.states("remembered")[job.Running] == 27
			})
			file := i.backsUp()

			i.ends("during", true)
			i.ends("forgotten", true)
			i.ends("remembered", true)
			i.enqueue("past", 3, false)
			i.ends("past", true)
			i.enqueue("new", 5, false)
			eventually(t, "new jobs are recorded", func() bool { return i.states("new")[job.Running] == 5 })
			i.trims()
			killed()
			i.ends("last", false) // nobody records that

			i.restores(file, job.RedriveLost)
			inFile := 0
			for _, n := range i.states("during") {
				inFile += n
			}
			inFile -= i.states("during")["unknown"]
			got := i.settles()
			want := job.Settlement{SameRedis: true, Unfinished: 27 + inFile, Both: 10, Ended: 10, Unknown: 7 + inFile, Adopted: 5}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(job.Settlement{}, "Made")); diff != "" {
				t.Errorf("settled (-want +got):\n%s", diff)
			}
			i.records()
			i.ends("goes on", true)
			i.ends("new", true)
			for gate, want := range map[string]job.State{
				"before": job.Succeeded, "goes on": job.Succeeded, "last": job.Succeeded, "remembered": job.Succeeded, "new": job.Succeeded, "forgotten": job.Failed,
			} {
				if got := i.states(gate); !maps.Equal(got, map[job.State]int{want: len(i.ids[gate])}) {
					t.Errorf("jobs %s are %v, want them %s", gate, got, want)
				}
			}
			i.cameOnce()
		})
	}
}

func TestWhatAnotherRedisDoesNotKnowRunsAgainUnlessItMustNot(t *testing.T) {
	for redrive, want := range map[job.Redrive]job.Settlement{
		job.RedriveLost: {Unfinished: 8, Redriven: 8},
		job.RedriveNone: {Unfinished: 8, Refused: 8},
	} {
		t.Run(string(redrive), func(t *testing.T) {
			i := install(t, ledgertest.SQLite(t))
			stop := i.works()
			killed := i.records()
			i.enqueue("open", 8, false)
			eventually(t, "all are recorded", func() bool { return i.states("open")[job.Running] == 8 })
			file := i.backsUp()
			killed()
			stop()
			testservers.Redis(t) // empties it
			i.ids["during"] = nil
			i.restores(file, redrive)
			got := i.settles()
			got.Unfinished -= max(0, got.Redriven+got.Refused-8) // of those that came meanwhile
			got.Redriven, got.Refused = min(got.Redriven, 8), min(got.Refused, 8)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(job.Settlement{}, "Made")); diff != "" {
				t.Errorf("settled (-want +got):\n%s", diff)
			}
			i.works()
			i.records()
			if redrive == job.RedriveLost {
				i.ends("open", true)
			} else if got := i.states("open"); got[job.Failed] != 8 {
				t.Errorf("the jobs are %v", got)
			}
		})
	}
}

func TestWhatEndedUnseenRunsAgainIfAPersonSaysSo(t *testing.T) {
	i := install(t, ledgertest.SQLite(t))
	i.works()
	i.records()
	i.enqueue("open", 3, false)
	eventually(t, "all are recorded", func() bool { return i.states("open")[job.Running] == 3 })
	file := i.backsUp()
	i.ends("open", true)
	i.ends("during", true)
	i.trims()
	i.restores(file, job.RedriveAll)
	// The scheduler settles what jobctl did not.
	eventually(t, "they ran again", func() bool {
		i.gates.mu.Lock()
		defer i.gates.mu.Unlock()
		n := 0
		for _, id := range i.ids["open"] {
			n += i.gates.came[id]
		}
		return n == 6
	})
}
