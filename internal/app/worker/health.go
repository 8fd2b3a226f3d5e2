package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/metric"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// readyTime bounds what is asked in order to know whether a worker is ready.
const readyTime = 2 * time.Second

// health is what a worker process says of itself to Prometheus and to health
// checks, from before Redis answers until its last job has ended.
type health struct {
	metrics *metric.Metrics
	redis   redis.UniversalClient
	needs   atomic.Pointer[Tasks]         // of what the tasks cannot do without; nil: not known yet
	worker  atomic.Pointer[engine.Worker] // nil: not yet
}

// running is how many jobs are in the worker's hands.
func (h *health) running() int {
	if w := h.worker.Load(); w != nil {
		return w.Status().Running
	}
	return 0
}

// serve answers until ctx is done.
func (h *health) serve(ctx context.Context, c config.Worker) error {
	l, err := app.ListenAnywhere(c.Metrics)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", h.metrics.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", h.readyz)
	if c.Pprof {
		mux.Handle("/debug/pprof/", app.Pprof())
	}
	return app.Serve(ctx, l, mux)
}

// readyz says whether the worker takes jobs, and if not, each reason.
func (h *health) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	answer := client.Readiness{Reasons: h.reasons(ctx)}
	answer.Ready = len(answer.Reasons) == 0
	w.Header().Set("Content-Type", "application/json")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // who asked may be gone
}

// reasons are why no job starts here; none if jobs do.
func (h *health) reasons(ctx context.Context) []string {
	reasons := []string{}
	if h.redis.Ping(ctx).Err() != nil {
		reasons = append(reasons, "Redis does not answer; no job can start.")
	}
	if t := h.needs.Load(); t != nil && t.Check != nil && t.Check(ctx) != nil {
		reasons = append(reasons, "The ledger does not answer; tasks that need it fail.")
	}
	status := engine.Status{}
	if w := h.worker.Load(); w != nil {
		status = w.Status()
	}
	switch {
	case status.Stopping:
		reasons = append(reasons, "The worker drains: it takes no more jobs, and ends when those in hand have ended.")
	case !status.Listed:
		reasons = append(reasons, "The worker is not listed in Redis, or its lease has run out.")
	case status.Quiet:
		reasons = append(reasons, "The worker was told to take no more jobs; jobctl worker wake ends that.")
	}
	return reasons
}
