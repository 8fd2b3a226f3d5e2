package metric

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Jobs counts what happens to jobs. It is safe for concurrent use.
type Jobs struct {
	series *seriesBound

	enqueued, ended           *prometheus.CounterVec
	attempts, retried, poison *prometheus.CounterVec
	errors                    *prometheus.CounterVec
	lost                      prometheus.Counter
	took, waited, parked      *prometheus.HistogramVec
}

// Jobs adds the metrics of jobs and returns what counts them.
func (m *Metrics) Jobs() *Jobs {
	j := &Jobs{
		series:   m.seriesBound(m.bounds.Series),
		enqueued: counters("beadle_jobs_enqueued_total", "Jobs that were accepted.", "task", "client", "queue"),
		ended:    counters("beadle_jobs_ended_total", "Jobs that reached a final state.", "task", "client", "queue", "outcome"),
		attempts: counters("beadle_attempts_total", "Attempts that ended.", "task", "client", "outcome"),
		retried:  counters("beadle_attempts_retried_total", "Attempts that failed and after which another one follows.", "task"),
		poison:   counters("beadle_jobs_poison_total", "Jobs that failed because their workers died under them.", "task"),
		errors:   counters("beadle_job_errors_total", "Record errors of jobs that ended.", "task"),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "beadle_attempts_lost_total", Help: "Attempts whose worker died or lost contact.",
		}),
		took:   histograms("beadle_attempt_duration_seconds", "How long attempts took.", durations, "task", "client"),
		waited: histograms("beadle_job_wait_seconds", "From when a job was due until its first attempt.", waits, "task", "client", "queue"),
		parked: histograms("beadle_job_lock_wait_seconds", "How long jobs waited for a lock or a limit, each time.", waits, "task"),
	}
	m.registry.MustRegister(j.enqueued, j.ended, j.attempts, j.retried, j.poison, j.errors, j.lost, j.took, j.waited, j.parked)
	return j
}

// Recorded counts steps that the ledger has.
func (j *Jobs) Recorded(steps []job.Step) {
	for _, s := range steps {
		in := j.series.of(series{s.Task, s.Client, s.Queue})
		switch s.Kind {
		case job.StepEnqueued:
			j.enqueued.WithLabelValues(in.task, in.client, in.queue).Inc()
		case job.StepBegan:
			j.waited.WithLabelValues(in.task, in.client, in.queue).Observe(s.Took.Seconds())
		case job.StepTried:
			j.tried(in, s)
		case job.StepWaited:
			if parks[s.Wait] {
				j.parked.WithLabelValues(in.task).Observe(s.Took.Seconds())
			}
		case job.StepEnded:
			j.ended.WithLabelValues(in.task, in.client, in.queue, string(s.State)).Inc()
			j.errors.WithLabelValues(in.task).Add(float64(s.Errors))
		}
	}
}

// parks are the waits for locks and limits.
var parks = map[job.WaitKind]bool{
	job.WaitsForLock: true, job.WaitsForBlocking: true, job.WaitsForLimit: true, job.WaitsForRate: true,
}

func (j *Jobs) tried(in series, s job.Step) {
	j.attempts.WithLabelValues(in.task, in.client, string(s.Outcome)).Inc()
	j.took.WithLabelValues(in.task, in.client).Observe(s.Took.Seconds())
	switch {
	case s.Poisoned():
		j.poison.WithLabelValues(in.task).Inc()
	case s.State == job.Retrying:
		j.retried.WithLabelValues(in.task).Inc()
	}
	if s.Outcome == job.AttemptLost {
		j.lost.Inc()
	}
}
