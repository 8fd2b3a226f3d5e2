package worker

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// readiness asks a worker whether it is ready, and holds the status of its answer
// against what it says.
func readiness(t *testing.T, addr string) client.Readiness {
	t.Helper()
	answer, err := http.Get("http://" + addr + "/readyz")
	if err != nil {
		return client.Readiness{Reasons: []string{"nobody answers"}}
	}
	defer answer.Body.Close()
	var r client.Readiness
	if err := json.NewDecoder(answer.Body).Decode(&r); err != nil {
		t.Fatal(err)
	}
	if r.Ready != (answer.StatusCode == http.StatusOK) || r.Ready != (len(r.Reasons) == 0) {
		t.Errorf("the answer is %d, and says %+v", answer.StatusCode, r)
	}
	return r
}

// says reports whether a worker gives just these reasons, each by itself.
func says(r client.Readiness, parts ...string) bool {
	if len(r.Reasons) != len(parts) {
		return false
	}
	for i, part := range parts {
		if !strings.Contains(r.Reasons[i], part) {
			return false
		}
	}
	return true
}

func TestAWorkerWithoutRedisSaysSo(t *testing.T) {
	c := config.Default()
	c.Redis, c.Worker.Metrics = "redis://"+freeAddress(t), freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	provide := func(context.Context, config.Config, Watch, *slog.Logger) (Tasks, error) { return Tasks{}, nil }
	go func() { ended <- run(ctx, "worker", c, slog.New(slog.DiscardHandler), provide) }()
	until(t, "it says that Redis is away, and that it is not listed", func() bool {
		return says(readiness(t, c.Worker.Metrics), "Redis does not answer", "not listed")
	})
	if text := get("http://" + c.Worker.Metrics + "/healthz"); text != "ok\n" {
		t.Errorf("/healthz says %q: it lives", text)
	}
	if !strings.Contains(get("http://"+c.Worker.Metrics+"/metrics"), "beadle_build_info{") {
		t.Error("there are no metrics while Redis is away")
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

func TestAWorkerSaysWhyItTakesNoJobs(t *testing.T) {
	c := config.Default()
	addr := testservers.Redis(t)
	c.Redis, c.Worker.Metrics = "redis://"+addr, freeAddress(t)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	release := make(chan struct{})
	waits := tasks.Spec[struct{}]{Name: "waits", Run: func(context.Context, *tasks.Job[struct{}]) error { <-release; return nil }}
	var ledgerAway atomic.Bool
	provide := func(context.Context, config.Config, Watch, *slog.Logger) (Tasks, error) {
		return Tasks{All: []tasks.Task{waits}, Check: func(context.Context) error {
			if ledgerAway.Load() {
				return errors.New("away")
			}
			return nil
		}}, nil
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "worker", c, log, provide) }()
	ready := func(parts ...string) func() bool {
		return func() bool { return says(readiness(t, c.Worker.Metrics), parts...) }
	}
	until(t, "it is ready", ready())

	ledgerAway.Store(true)
	until(t, "it says that the ledger is away", ready("The ledger does not answer"))
	ledgerAway.Store(false)
	until(t, "it is ready again", ready())

	rdb := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	e := engine.New(rdb, log)
	all, err := e.Workers(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("there are %d workers, %v", len(all), err)
	}
	for _, order := range []struct {
		order job.Order
		parts []string
	}{{job.OrderQuiet, []string{"told to take no more jobs"}}, {job.OrderWake, nil}} {
		if _, err := e.Order(t.Context(), all[0].ID, order.order, "ada"); err != nil {
			t.Fatal(err)
		}
		until(t, "it has heard the order "+string(order.order), ready(order.parts...))
	}

	if _, err := e.Enqueue(t.Context(), job.Request{Task: "waits"}); err != nil {
		t.Fatal(err)
	}
	metrics := func() string { return get("http://" + c.Worker.Metrics + "/metrics") }
	until(t, "the job runs", func() bool { return strings.Contains(metrics(), "beadle_worker_jobs_running 1\n") })
	stop()
	until(t, "it drains", ready("The worker drains"))
	if !strings.Contains(metrics(), "beadle_worker_jobs_running 1\n") {
		t.Error("there are no metrics of a worker that drains")
	}
	close(release)
	if err := <-ended; err != nil {
		t.Errorf("the worker ended with %v", err)
	}
}
