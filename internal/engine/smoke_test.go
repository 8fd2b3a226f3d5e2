package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

type none struct {
	Pad string `json:"pad,omitempty"`
}

func TestSmoke(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	defer rdb.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	const n = 50000
	var ran atomic.Int64
	done := make(chan struct{})
	reg := tasks.NewRegistry(tasks.Spec[none]{Name: "noop", Run: func(context.Context, *tasks.Job[none]) error {
		if ran.Add(1) == n {
			close(done)
		}
		return nil
	}})
	e := New(rdb, log)
	if err := e.announce(t.Context(), declare(reg, WorkerOptions{Queue: "default"}), true); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	var all []job.Request
	for range n {
		all = append(all, job.Request{Task: "noop", Args: json.RawMessage(`{"pad":"0123456789012345678"}`)})
	}
	acc, err := e.EnqueueBatch(t.Context(), all)
	if err != nil || acc[0].Err != nil {
		t.Fatal(err, acc[0].Err)
	}
	dump(rdb)
	fmt.Printf("bulk enqueue: %.0f/s\n", n/time.Since(start).Seconds())
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	start = time.Now()
	wg.Go(func() { NewWorker(e, reg, WorkerOptions{Concurrency: 64}).Run(ctx) })
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Error("ran", ran.Load())
	}
	fmt.Printf("drain: %.0f/s\n", float64(ran.Load())/time.Since(start).Seconds())
	stop()
	wg.Wait()
	d, _ := e.Depths(t.Context())
	fmt.Println(d)
	dump(rdb)
}

func TestSmokeAsynq(t *testing.T) {
	addr := testservers.Redis(t)
	c := asynq.NewClient(asynq.RedisClientOpt{Addr: addr})
	const n = 50000
	var wg sync.WaitGroup
	start := time.Now()
	for range 64 {
		wg.Go(func() {
			for range n / 64 {
				c.Enqueue(asynq.NewTask("noop", []byte(`{"pad":"0123456789012345678"}`)))
			}
		})
	}
	wg.Wait()
	dump(redis.NewClient(&redis.Options{Addr: addr}))
	fmt.Printf("asynq enqueue: %.0f/s\n", n/time.Since(start).Seconds())
	s := asynq.NewServer(asynq.RedisClientOpt{Addr: addr}, asynq.Config{Concurrency: 64, LogLevel: asynq.ErrorLevel})
	var ran atomic.Int64
	done := make(chan struct{})
	start = time.Now()
	s.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		if ran.Add(1) == n/64*64 {
			close(done)
		}
		return nil
	}))
	<-done
	fmt.Printf("asynq drain: %.0f/s\n", n/time.Since(start).Seconds())
	dump(redis.NewClient(&redis.Options{Addr: addr}))
	s.Shutdown()
}

func init() {
	dump = func(rdb *redis.Client) {
		s, _ := rdb.Info(context.Background(), "cpu").Result()
		for _, l := range strings.Split(s, "\n") {
			if strings.HasPrefix(l, "used_cpu_sys:") || strings.HasPrefix(l, "used_cpu_user:") {
				fmt.Print(" redis ", l)
			}
		}
		var u syscall.Rusage
		syscall.Getrusage(0, &u)
		fmt.Println(" self", time.Duration(u.Utime.Nano()+u.Stime.Nano()))
	}
}

var dump func(*redis.Client)
