package job_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestTheMostSpecificRuleDecidesEachPart(t *testing.T) {
	p := job.RetentionPolicy{
		Base: job.Retention{Jobs: 400, Errors: 400, Logs: 30},
		Rules: []job.RetentionRule{
			{Tasks: "sis.plan", Jobs: new(job.Keep(10))},
			{Client: "north", Logs: new(job.Keep(7))},
			{Tasks: "sis.*", Jobs: new(job.Keep(50)), Logs: new(job.Keep(60))},
			{Client: "north", Tasks: "sis.*", Jobs: new(job.Forever)},
		},
	}
	for _, tt := range []struct {
		client, task string
		want         job.Retention
	}{
		{"south", "lms.x", job.Retention{Jobs: 400, Errors: 400, Logs: 30}},
		{"north", "lms.x", job.Retention{Jobs: 400, Errors: 400, Logs: 7}},
		{"south", "sis.pull", job.Retention{Jobs: 50, Errors: 50, Logs: 50}},
		{"north", "sis.pull", job.Retention{Jobs: job.Forever, Errors: 400, Logs: 60}},
		{"north", "sis.plan", job.Retention{Jobs: 10, Errors: 10, Logs: 10}},
	} {
		if diff := cmp.Diff(tt.want, p.For(tt.client, tt.task)); diff != "" {
			t.Errorf("%s of %s (-want +got)\n%s", tt.task, tt.client, diff)
		}
	}
}

func TestAKeepIsDaysOrForever(t *testing.T) {
	for text, want := range map[string]job.Keep{"400d": 400, "1D": 1, " forever ": job.Forever, "0": job.Forever} {
		if got, err := job.ParseKeep(text); err != nil || got != want {
			t.Errorf("%q = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "400", "12h", "-1d", "0.5d", "1d1d", "99999999999999999999d", "200000d"} {
		if got, err := job.ParseKeep(text); err == nil {
			t.Errorf("%q = %v, want a refusal", text, got)
		}
	}
	body, err := json.Marshal(job.Retention{Jobs: 400, Logs: 1})
	if err != nil || string(body) != `{"jobs":"400d","errors":"forever","logs":"1d"}` {
		t.Errorf("as JSON it is %s, %v", body, err)
	}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	if got := job.Keep(1).Before(now); !got.Equal(now.Add(-24*time.Hour)) || !job.Forever.Before(now).IsZero() {
		t.Errorf("a day ends at %s", got)
	}
}

func TestAHoldCoversWhatItNames(t *testing.T) {
	j := job.Job{ID: "b", Root: "a", Client: "north", Task: "sis.plan", Owner: "anna"}
	for _, tt := range []struct {
		on, of string
		want   bool
	}{
		{job.HoldClient, "north", true},
		{job.HoldClient, "south", false},
		{job.HoldTask, "sis.*", true},
		{job.HoldTask, "sis", false},
		{job.HoldJob, "a", true},
		{job.HoldJob, "b", true},
		{job.HoldJob, "c", false},
		{job.HoldOwner, "anna", true},
		{job.HoldOwner, "paul", false},
		{"planet", "earth", true},
	} {
		if got := (job.Hold{On: tt.on, Of: tt.of}).Covers(j); got != tt.want {
			t.Errorf("a hold on %s %s covers it: %t", tt.on, tt.of, got)
		}
	}
}

func TestAHoldOnAJobCoversItsLineage(t *testing.T) {
	first, held, beside := job.Job{ID: "a", Root: "a"}, job.Job{ID: "b", Root: "a"}, job.Job{ID: "c", Root: "a"}
	h := job.Hold{On: job.HoldJob, Of: "b"}.Upon(held)
	for _, j := range []job.Job{first, held, beside} {
		if !h.Covers(j) {
			t.Errorf("a hold on one job of the lineage does not cover %s", j.ID)
		}
	}
}
