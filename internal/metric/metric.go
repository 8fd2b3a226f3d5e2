// Package metric is what Beadle tells Prometheus.
//
// Units are seconds, bytes and counts, names begin with beadle_, and labels are
// bounded: tasks, clients, queues, schedules, states and outcomes, never ids or
// people. What there may be many of is bounded by [Bounds]: what is beyond is
// counted as "other", so that sums stay right; only of limits the first are
// shown and the others left out, which is counted too. A process makes one [Metrics]
// with a registry of its own; nothing is global.
//
// Counters of jobs count in the scheduler that leads, once the ledger has what
// they count. Gauges are read when Prometheus asks: what costs more than a
// round trip is kept for a while, and what cannot be read within two seconds is
// left out of that scrape.
//
// docs/metrics.md explains every metric; a test holds it and this package
// together.
package metric

import (
	"cmp"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Bounds are how many values labels may have in a process. Zero is the default.
type Bounds struct {
	Series    int // combinations of task, client and queue; default 2,000
	Schedules int // names of schedules; default 500
}

// Metrics are the counts and durations of one process. It is safe for
// concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	overflow *prometheus.CounterVec
	bounds   Bounds
}

// New returns metrics of a process of that version, in a registry of their own,
// with those of the Go runtime and of the process.
func New(version string, b Bounds) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		overflow: counters("beadle_label_overflow_total", "Things counted as other because a label had as many values as it may have.", "label"),
		bounds:   Bounds{cmp.Or(b.Series, 2000), cmp.Or(b.Schedules, 500)},
	}
	build := gauges("beadle_build_info", "1, with the version of this process.", "version", "goversion")
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.overflow, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves GET /metrics, with native histograms to whoever asks for them.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
