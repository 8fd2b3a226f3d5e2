package events

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestTellsWhichJobsHaveEnded(t *testing.T) {
	got := Ended([]Entry{
		{Event: AttemptStarted{ID: "started"}},
		{Event: AttemptEnded{ID: "done", State: job.Succeeded}},
		{Event: AttemptEnded{ID: "retrying", State: job.Retrying}},
		{Event: JobEnded{ID: "aborted", State: job.Aborted}},
		{}, // of a kind that this build does not know
	})
	if diff := cmp.Diff([]string{"done", "aborted"}, got); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
}
