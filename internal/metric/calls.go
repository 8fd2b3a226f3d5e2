package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Calls counts the calls to systems of one kind, such as sources. It is safe for
// concurrent use.
type Calls struct {
	made *prometheus.CounterVec
	took *prometheus.HistogramVec
}

// A CallOutcome says how a call ended.
type CallOutcome string

// The outcomes of calls.
const (
	CallOK      CallOutcome = "ok"
	CallRefused CallOutcome = "refused" // the system works, and does not take what it was sent
	CallFailed  CallOutcome = "failed"
	CallStopped CallOutcome = "stopped" // by us: the job was aborted, or its worker stops
)

// Sources adds the metrics of calls to sources and returns what counts them.
func (m *Metrics) Sources() *Calls {
	return m.calls(
		counters("beadle_source_calls_total", "Calls to sources of roster data and of activity.", "source", "operation", "outcome"),
		histograms("beadle_source_call_duration_seconds", "How long calls to sources took.", answers, "source", "operation"))
}

// Targets does the same for targets.
func (m *Metrics) Targets() *Calls {
	return m.calls(
		counters("beadle_target_calls_total", "Calls to targets, which are learning platforms.", "target", "function", "outcome"),
		histograms("beadle_target_call_duration_seconds", "How long calls to targets took.", answers, "target", "function"))
}

// Sinks does the same for sinks.
func (m *Metrics) Sinks() *Calls {
	return m.calls(
		counters("beadle_sink_calls_total", "Calls to sinks, where attendance is posted.", "sink", "function", "outcome"),
		histograms("beadle_sink_call_duration_seconds", "How long calls to sinks took.", answers, "sink", "function"))
}

func (m *Metrics) calls(made *prometheus.CounterVec, took *prometheus.HistogramVec) *Calls {
	m.registry.MustRegister(made, took)
	return &Calls{made, took}
}

// Called counts a call to the system of that name, which the settings give.
func (c *Calls) Called(name, operation string, outcome CallOutcome, took time.Duration) {
	c.made.WithLabelValues(name, operation, string(outcome)).Inc()
	c.took.WithLabelValues(name, operation).Observe(took.Seconds())
}
