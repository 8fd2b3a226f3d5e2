package bench_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/bench"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

// workerAt tells this test binary to be a worker process of that Redis.
const workerAt = "BEADLE_BENCH_TEST_WORKER"

func TestMain(m *testing.M) {
	if url := os.Getenv(workerAt); url != "" {
		os.Exit(beWorker(url))
	}
	testservers.Main(m)
}

func beWorker(url string) int {
	log := slog.New(slog.DiscardHandler)
	rdb, err := connect(context.Background(), url, log)
	if err == nil {
		err = bench.WorkerProcess(context.Background(), rdb, log, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func spawn(url string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerAt+"="+url)
	return cmd
}

func connect(_ context.Context, url string, _ *slog.Logger) (*redis.Client, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	o.ContextTimeoutEnabled = true
	return redis.NewClient(o), nil
}

func options(url string) bench.Options {
	return bench.Options{Redis: url, Connect: connect, Log: slog.New(slog.DiscardHandler)}
}

// open returns a bed on a real Redis.
func open(t *testing.T) *bench.Bed {
	t.Helper()
	b, err := bench.Open(t.Context(), options("redis://"+testservers.Redis(t)+"/0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

// has checks that a report holds a positive figure for each of these sides.
func has(t *testing.T, r bench.Report, figure string, sides ...string) {
	t.Helper()
	i := slices.IndexFunc(r.Figures, func(f bench.Figure) bool { return f.Name == figure })
	if i < 0 {
		t.Errorf("there is no figure %q in %+v", figure, r.Figures)
		return
	}
	for _, side := range sides {
		if r.Figures[i].Values[side] <= 0 {
			t.Errorf("%s of %s is %v, want more than nothing", figure, side, r.Figures[i].Values[side])
		}
	}
}

func says(t *testing.T, r bench.Report, phrase string) {
	t.Helper()
	if !slices.ContainsFunc(r.Comparisons, func(c bench.Comparison) bool { return strings.Contains(c.Text, phrase) && c.Ratio > 0 }) {
		t.Errorf("no comparison says %q: %+v", phrase, r.Comparisons)
	}
}

const (
	ours       = "beadle"
	unrecorded = "beadle, no recorder"
	plain      = "asynq"
)

func TestDrainComparesWithAsynq(t *testing.T) {
	r, err := open(t).Drain(t.Context(), bench.Drain{Jobs: 200, Concurrency: 16, Rounds: 1, VsAsynq: true})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "drain", ours, unrecorded, plain)
	has(t, r, "cpu, together", ours, unrecorded, plain)
	says(t, r, "with events and recorder")
	says(t, r, "CPU per job of Beadle without the recorder")
}

func TestDrainOverALongWay(t *testing.T) {
	r, err := open(t).Drain(t.Context(), bench.Drain{Jobs: 50, Concurrency: 16, Rounds: 1, NoRecorder: true, VsAsynq: true, Latency: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "drain", unrecorded, plain)
	for _, f := range r.Figures {
		if f.Name == "drain" && f.Values[plain] > 1000 {
			t.Errorf("asynq drains %.0f jobs/s with 1 ms to each round trip, of which it needs one for each job", f.Values[plain])
		}
	}
}

func TestEnqueueComparesBulkAndSingleCalls(t *testing.T) {
	r, err := open(t).Enqueue(t.Context(), bench.Enqueue{Jobs: 200, Calls: 20, Rounds: 1, NoRecorder: true, VsAsynq: true})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "bulk", unrecorded, "asynq, 8 goroutines", "asynq, 64 goroutines")
	has(t, r, "single call", unrecorded, plain)
	says(t, r, "Beadle's bulk without the recorder")
}

func TestPickupComparesWithRedisAlone(t *testing.T) {
	r, err := open(t).Pickup(t.Context(), bench.Pickup{Samples: 10, Idle: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "enqueue to start p99", ours, "LPUSH to BLPOP")
	has(t, r, "commands of an idle worker", ours)
}

func TestLocksAreHandedOver(t *testing.T) {
	r, err := open(t).Locks(t.Context(), bench.Locks{Jobs: 100, Concurrency: 16, Rounds: 1, Handovers: 10, Queued: 200, Added: 20, NoRecorder: true})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "drain", "beadle, no locks", "beadle, 1 read + 1 write lock")
	has(t, r, "hand-over p99", ours)
	says(t, r, "With a second client around")
}

func TestRecoverKillsAWorkerAndUsesUpNoAttempt(t *testing.T) {
	r, err := open(t).Recover(t.Context(), bench.Recover{Rounds: 1, Spawn: spawn})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "kill to re-run max", ours)
	for _, f := range r.Figures {
		if f.Name == "attempts used up" && f.Values[ours] != 0 {
			t.Errorf("%.0f attempts used up by a crash, want none", f.Values[ours])
		}
	}
}

func TestAbortEndsRunningJobs(t *testing.T) {
	r, err := open(t).Abort(t.Context(), bench.Abort{Jobs: 20, NoRecorder: true})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "abort to end p99", ours)
}

func TestMemoryIsMeasuredBehindTheRecorder(t *testing.T) {
	r, err := open(t).Memory(t.Context(), bench.Memory{Jobs: 500, VsAsynq: true})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "memory of redis", ours, plain, "asynq, Unique(1h)")
}

func TestSoakTellsHowMemoryGrows(t *testing.T) {
	r, err := open(t).Soak(t.Context(), bench.Soak{For: 2 * time.Second, Rate: 50, Concurrency: 8})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "process, at the end", ours)
	has(t, r, "redis, at the end", ours)
}

func TestSchedulesThatAreDueAtOnceAllRunOnce(t *testing.T) {
	r, err := open(t).Timetable(t.Context(), bench.Timetable{Schedules: 300, Quiet: time.Second, Concurrency: 16})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "due to enqueued, of the first 1,000 p99", ours)
	has(t, r, "due to enqueued, all", ours)
	has(t, r, "cpu while nothing is due, process", ours)
	for _, f := range r.Figures {
		if (f.Name == "missed" || f.Name == "doubled") && f.Values[ours] != 0 {
			t.Errorf("%.0f %s, want none", f.Values[ours], f.Name)
		}
	}
}

func TestALedgerInUseIsNotMeasuredOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l, err := ledger.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.PutSchedules(t.Context(), []job.Schedule{{Name: "nightly", Task: "nightly", Created: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	o := bench.Timetable{Schedules: 1, Ledger: path, Concurrency: 1}
	if _, err := open(t).Timetable(t.Context(), o); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a ledger with schedules: %v, want a refusal", err)
	}
}

func TestARedisWithDataIsRefusedAndKept(t *testing.T) {
	addr := testservers.Redis(t)
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer rdb.Close()
	if err := rdb.Set(t.Context(), "grades", "A", 0).Err(); err != nil {
		t.Fatal(err)
	}
	_, err := bench.Open(t.Context(), options("redis://"+addr+"/0"))
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "1 keys") || !strings.Contains(err.Error(), "--flush") {
		t.Errorf("a Redis that holds data: %v; want a refusal that names --flush", err)
	}
	if got := rdb.Get(t.Context(), "grades").Val(); got != "A" {
		t.Errorf("the key of others is now %q, want it untouched", got)
	}
}

func TestARedisWithDataMayBeEmptiedWhenItIsSaid(t *testing.T) {
	addr := testservers.Redis(t)
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer rdb.Close()
	rdb.Set(t.Context(), "old", "x", 0)
	o := options("redis://" + addr + "/0")
	o.Flush = true
	b, err := bench.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	rdb.Set(t.Context(), "left by a benchmark", "x", 0)
	if err := b.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if n := rdb.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys are left, want none", n)
	}
}

func TestAServerOfItsOwnLeavesNothingBehind(t *testing.T) {
	testservers.Redis(t) // skips where Redis is not installed
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	b, err := bench.Open(t.Context(), options(""))
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Memory(t.Context(), bench.Memory{Jobs: 10})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.Machine.Redis, "AOF on") {
		t.Errorf("Redis %q, want one with AOF", r.Machine.Redis)
	}
	if err := b.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v are left (%v), want nothing", left, err)
	}
}

func TestWithoutRedisItSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", "")
	_, err := bench.Open(t.Context(), options(""))
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "--redis") {
		t.Errorf("no redis-server: %v; want a sentence that names --redis", err)
	}
}

func TestAnInterruptedBenchmarkEndsSoon(t *testing.T) {
	b := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := b.Soak(ctx, bench.Soak{For: time.Hour, Rate: 10, Concurrency: 2}); err == nil {
		t.Error("an interrupted benchmark reports success")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it ended after %s", took)
	}
}
