package metric_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/metric"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// scrape returns what Prometheus would read.
func scrape(t *testing.T, m *metric.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("scrape: %d, %v: %s", w.Code, err, body)
	}
	return string(body)
}

func wants(t *testing.T, got string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("the scrape lacks %q", line)
		}
	}
}

func TestCountsWhatIsRecorded(t *testing.T) {
	m := metric.New()
	m.Recorded([]events.Entry{
		{Event: events.AttemptEnded{Task: "a.b", Outcome: job.AttemptFailed, State: job.Retrying, Errors: 9, Started: noon, At: noon.Add(2 * time.Second)}},
		{Event: events.AttemptEnded{Task: "a.b", Outcome: job.AttemptSucceeded, State: job.Succeeded, Errors: 3, Started: noon, At: noon.Add(3 * time.Second)}},
		{Event: events.AttemptEnded{Task: "a.b", Outcome: job.AttemptLost, State: job.Queued, Started: noon, At: noon}},
		{Event: events.JobEnded{Task: "a.b", State: job.Aborted}},
		{Event: events.JobWaiting{}},
		{Event: nil},
	})
	wants(t, scrape(t, m),
		`beadle_attempts_total{outcome="failed",task="a.b"} 1`,
		`beadle_attempt_duration_seconds_sum{task="a.b"} 5`,
		`beadle_jobs_ended_total{outcome="succeeded",task="a.b"} 1`,
		`beadle_jobs_ended_total{outcome="aborted",task="a.b"} 1`,
		`beadle_job_errors_total{task="a.b"} 3`,
		`beadle_attempts_lost_total 1`,
	)
}

func TestCountsSlotsAndTheirLag(t *testing.T) {
	m := metric.New()
	m.Slot(job.Slot{Outcome: job.SlotRan, JobID: "1", Lag: 20 * time.Millisecond})
	m.Slot(job.Slot{Outcome: job.SlotMissed})
	wants(t, scrape(t, m),
		`beadle_slots_total{outcome="ran"} 1`,
		`beadle_slots_total{outcome="missed"} 1`,
		`beadle_slot_lag_seconds_count 1`,
		`beadle_slot_lag_seconds_bucket{le="0.05"} 1`,
	)
}

func TestCountsSlotsThatAreLateOrMissed(t *testing.T) {
	m := metric.New()
	wants(t, scrape(t, m), `beadle_slot_alarms_total{outcome="late"} 0`, `beadle_slot_alarms_total{outcome="missed"} 0`)
	m.SlotAlarm(job.Slot{Outcome: job.SlotIntended})
	m.SlotAlarm(job.Slot{Outcome: job.SlotMissed})
	m.SlotAlarm(job.Slot{Outcome: job.SlotMissed})
	wants(t, scrape(t, m), `beadle_slot_alarms_total{outcome="late"} 1`, `beadle_slot_alarms_total{outcome="missed"} 2`)
}

func TestReadsTheEngineAtEachScrape(t *testing.T) {
	m := metric.New()
	m.Watch(engine{}, locks{}, func() time.Duration { return 1500 * time.Millisecond })
	m.Lead(true)
	wants(t, scrape(t, m),
		`beadle_jobs{queue="worker",state="queued"} 7`,
		`beadle_workers 2`,
		`beadle_worker_slots 30`,
		`beadle_events 4`,
		`beadle_jobs{queue="worker",state="waiting"} 9`,
		`beadle_jobs_waiting{kind="lock"} 2`,
		`beadle_jobs_waiting{kind="blocking"} 1`,
		`beadle_jobs_waiting{kind="limit"} 3`,
		`beadle_jobs_waiting{kind="other"} 3`,
		`beadle_jobs_stuck 1`,
		`beadle_locks_held 2`,
		`beadle_locks_waiting 4`,
		`beadle_limit_max{client="*",from="operator",task="a.b"} 4`,
		`beadle_limit_in_use{client="*",from="operator",task="a.b"} 2`,
		`beadle_recorder_lag_seconds 1.5`,
		`beadle_leader 1`,
	)
}

func TestAScrapeSurvivesAnEngineThatIsAway(t *testing.T) {
	m := metric.New()
	m.Watch(engine{err: errors.New("away")}, locks{err: errors.New("away")}, func() time.Duration { return 0 })
	got := scrape(t, m)
	wants(t, got, `beadle_leader 0`)
	for _, unknown := range []string{"beadle_workers ", "beadle_locks_held", "beadle_jobs_waiting", "beadle_limit_max"} {
		if strings.Contains(got, unknown) {
			t.Errorf("%s is shown though nobody could count", unknown)
		}
	}
}

func TestSaysWhyRedisIsUnsafe(t *testing.T) {
	m := metric.New()
	m.Unsafe("aof", true)
	m.Unsafe("eviction", false)
	wants(t, scrape(t, m), `beadle_redis_unsafe{reason="aof"} 1`, `beadle_redis_unsafe{reason="eviction"} 0`)
}

func TestLabelsOfLimitsAreBounded(t *testing.T) {
	m := metric.New()
	many := locks{}
	for i := range 500 {
		many.limits = append(many.limits, job.Limit{Task: fmt.Sprint("t", i), Max: 1})
	}
	m.Watch(engine{}, many, func() time.Duration { return 0 })
	if n := strings.Count(scrape(t, m), "beadle_limit_max{"); n != 200 {
		t.Errorf("%d limits are shown", n)
	}
}

func TestAsksTheRecorderAtEachScrape(t *testing.T) {
	m := metric.New()
	m.WatchRecorder(func() metric.Recording { return metric.Recording{Behind: 12, Skipped: 1, Restored: 40} })
	wants(t, scrape(t, m), `beadle_events_unrecorded 12`, `beadle_events_skipped_total 1`, `beadle_jobs_restored_total 40`)
}

func TestCountsTurnsOfAWorker(t *testing.T) {
	m := metric.New()
	w := m.Worker()
	w.Turn(12, 3*time.Millisecond)
	wants(t, scrape(t, m),
		`beadle_worker_turns_total 1`,
		`beadle_worker_turn_jobs_bucket{le="20"} 1`,
		`beadle_worker_turn_seconds_bucket{le="0.005"} 1`,
	)
}

// engine answers every scrape alike.
type engine struct{ err error }

func (e engine) Depths(context.Context) (map[string]map[job.State]int64, error) {
	return map[string]map[job.State]int64{"worker": {job.Queued: 7, job.Waiting: 9}}, e.err
}

func (e engine) Workers(context.Context) ([]job.Worker, error) {
	if e.err != nil {
		return nil, e.err
	}
	return []job.Worker{{Concurrency: 10, Stuck: []string{"1"}}, {Concurrency: 20}}, nil
}

func (e engine) Backlog(context.Context) (int64, error) { return 4, e.err }

// locks answers every scrape alike, unless it has limits of its own.
type locks struct {
	err    error
	limits []job.Limit
}

func (l locks) List(context.Context) ([]job.Lock, error) {
	return []job.Lock{
		{Resource: "default/grades", Holders: []job.Holder{{JobID: "1"}, {JobID: "2"}}, Waiters: []job.Waiter{{JobID: "3"}, {JobID: "4"}}},
		{Resource: "default/*", Waiters: []job.Waiter{{JobID: "4"}, {JobID: "5"}}},
	}, l.err
}

func (l locks) Limits(context.Context) ([]job.Limit, error) {
	if l.limits != nil {
		return l.limits, l.err
	}
	return []job.Limit{{Task: "a.b", Client: "*", Max: 4, InUse: 2, Waits: 3, From: "operator"}}, l.err
}
