package engine

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A meter takes the CPU time of this process and of Redis, which says more
// than time where other programs run too.
type meter struct {
	b       *testing.B
	rdb     *redis.Client
	us, its time.Duration
}

func newMeter(b *testing.B, rdb *redis.Client) *meter {
	m := &meter{b: b, rdb: rdb}
	m.us, m.its = m.read()
	b.ResetTimer()
	return m
}

func (m *meter) read() (us, its time.Duration) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		m.b.Fatal(err)
	}
	info, err := m.rdb.InfoMap(m.b.Context(), "cpu").Result()
	if err != nil {
		m.b.Fatal(err)
	}
	for _, name := range []string{"used_cpu_sys", "used_cpu_user"} {
		s, err := strconv.ParseFloat(strings.TrimSpace(info["CPU"][name]), 64)
		if err != nil {
			m.b.Fatal(err)
		}
		its += time.Duration(s * float64(time.Second))
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), its
}

// report says what each of n jobs took.
func (m *meter) report(n int) {
	m.b.StopTimer()
	us, its := m.read()
	each := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) / float64(n) }
	m.b.ReportMetric(each(us-m.us), "go-µs/job")
	m.b.ReportMetric(each(its-m.its), "redis-µs/job")
	m.b.ReportMetric(float64(n)/m.b.Elapsed().Seconds(), "jobs/s")
}

func benchmarked(b *testing.B, task tasks.Task) (*Engine, *redis.Client) {
	b.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(b), ContextTimeoutEnabled: true})
	b.Cleanup(func() { rdb.Close() })
	e := New(rdb, slog.New(slog.DiscardHandler))
	if err := e.announce(b.Context(), declare(tasks.NewRegistry(task), WorkerOptions{Queue: "default"}), true); err != nil {
		b.Fatal(err)
	}
	return e, rdb
}

// kindsOfTasks are a task without anything and one that is unique.
func kindsOfTasks() map[string]tasks.Task {
	unique := does("any", nothing)
	unique.Unique = &tasks.Unique{Args: []string{"name"}}
	return map[string]tasks.Task{"plain": does("any", nothing), "unique": unique}
}

func numbered(n int) job.Request {
	return job.Request{Task: "any", Args: fmt.Appendf(nil, `{"name":"number %9d"}`, n)}
}

func BenchmarkEnqueue(b *testing.B) {
	for name, task := range kindsOfTasks() {
		b.Run(name, func(b *testing.B) {
			e, rdb := benchmarked(b, task)
			m, n := newMeter(b, rdb), 0
			for ; b.Loop(); n++ {
				if _, err := e.Enqueue(b.Context(), numbered(n)); err != nil {
					b.Fatal(err)
				}
			}
			m.report(n)
		})
	}
	b.Run("asynq", func(b *testing.B) {
		_, rdb := benchmarked(b, does("any", nothing))
		client := asynq.NewClientFromRedisClient(rdb)
		m, n := newMeter(b, rdb), 0
		for ; b.Loop(); n++ {
			if _, err := client.EnqueueContext(b.Context(), asynq.NewTask("any", numbered(n).Args)); err != nil {
				b.Fatal(err)
			}
		}
		m.report(n)
	})
}

func BenchmarkEnqueueBatch(b *testing.B) {
	const size = 1000
	for name, task := range kindsOfTasks() {
		b.Run(name, func(b *testing.B) {
			e, rdb := benchmarked(b, task)
			m, n := newMeter(b, rdb), 0
			for b.Loop() {
				batch := make([]job.Request, size)
				for i := range batch {
					batch[i] = numbered(n)
					n++
				}
				all, err := e.EnqueueBatch(b.Context(), batch)
				if err != nil || all[size-1].Err != nil {
					b.Fatal(err, all[size-1].Err)
				}
			}
			m.report(n)
		})
	}
	for _, goroutines := range []int{8, 64} {
		b.Run(fmt.Sprintf("asynq, %d goroutines", goroutines), func(b *testing.B) { asynqAtOnce(b, goroutines, size) })
	}
}

// asynqAtOnce enqueues as many jobs with asynq's client, several at a time.
func asynqAtOnce(b *testing.B, goroutines, size int) {
	_, rdb := benchmarked(b, does("any", nothing))
	client := asynq.NewClientFromRedisClient(rdb)
	m := newMeter(b, rdb)
	var n atomic.Int64
	for b.Loop() {
		var all sync.WaitGroup
		end := n.Load() + int64(size)
		for range goroutines {
			all.Go(func() {
				for i := n.Add(1); i <= end; i = n.Add(1) {
					if _, err := client.EnqueueContext(b.Context(), asynq.NewTask("any", numbered(int(i)).Args)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		n.Store(end)
	}
	m.report(int(n.Load()))
}
