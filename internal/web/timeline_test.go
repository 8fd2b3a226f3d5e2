package web

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestATimelineTellsTheWayOfAJob(t *testing.T) {
	noon := time.Date(2026, 9, 3, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) *time.Time { return new(noon.Add(d)) }
	attempts := []job.Attempt{
		{Number: 1, Worker: "w-1", Outcome: job.AttemptFailed, Error: "it is full\nat line 3", Started: noon.Add(3 * time.Minute), Ended: at(4 * time.Minute)},
		{Number: 2, Worker: "w-2", Outcome: job.AttemptRunning, Started: noon.Add(5 * time.Minute)},
	}
	done := []job.Attempt{attempts[0], {Number: 2, Worker: "w-2", Outcome: job.AttemptSucceeded, Started: noon.Add(5 * time.Minute), Ended: at(6 * time.Minute)}}
	gradebook := job.Wait{Kind: job.WaitsForLock, For: "gradebook", Holder: "x"}
	waits := job.Waits{}.Begin(gradebook, noon.Add(time.Minute)).End(*at(3 * time.Minute)).Begin(gradebook, *at(5 * time.Minute))
	for name, tt := range map[string]struct {
		job      job.Job
		attempts []job.Attempt
		waits    job.Waits
		want     []string
	}{
		"waiting": {job.Job{State: job.Waiting, Reason: "waits for gradebook"}, nil, nil, []string{"Accepted: From anna, for queue “q”.", "> Waiting: Waits for gradebook."}},
		"running": {job.Job{State: job.Running, Started: &attempts[0].Started}, attempts, nil, []string{
			"Accepted: From anna, for queue “q”.", "Failed: Attempt 1 on w-1, after 3 min 00 s; it took 1 min 00 s: it is full.", "> Running: Attempt 2 on w-2, after 1 min 00 s; it has run for 1 min 00 s.",
		}},
		"ended": {job.Job{State: job.Succeeded, Started: &attempts[0].Started, Ended: at(6 * time.Minute)}, done, nil, []string{
			"Accepted: From anna, for queue “q”.", "Failed: Attempt 1 on w-1, after 3 min 00 s; it took 1 min 00 s: it is full.", "Succeeded: Attempt 2 on w-2, after 1 min 00 s; it took 1 min 00 s.", "> Succeeded: Finished in 3 min 00 s.",
		}},
		"waited": {job.Job{State: job.Running, Started: &attempts[0].Started}, attempts, waits, []string{
			"Accepted: From anna, for queue “q”.", "Waiting: Waited 2 min for gradebook, held by job x.", "Failed: Attempt 1 on w-1, after 3 min 00 s; it took 1 min 00 s: it is full.", "> Running: Attempt 2 on w-2, after 1 min 00 s; it has run for 1 min 00 s.",
		}},
	} {
		tt.job.Created, tt.job.Owner, tt.job.Queue = noon, "anna", "q"
		var got []string
		for _, s := range timeline(tt.job, tt.attempts, tt.waits, noon.Add(6*time.Minute)) {
			text := s.Chip.Word + ": " + s.Text
			if s.Now {
				text = "> " + text
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
