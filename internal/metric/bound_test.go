package metric_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/metric"
)

// sum adds up what a metric says in a scrape, and counts its series.
func sum(t *testing.T, scrape, name string) (total float64, series int) {
	t.Helper()
	for _, line := range regexp.MustCompile(`(?m)^`+name+`(?:\{[^}]*\})? (\S+)$`).FindAllStringSubmatch(scrape, -1) {
		n, err := strconv.ParseFloat(line[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		total, series = total+n, series+1
	}
	return total, series
}

func TestTenThousandClientsCostABoundedScrape(t *testing.T) {
	m := metric.New("v1", metric.Bounds{Series: 100})
	jobs := m.Jobs()
	const clients, tasks = 10_000, 3
	for i := range clients {
		s := job.Step{Task: fmt.Sprint("task.", i%tasks), Client: fmt.Sprint("client-", i), Queue: "worker"}
		for _, kind := range []job.StepKind{job.StepEnqueued, job.StepBegan, job.StepTried, job.StepWaited, job.StepEnded} {
			s.Kind, s.Outcome, s.State, s.Wait, s.Took = kind, job.AttemptSucceeded, job.Succeeded, job.WaitsForLock, time.Second
			jobs.Recorded([]job.Step{s})
		}
	}
	got := scrape(t, m)
	for _, name := range []string{
		"beadle_jobs_enqueued_total", "beadle_jobs_ended_total", "beadle_attempts_total", "beadle_attempt_duration_seconds_count",
		"beadle_job_wait_seconds_count", "beadle_job_lock_wait_seconds_count",
	} {
		total, series := sum(t, got, name)
		if total != clients || series > 100 {
			t.Errorf("%s counts %v in %d series, want %d in at most 100", name, total, series, clients)
		}
	}
	folded, _ := sum(t, got, "beadle_label_overflow_total")
	if want := 5.0 * (clients - 80); folded != want {
		t.Errorf("%v things are counted as other, want %v", folded, want)
	}
	wants(t, got, `beadle_jobs_enqueued_total{client="client-0",queue="worker",task="task.0"} 1`)
	for i := range tasks {
		if !strings.Contains(got, fmt.Sprintf(`beadle_jobs_enqueued_total{client="other",queue="worker",task="task.%d"}`, i)) {
			t.Errorf("jobs of further clients are not told apart by their task %d", i)
		}
	}
}

func TestTasksWithoutEndAreOneAtLast(t *testing.T) {
	m := metric.New("v1", metric.Bounds{Series: 50})
	jobs := m.Jobs()
	for i := range 5000 {
		jobs.Recorded([]job.Step{{Kind: job.StepEnqueued, Task: fmt.Sprint("t", rand.N(2000)), Client: fmt.Sprint("c", i), Queue: fmt.Sprint("q", i%7)}})
	}
	got := scrape(t, m)
	if total, series := sum(t, got, "beadle_jobs_enqueued_total"); total != 5000 || series != 50 {
		t.Errorf("%v jobs in %d series, want 5000 in 50", total, series)
	}
	if !strings.Contains(got, `beadle_jobs_enqueued_total{client="other",queue="other",task="other"}`) || !strings.Contains(got, `beadle_label_overflow_total{label="task"}`) {
		t.Error("what has no room is not counted as other")
	}
}

func TestSchedulesBeyondTheBoundAreOne(t *testing.T) {
	m := metric.New("v1", metric.Bounds{Schedules: 20})
	slots := m.Slots()
	for i := range 300 {
		slots.Slot(job.Slot{Schedule: fmt.Sprint("s", i), Outcome: job.SlotRan, Lag: time.Second})
		slots.Slot(job.Slot{Schedule: "s3", Outcome: job.SlotRan, Lag: time.Second})
	}
	got := scrape(t, m)
	for _, name := range []string{"beadle_slots_total", "beadle_slot_lag_seconds_count"} {
		if total, series := sum(t, got, name); total != 600 || series != 20 {
			t.Errorf("%s counts %v in %d series, want 600 in 20", name, total, series)
		}
	}
	wants(t, got, `beadle_slots_total{outcome="ran",schedule="s3"} 301`, `beadle_label_overflow_total{label="schedule"} 281`)
}

func TestQueuesBeyondTheBoundAreOne(t *testing.T) {
	many := queues{}
	for i := range 1000 {
		many = append(many, job.Queue{Name: fmt.Sprintf("q%04d", i), Counts: map[job.State]int64{job.Queued: 2}})
	}
	m := metric.New("v1", metric.Bounds{})
	m.Watch(many, locks{}, func() time.Duration { return 0 })
	got := scrape(t, m)
	if total, series := sum(t, got, "beadle_jobs"); total != 2000 || series != 200 {
		t.Errorf("%v jobs in %d queues, want 2000 in 200", total, series)
	}
}

func BenchmarkRecorded(b *testing.B) {
	jobs := metric.New("v1", metric.Bounds{}).Jobs()
	var steps []job.Step
	for i := range 100 {
		s := job.Step{Task: fmt.Sprint("task.", i%10), Client: fmt.Sprint("client-", i%30), Queue: "worker", Took: time.Duration(i) * time.Millisecond}
		for _, kind := range []job.StepKind{job.StepEnqueued, job.StepBegan, job.StepTried, job.StepEnded} {
			s.Kind, s.Outcome, s.State = kind, job.AttemptSucceeded, job.Succeeded
			steps = append(steps, s)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		jobs.Recorded(steps)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/job")
}
