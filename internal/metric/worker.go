package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Worker is the metrics of a worker process. It is safe for concurrent use.
type Worker struct {
	turns prometheus.Counter
	jobs  prometheus.Histogram
	took  prometheus.Histogram
}

// Worker adds the metrics of a worker with so many worker slots, in which that
// many jobs run, and returns what counts them.
func (m *Metrics) Worker(slots int, running func() int) *Worker {
	w := &Worker{
		turns: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "beadle_worker_turns_total", Help: "Round trips to Redis for work.",
		}),
		jobs: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "beadle_worker_turn_jobs", Help: "Jobs that a turn moved: claimed, started or finished.",
			Buckets: []float64{0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000},
		}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "beadle_worker_turn_seconds", Help: "How long a turn took.",
			Buckets: []float64{.0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .5, 1, 5},
		}),
	}
	most := gauges("beadle_worker_slots_max", "Worker slots of this worker.")
	most.WithLabelValues().Set(float64(slots))
	m.registry.MustRegister(w.turns, w.jobs, w.took, most, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "beadle_worker_jobs_running", Help: "Jobs in the hands of this worker.",
	}, func() float64 { return float64(running()) }))
	return w
}

// Turn counts one round trip to Redis: how many jobs it moved, and how long it
// took.
func (w *Worker) Turn(jobs int, took time.Duration) {
	w.turns.Inc()
	w.jobs.Observe(float64(jobs))
	w.took.Observe(took.Seconds())
}
