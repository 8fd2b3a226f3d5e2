package engine

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func benchEngine(b *testing.B, task tasks.Task) (*Engine, *redis.Client) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(b), ContextTimeoutEnabled: true})
	b.Cleanup(func() { rdb.Close() })
	e := New(rdb, slog.New(slog.DiscardHandler))
	if err := e.announce(b.Context(), declare(tasks.NewRegistry(task), WorkerOptions{Queue: "default"}), true); err != nil {
		b.Fatal(err)
	}
	return e, rdb
}

func BenchmarkEnqueue(b *testing.B) {
	e, _ := benchEngine(b, does("noop", nothing))
	for b.Loop() {
		if _, err := e.Enqueue(b.Context(), job.Request{Task: "noop"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRun runs jobs that do nothing, ten at a time.
func BenchmarkRun(b *testing.B) {
	done := make(chan struct{}, 100)
	task := does("noop", func(context.Context, *tasks.Job[params]) error { done <- struct{}{}; return nil })
	e, rdb := benchEngine(b, task)
	for range b.N {
		if _, err := e.Enqueue(b.Context(), job.Request{Task: "noop"}); err != nil {
			b.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(b.Context())
	var run sync.WaitGroup
	defer run.Wait()
	defer stop()
	b.ResetTimer()
	run.Go(func() { NewWorker(e, lock.New(rdb), tasks.NewRegistry(task), WorkerOptions{}).Run(ctx) })
	for range b.N {
		<-done
	}
	b.StopTimer()
}
