// Package metric is what Beadle tells Prometheus.
//
// Units are seconds and counts, names begin with beadle_, and labels are
// bounded: tasks, queues, states and outcomes, never ids or people. A process
// makes one [Metrics] with a registry of its own; nothing is global.
//
// A scheduler has:
//
//	beadle_jobs{queue,state}                   jobs in flight now
//	beadle_jobs_waiting{kind}                  those of them that wait: for a lock, blocking, limit, other
//	beadle_jobs_stuck                          told to stop more than 30 s ago, and their code still runs
//	beadle_jobs_ended_total{task,outcome}      jobs that reached a final state
//	beadle_attempts_total{task,outcome}        attempts that ended
//	beadle_attempts_lost_total                 attempts whose worker died or lost contact
//	beadle_attempt_duration_seconds{task}      how long attempts took
//	beadle_job_errors_total{task}              record errors of ended attempts
//	beadle_slots_total{outcome}                due times that were decided
//	beadle_slot_alarms_total{outcome}          slots that were missed, or late: open for a minute after their time
//	beadle_slot_lag_seconds                    from a due time until its job was enqueued
//	beadle_recorder_lag_seconds                how far the ledger is behind
//	beadle_events                              length of the event stream
//	beadle_events_unrecorded                   entries of it that the leader has not recorded
//	beadle_events_skipped_total                events that could not be recorded
//	beadle_jobs_restored_total                 jobs that were put back because Redis had lost them
//	beadle_workers, beadle_worker_slots        live workers, and their places in all
//	beadle_leader                              1 in the scheduler that leads
//	beadle_locks_held, beadle_locks_waiting    resources that jobs hold, places in the lines for them
//	beadle_limit_max{task,client,from}         how many jobs may run at a time, of the first 200 limits
//	beadle_limit_in_use{task,client,from}      how many do
//	beadle_redis_unsafe{reason}                1 if Redis may lose jobs: aof, eviction
//
// A worker has:
//
//	beadle_worker_turns_total                  round trips to Redis for work
//	beadle_worker_turn_jobs                    jobs that a turn moved: claimed, started or finished
//	beadle_worker_turn_seconds                 how long a turn took
package metric

import (
	"net/http"

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
	alarms   *prometheus.CounterVec
	lag      prometheus.Histogram
	lost     prometheus.Counter
	unsafe   *prometheus.GaugeVec
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
		alarms: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "beadle_slot_alarms_total", Help: "Slots that were missed, or still open a minute after their time.",
		}, []string{"outcome"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "beadle_slot_lag_seconds", Help: "From a due time until its job was enqueued.",
			Buckets: []float64{.005, .01, .05, .1, .5, 1, 2, 5, 10, 60, 600, 3600},
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "beadle_attempts_lost_total", Help: "Attempts whose worker died or lost contact.",
		}),
		unsafe: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "beadle_redis_unsafe", Help: "1 if Redis may lose jobs, by the reason.",
		}, []string{"reason"}),
		leader: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "beadle_leader", Help: "1 in the scheduler that leads.",
		}),
	}
	m.registry.MustRegister(m.ended, m.attempts, m.duration, m.errors, m.slots, m.alarms, m.lag, m.lost, m.unsafe, m.leader,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, outcome := range []string{alarmLate, alarmMissed} {
		m.alarms.WithLabelValues(outcome)
	}
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
	if e.Outcome == job.AttemptLost {
		m.lost.Inc()
	}
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

// SlotAlarm counts one slot that is missed, or else late. Both are there from
// the start, so that the first one is a rise.
func (m *Metrics) SlotAlarm(s job.Slot) {
	if s.Outcome == job.SlotMissed {
		m.alarms.WithLabelValues(alarmMissed).Inc()
	} else {
		m.alarms.WithLabelValues(alarmLate).Inc()
	}
}

// The outcomes of alarms.
const (
	alarmLate   = "late"
	alarmMissed = "missed"
)

// Lead says whether this process leads.
func (m *Metrics) Lead(leads bool) { m.leader.Set(one(leads)) }

// Unsafe says whether Redis may lose jobs for that reason: "aof" or
// "eviction".
func (m *Metrics) Unsafe(reason string, is bool) { m.unsafe.WithLabelValues(reason).Set(one(is)) }

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
