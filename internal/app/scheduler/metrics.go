package scheduler

import (
	"context"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/metric"
)

// metrics are those of a scheduler, by who counts.
type metrics struct {
	*metric.Metrics
	jobs  *metric.Jobs
	slots *metric.Slots
	http  *metric.HTTP
	leads func(leads bool)
}

func newMetrics(c config.Metrics) metrics {
	m := metric.New(app.Version(), metric.Bounds(c))
	return metrics{Metrics: m, jobs: m.Jobs(), slots: m.Slots(), http: m.HTTP(), leads: m.Leader()}
}

// answered returns what counts the requests that were answered, by the route
// that served them.
func (m metrics) answered(route func(*http.Request) string) func(*http.Request, int, bool, time.Duration) {
	return func(r *http.Request, status int, stream bool, took time.Duration) {
		m.http.Answered(metric.Request{Route: route(r), Method: r.Method, Status: status, Stream: stream, Took: took})
	}
}

// redisHealth is what metrics ask of Redis.
type redisHealth struct {
	redis redis.UniversalClient
	*engine.Engine
}

// Ping implements metric.Redis.
func (h redisHealth) Ping(ctx context.Context) error { return h.redis.Ping(ctx).Err() }
