package worker

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestMain(m *testing.M) { testservers.Main(m) }

func TestServesTheMetricsOfItsTurns(t *testing.T) {
	c := config.Default()
	addr := testservers.Redis(t)
	c.Redis, c.Worker.Metrics = "redis://"+addr, freeAddress(t)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	nothing := tasks.Spec[struct{}]{Name: "nothing", Run: func(context.Context, *tasks.Job[struct{}]) error { return nil }}
	closed := false
	provide := func(context.Context, config.Config, Watch, *slog.Logger) (Tasks, error) {
		return Tasks{All: []tasks.Task{nothing}, Close: func() error { closed = true; return nil }}, nil
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "worker", c, log, provide) }()

	rdb := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	e := engine.New(rdb, log)
	until(t, "the job is accepted", func() bool {
		_, err := e.Enqueue(t.Context(), job.Request{Task: "nothing"})
		return err == nil
	})
	until(t, "a turn has moved it", func() bool {
		text := get("http://" + c.Worker.Metrics + "/metrics")
		return strings.Contains(text, "beadle_worker_turns_total") && !strings.Contains(text, "beadle_worker_turn_jobs_sum 0\n")
	})
	if text := get("http://" + c.Worker.Metrics + "/healthz"); text != "ok\n" {
		t.Errorf("/healthz says %q", text)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the worker ended with %v", err)
	}
	if !closed {
		t.Error("what the tasks hold open was not closed")
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// get returns what is served there, or nothing.
func get(url string) string {
	answer, err := http.Get(url)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return string(body)
}

func until(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !true(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}
