package metric_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/metric"
)

func TestPromtoolFindsNothingWrongWithMetrics(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	for name, process := range map[string]*metric.Metrics{"scheduler": scheduler(), "worker": worker()} {
		check := exec.Command(promtool, "check", "metrics")
		check.Stdin = strings.NewReader(scrape(t, process))
		if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// scheduler is one that has counted one thing of each kind.
func scheduler() *metric.Metrics {
	m := metric.New("v1", metric.Bounds{Series: 1, Schedules: 1})
	jobs, slots := m.Jobs(), m.Slots()
	for _, kind := range []job.StepKind{job.StepEnqueued, job.StepBegan, job.StepTried, job.StepWaited, job.StepEnded} {
		jobs.Recorded([]job.Step{{Kind: kind, Task: "a.b", Client: "north", Queue: "worker", Outcome: job.AttemptLost, State: job.Failed, Wait: job.WaitsForLock}})
	}
	jobs.Recorded([]job.Step{{Kind: job.StepTried, Task: "a.b", Client: "north", Queue: "worker", Outcome: job.AttemptFailed, State: job.Retrying}})
	slots.Slot(job.Slot{Schedule: "nightly", Outcome: job.SlotRan})
	m.HTTP().Answered(metric.Request{Route: "GET /jobs", Method: "GET", Status: 200})
	m.Leader()(true)
	m.Watch(engine{}, locks{}, func() time.Duration { return 0 })
	m.WatchRecorder(func() metric.Recording { return metric.Recording{} })
	m.WatchStores(redis{}, ledger{})("aof", true)
	m.WatchCampus(&campus{}, []string{"main"})
	return m
}

// worker is one that has done so.
func worker() *metric.Metrics {
	m := metric.New("v1", metric.Bounds{})
	m.Worker(10, func() int { return 1 }).Turn(1, time.Second)
	for _, calls := range []*metric.Calls{m.Sources(), m.Targets(), m.Sinks()} {
		calls.Called("main", "read", metric.CallOK, time.Second)
	}
	return m
}
