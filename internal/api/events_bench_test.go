package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/feed"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

// What is to cost no more than a tenth of a core.
const (
	benchViewers = 200
	benchEvents  = 200 // a second
	benchPhase   = 8 * time.Second
)

// BenchmarkViewers measures what viewers cost a server that reads a stream in a
// real Redis: its CPU time with them less that without, by turns. The viewers
// are a process of their own.
func BenchmarkViewers(b *testing.B) {
	if url := os.Getenv("BEADLE_BENCH_VIEWERS"); url != "" {
		followAll(url)
		return
	}
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(b), ContextTimeoutEnabled: true})
	b.Cleanup(func() { rdb.Close() })
	log := slog.New(slog.DiscardHandler)
	f := &feed.Feed{Stream: engine.New(rdb, log), Ledger: apitest.Ledger{Platform: apitest.New()}, PerPerson: benchViewers, Log: log}
	go f.Run(b.Context())
	routes := api.New(api.Config{Feed: f, Log: log})
	server := httptest.NewServer(apitest.As(auth.Local, routes))
	b.Cleanup(server.Close)
	go happen(b.Context(), rdb)
	for b.Loop() {
		var with, without time.Duration
		var frames, heap float64
		for range 2 {
			without += cpuDuring(benchPhase)
			hangUp := startViewers(b, server.URL)
			for f.Viewers() < benchViewers {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(time.Second)
			with += cpuDuring(benchPhase)
			heap = max(heap, heapMiB())
			frames = max(frames, hangUp())
			for f.Viewers() > 0 {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(11 * time.Second) // the feed reads on for a while
		}
		phases := float64(2 * benchPhase)
		b.ReportMetric(100*float64(with-without)/phases, "%core")
		b.ReportMetric(100*float64(without)/phases, "%core-without")
		b.ReportMetric(frames, "frames/s")
		b.ReportMetric(heap, "MiB-heap")
	}
}

// cpuDuring returns how much CPU time this process uses during d.
func cpuDuring(d time.Duration) time.Duration {
	before := cpu()
	time.Sleep(d)
	return cpu() - before
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heapMiB() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse) / (1 << 20)
}

// happen puts the lives of jobs into the stream: each is accepted, begins and
// ends.
func happen(ctx context.Context, rdb *redis.Client) {
	tick := time.NewTicker(3 * time.Second / benchEvents)
	defer tick.Stop()
	var open []string
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		id := uuid.Must(uuid.NewV7()).String()
		open = append(open, id)
		put(ctx, rdb, events.JobEnqueued{Job: job.Job{ID: id, Task: "roster.sync", Client: "default", Owner: "schedule nightly", Root: id, State: job.Queued}})
		put(ctx, rdb, events.AttemptStarted{ID: id, Attempt: 1, Worker: "worker-1@ada", At: time.Now()})
		if len(open) > 100 {
			put(ctx, rdb, events.AttemptEnded{ID: open[0], Task: "roster.sync", Attempt: 1, State: job.Succeeded, At: time.Now()})
			open = open[1:]
		}
	}
}

func put(ctx context.Context, rdb *redis.Client, e events.Event) {
	kind, body, _ := events.Marshal(e)
	rdb.XAdd(ctx, &redis.XAddArgs{Stream: "beadle:{b}:job:events", MaxLen: 5000, Approx: true, Values: []any{kind, body}})
}

// startViewers starts the viewers. What it returns ends them, and tells how many
// frames a second each of them got.
func startViewers(b *testing.B, url string) func() float64 {
	cmd := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkViewers$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), "BEADLE_BENCH_VIEWERS="+url)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return func() (rate float64) {
		stdin.Close()
		said, _ := io.ReadAll(stderr)
		_ = cmd.Wait()
		fmt.Sscan(string(said), &rate)
		return rate
	}
}

// followAll is the process of the viewers, until its standard input ends.
func followAll(url string) {
	ctx, stop := context.WithCancel(context.Background())
	var frames atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range benchViewers {
		all.Go(func() { followOne(ctx, url, &frames) })
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
	fmt.Fprintln(os.Stderr, float64(frames.Load())/benchViewers/time.Since(began).Seconds())
	all.Wait()
}

func followOne(ctx context.Context, url string, frames *atomic.Int64) {
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/v1/events", nil)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "event: jobs") {
			frames.Add(1)
		}
	}
}
