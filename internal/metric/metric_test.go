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

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/metric"
)

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
	m := metric.New("v1", metric.Bounds{})
	step := func(s job.Step) job.Step {
		s.Task, s.Client, s.Queue = "a.b", "north", "worker"
		return s
	}
	m.Jobs().Recorded([]job.Step{
		step(job.Step{Kind: job.StepEnqueued}),
		step(job.Step{Kind: job.StepBegan, Took: 4 * time.Second}),
		step(job.Step{Kind: job.StepTried, Outcome: job.AttemptFailed, State: job.Retrying, Took: 2 * time.Second}),
		step(job.Step{Kind: job.StepTried, Outcome: job.AttemptLost, State: job.Queued}),
		step(job.Step{Kind: job.StepWaited, Wait: job.WaitsForLock, Took: time.Minute}),
		step(job.Step{Kind: job.StepWaited, Wait: job.WaitsForPause, Took: time.Hour}),
		step(job.Step{Kind: job.StepTried, Outcome: job.AttemptSucceeded, State: job.Succeeded, Took: 3 * time.Second}),
		step(job.Step{Kind: job.StepEnded, State: job.Succeeded, Errors: 3}),
		step(job.Step{Kind: job.StepEnded, State: job.Aborted}),
		step(job.Step{Kind: job.StepTried, Outcome: job.AttemptLost, State: job.Failed}),
	})
	wants(t, scrape(t, m),
		`beadle_jobs_enqueued_total{client="north",queue="worker",task="a.b"} 1`,
		`beadle_job_wait_seconds_sum{client="north",queue="worker",task="a.b"} 4`,
		`beadle_attempts_total{client="north",outcome="failed",task="a.b"} 1`,
		`beadle_attempts_retried_total{task="a.b"} 1`,
		`beadle_attempt_duration_seconds_sum{client="north",task="a.b"} 5`,
		`beadle_job_lock_wait_seconds_sum{task="a.b"} 60`,
		`beadle_jobs_ended_total{client="north",outcome="succeeded",queue="worker",task="a.b"} 1`,
		`beadle_jobs_ended_total{client="north",outcome="aborted",queue="worker",task="a.b"} 1`,
		`beadle_job_errors_total{task="a.b"} 3`,
		`beadle_attempts_lost_total 2`,
		`beadle_jobs_poison_total{task="a.b"} 1`,
	)
}

func TestCountsSlotsAndTheirLag(t *testing.T) {
	m := metric.New("v1", metric.Bounds{})
	s := m.Slots()
	s.Slot(job.Slot{Schedule: "nightly", Outcome: job.SlotRan, JobID: "1", Lag: 20 * time.Millisecond})
	s.Slot(job.Slot{Schedule: "nightly", Outcome: job.SlotMissed})
	wants(t, scrape(t, m),
		`beadle_slots_total{outcome="ran",schedule="nightly"} 1`,
		`beadle_slots_total{outcome="missed",schedule="nightly"} 1`,
		`beadle_slot_lag_seconds_count{schedule="nightly"} 1`,
		`beadle_slot_lag_seconds_bucket{schedule="nightly",le="0.05"} 1`,
	)
}

func TestCountsSlotsThatAreLateOrMissed(t *testing.T) {
	m := metric.New("v1", metric.Bounds{})
	s := m.Slots()
	wants(t, scrape(t, m), `beadle_slot_alarms_total{outcome="late"} 0`, `beadle_slot_alarms_total{outcome="missed"} 0`)
	s.Alarm(job.Slot{Outcome: job.SlotIntended})
	s.Alarm(job.Slot{Outcome: job.SlotMissed})
	s.Alarm(job.Slot{Outcome: job.SlotMissed})
	wants(t, scrape(t, m), `beadle_slot_alarms_total{outcome="late"} 1`, `beadle_slot_alarms_total{outcome="missed"} 2`)
}

func TestReadsTheEngineAtEachScrape(t *testing.T) {
	m := metric.New("v1", metric.Bounds{})
	m.Watch(engine{}, locks{}, func() time.Duration { return 1500 * time.Millisecond })
	m.Leader()(true)
	wants(t, scrape(t, m),
		`beadle_jobs{queue="worker",state="queued"} 7`,
		`beadle_workers 2`,
		`beadle_worker_slots 30`,
		`beadle_worker_slots_used 3`,
		`beadle_events 4`,
		`beadle_jobs{queue="worker",state="waiting"} 9`,
		`beadle_queue_paused{queue="worker"} 1`,
		`beadle_queue_oldest_seconds{queue="idle"} 0`,
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
	m := metric.New("v1", metric.Bounds{})
	m.Watch(engine{err: errors.New("away")}, locks{err: errors.New("away")}, func() time.Duration { return 0 })
	m.Leader()(false)
	got := scrape(t, m)
	wants(t, got, `beadle_leader 0`)
	for _, unknown := range []string{"beadle_workers ", "beadle_locks_held", "beadle_jobs_waiting", "beadle_limit_max"} {
		if strings.Contains(got, unknown) {
			t.Errorf("%s is shown though nobody could count", unknown)
		}
	}
}

func TestLabelsOfLimitsAreBounded(t *testing.T) {
	m := metric.New("v1", metric.Bounds{})
	many := locks{}
	for i := range 500 {
		many.limits = append(many.limits, job.Limit{Task: fmt.Sprint("t", i), Max: 1})
	}
	m.Watch(engine{}, many, func() time.Duration { return 0 })
	if n := strings.Count(scrape(t, m), "beadle_limit_max{"); n != 200 {
		t.Errorf("%d limits are shown", n)
	}
	if got := scrape(t, m); !strings.Contains(got, `beadle_label_overflow_total{label="limit"} `) || strings.Contains(got, `{label="limit"} 0`) {
		t.Error("nobody is told of the limits that are left out")
	}
}

func TestAsksTheRecorderAtEachScrape(t *testing.T) {
	m := metric.New("v1", metric.Bounds{})
	m.WatchRecorder(func() metric.Recording { return metric.Recording{Behind: 12, Skipped: 1, Restored: 40} })
	wants(t, scrape(t, m), `beadle_events_unrecorded 12`, `beadle_events_skipped_total 1`, `beadle_jobs_restored_total 40`)
}

func TestCountsTurnsOfAWorker(t *testing.T) {
	m := metric.New("v1", metric.Bounds{})
	w := m.Worker(20, func() int { return 6 })
	w.Turn(12, 3*time.Millisecond)
	wants(t, scrape(t, m),
		`beadle_worker_slots_max 20`,
		`beadle_worker_jobs_running 6`,
		`beadle_worker_turns_total 1`,
		`beadle_worker_turn_jobs_bucket{le="20"} 1`,
		`beadle_worker_turn_seconds_bucket{le="0.005"} 1`,
	)
}

// engine answers every scrape alike.
type engine struct{ err error }

func (e engine) Queues(context.Context) ([]job.Queue, error) {
	return []job.Queue{
		{Name: "idle", Counts: map[job.State]int64{}},
		{Name: "worker", Counts: map[job.State]int64{job.Queued: 7, job.Waiting: 9}, Pause: &job.Pause{}},
	}, e.err
}

func (e engine) Workers(context.Context) ([]job.Worker, error) {
	if e.err != nil {
		return nil, e.err
	}
	return []job.Worker{{Concurrency: 10, Running: []string{"1", "2", "3"}, Stuck: []string{"1"}}, {Concurrency: 20}}, nil
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

// queues is an engine that has these, and nothing else.
type queues []job.Queue

func (q queues) Queues(context.Context) ([]job.Queue, error)   { return q, nil }
func (q queues) Workers(context.Context) ([]job.Worker, error) { return nil, nil }
func (q queues) Backlog(context.Context) (int64, error)        { return 0, nil }
