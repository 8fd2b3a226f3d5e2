package metric

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Slots counts what becomes of the slots of schedules. It is safe for
// concurrent use.
type Slots struct {
	schedules *bound

	slots, alarms *prometheus.CounterVec
	lag           *prometheus.HistogramVec
}

// The outcomes of alarms.
const (
	alarmLate   = "late"
	alarmMissed = "missed"
)

// Slots adds the metrics of slots and returns what counts them. Both alarms are
// there from the start, so that the first one is a rise.
func (m *Metrics) Slots() *Slots {
	s := &Slots{
		schedules: m.bound("schedule", m.bounds.Schedules),
		slots:     counters("beadle_slots_total", "Slots of schedules by what became of them.", "schedule", "outcome"),
		alarms:    counters("beadle_slot_alarms_total", "Slots that were missed, or still open a minute after their time.", "outcome"),
		lag:       histograms("beadle_slot_lag_seconds", "From a due time until its job was enqueued.", lags, "schedule"),
	}
	m.registry.MustRegister(s.slots, s.alarms, s.lag)
	for _, outcome := range []string{alarmLate, alarmMissed} {
		s.alarms.WithLabelValues(outcome)
	}
	return s
}

// Slot counts one decided slot.
func (s *Slots) Slot(one job.Slot) {
	schedule := s.schedules.of(one.Schedule)
	s.slots.WithLabelValues(schedule, string(one.Outcome)).Inc()
	if one.Outcome.Ran() {
		s.lag.WithLabelValues(schedule).Observe(one.Lag.Seconds())
	}
}

// Alarm counts one slot that is missed, or else late.
func (s *Slots) Alarm(one job.Slot) {
	if one.Outcome == job.SlotMissed {
		s.alarms.WithLabelValues(alarmMissed).Inc()
	} else {
		s.alarms.WithLabelValues(alarmLate).Inc()
	}
}
