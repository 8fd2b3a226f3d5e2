package scheduler

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestSchedulersSayWhatTheyWouldPlanDifferently(t *testing.T) {
	now := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	up := []job.Replica{
		{Name: "a:1", Zones: map[string]string{"2026 Europe/Berlin": "x"}, Seen: now},
		{Name: "b:2", Zones: map[string]string{"2026 Europe/Berlin": "y"}, Ahead: 5 * time.Second, Seen: now},
		{Name: "c:3", Zones: map[string]string{}, Seen: now.Add(-150 * time.Second)},
	}
	want := []job.Scheduler{
		{Name: "a:1", Asked: true, Seen: now, Zones: 1},
		{Name: "b:2", Leads: true, Ahead: job.Seconds(5 * time.Second), Seen: now, Zones: 1, Remark: "the clocks are 5s apart: keep both right with NTP; the rules of Europe/Berlin differ: bring the time zone databases of both machines to the same edition"},
		{Name: "c:3", Seen: now.Add(-150 * time.Second), Remark: "not heard of for 2m30s"},
	}
	if diff := cmp.Diff(want, schedulers(up, "a:1", "b:2", now)); diff != "" {
		t.Errorf("schedulers (-want +got):\n%s", diff)
	}
}
