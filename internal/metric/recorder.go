package metric

import "github.com/prometheus/client_golang/prometheus"

// A Recording is what the recorder of this process has done since the process
// started. It records while the process leads.
type Recording struct {
	Behind   int64 // entries of the event stream that are not recorded
	Skipped  int64 // events that could not be recorded
	Restored int64 // jobs that were put back because Redis had lost them
}

// Leader adds whether this process leads, and returns what says so.
func (m *Metrics) Leader() func(leads bool) {
	leader := prometheus.NewGauge(prometheus.GaugeOpts{Name: "beadle_leader", Help: "1 in the scheduler that leads."})
	m.registry.MustRegister(leader)
	return func(leads bool) { leader.Set(one(leads)) }
}

// WatchRecorder adds what the recorder says at each scrape.
func (m *Metrics) WatchRecorder(now func() Recording) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "beadle_events_unrecorded", Help: "Entries of the stream that the leader has not recorded.",
		}, func() float64 { return float64(now().Behind) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "beadle_events_skipped_total", Help: "Events that could not be recorded.",
		}, func() float64 { return float64(now().Skipped) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "beadle_jobs_restored_total", Help: "Jobs that were put back because Redis had lost them.",
		}, func() float64 { return float64(now().Restored) }),
	)
}
