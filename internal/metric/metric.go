// Package metric is what Beadle tells Prometheus.
//
// Units are seconds and counts, names begin with beadle_, and labels are
// bounded: tasks, queues, states and outcomes, never ids or people. A process
// makes one [Metrics] with a registry of its own; nothing is global.
//
//	beadle_jobs{queue,state}                   jobs in flight now
//	beadle_jobs_ended_total{task,outcome}      jobs that reached a final state
//	beadle_attempts_total{task,outcome}        attempts that ended
//	beadle_attempt_duration_seconds{task}      how long attempts took
//	beadle_job_errors_total{task}              record errors of ended attempts
//	beadle_slots_total{outcome}                due times that were decided
//	beadle_slot_lag_seconds                    from a due time until its job was enqueued
//	beadle_recorder_lag_seconds                how far the ledger is behind
//	beadle_events                              length of the event stream
//	beadle_workers, beadle_worker_slots        live workers, and their places in all
//	beadle_leader                              1 in the scheduler that leads
package metric

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Metrics are the counts and durations of one process. It is safe for
// concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	ended    *prometheus.CounterVec
	attempts *prometheus.CounterVec
	duration *prometheus.HistogramVec
	errors   *prometheus.CounterVec
	slots    *prometheus.CounterVec
	lag      prometheus.Histogram
	leader   prometheus.Gauge
}

// durations are the bounds of what attempts take, from a mail to a night.
var durations = []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 900, 1800, 3600, 14400}

// New returns metrics in a registry of their own, with those of the Go
// runtime and of the process.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "beadle_jobs_ended_total", Help: "Jobs that reached a final state.",
		}, []string{"task", "outcome"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "beadle_attempts_total", Help: "Attempts that ended.",
		}, []string{"task", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "beadle_attempt_duration_seconds", Help: "How long attempts took.", Buckets: durations,
		}, []string{"task"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "beadle_job_errors_total", Help: "Record errors of attempts that ended.",
		}, []string{"task"}),
		slots: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "beadle_slots_total", Help: "Due times of schedules by what became of them.",
		}, []string{"outcome"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "beadle_slot_lag_seconds", Help: "From a due time until its job was enqueued.",
			Buckets: []float64{.005, .01, .05, .1, .5, 1, 2, 5, 10, 60, 600, 3600},
		}),
		leader: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "beadle_leader", Help: "1 in the scheduler that leads.",
		}),
	}
	m.registry.MustRegister(m.ended, m.attempts, m.duration, m.errors, m.slots, m.lag, m.leader,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves GET /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Recorded counts events once they are in the ledger.
func (m *Metrics) Recorded(entries []events.Entry) {
	for _, entry := range entries {
		switch e := entry.Event.(type) {
		case events.AttemptEnded:
			m.attemptEnded(e)
		case events.JobEnded:
			m.ended.WithLabelValues(e.Task, string(e.State)).Inc()
		}
	}
}

func (m *Metrics) attemptEnded(e events.AttemptEnded) {
	m.attempts.WithLabelValues(e.Task, string(e.Outcome)).Inc()
	m.duration.WithLabelValues(e.Task).Observe(e.At.Sub(e.Started).Seconds())
	if e.State.Final() {
		m.ended.WithLabelValues(e.Task, string(e.State)).Inc()
		m.errors.WithLabelValues(e.Task).Add(float64(e.Errors))
	}
}

// Slot counts one decided slot.
func (m *Metrics) Slot(s job.Slot) {
	m.slots.WithLabelValues(string(s.Outcome)).Inc()
	if s.Outcome.Ran() {
		m.lag.Observe(s.Lag.Seconds())
	}
}

// Lead says whether this process leads.
func (m *Metrics) Lead(leads bool) {
	if leads {
		m.leader.Set(1)
		return
	}
	m.leader.Set(0)
}

// Engine is what is asked at every scrape.
type Engine interface {
	Depths(ctx context.Context) (map[string]map[job.State]int64, error)
	Workers(ctx context.Context) ([]job.Worker, error)
	Backlog(ctx context.Context) (int64, error)
}

// Watch adds what is read from the engine and the recorder at each scrape.
// What cannot be read within two seconds is left out of that scrape.
func (m *Metrics) Watch(e Engine, recorderLag func() time.Duration) {
	m.registry.MustRegister(&live{e, recorderLag})
}

// live reads the engine when Prometheus asks.
type live struct {
	engine Engine
	lag    func() time.Duration
}

var (
	jobsDesc    = prometheus.NewDesc("beadle_jobs", "Jobs in flight now.", []string{"queue", "state"}, nil)
	workersDesc = prometheus.NewDesc("beadle_workers", "Live workers.", nil, nil)
	placesDesc  = prometheus.NewDesc("beadle_worker_slots", "Places of all live workers.", nil, nil)
	backlogDesc = prometheus.NewDesc("beadle_events", "Events in the stream: not recorded yet, or within the last minute.", nil, nil)
	lagDesc     = prometheus.NewDesc("beadle_recorder_lag_seconds", "How far the ledger is behind.", nil, nil)
)

// Describe implements prometheus.Collector.
func (l *live) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{jobsDesc, workersDesc, placesDesc, backlogDesc, lagDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (l *live) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(lagDesc, l.lag().Seconds())
	if n, err := l.engine.Backlog(ctx); err == nil {
		gauge(backlogDesc, float64(n))
	}
	if workers, err := l.engine.Workers(ctx); err == nil {
		gauge(workersDesc, float64(len(workers)))
		gauge(placesDesc, float64(places(workers)))
	}
	depths, err := l.engine.Depths(ctx)
	if err != nil {
		return
	}
	for queue, states := range depths {
		for state, n := range states {
			gauge(jobsDesc, float64(n), queue, string(state))
		}
	}
}

func places(workers []job.Worker) (n int) {
	for _, w := range workers {
		n += w.Concurrency
	}
	return n
}
