package metric_test

import (
	"context"
	"errors"
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

func TestReadsTheEngineAtEachScrape(t *testing.T) {
	m := metric.New()
	m.Watch(engine{}, func() time.Duration { return 1500 * time.Millisecond })
	m.Lead(true)
	wants(t, scrape(t, m),
		`beadle_jobs{queue="worker",state="queued"} 7`,
		`beadle_workers 2`,
		`beadle_worker_slots 30`,
		`beadle_events 4`,
		`beadle_recorder_lag_seconds 1.5`,
		`beadle_leader 1`,
	)
}

func TestAScrapeSurvivesAnEngineThatIsAway(t *testing.T) {
	m := metric.New()
	m.Watch(engine{err: errors.New("away")}, func() time.Duration { return 0 })
	got := scrape(t, m)
	wants(t, got, `beadle_leader 0`)
	if strings.Contains(got, "beadle_workers ") {
		t.Error("a number of workers is shown though nobody could count them")
	}
}

// engine answers every scrape alike.
type engine struct{ err error }

func (e engine) Depths(context.Context) (map[string]map[job.State]int64, error) {
	return map[string]map[job.State]int64{"worker": {job.Queued: 7}}, e.err
}

func (e engine) Workers(context.Context) ([]job.Worker, error) {
	if e.err != nil {
		return nil, e.err
	}
	return []job.Worker{{Concurrency: 10}, {Concurrency: 20}}, nil
}

func (e engine) Backlog(context.Context) (int64, error) { return 4, e.err }
