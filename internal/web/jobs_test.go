package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

func TestTheFilterIsTheURL(t *testing.T) {
	jobs := campusDay()
	get(t, dashboard(t, web.Config{Jobs: jobs}), "/jobs?state=failed&state=running&task=users.import&client=default&errors=1&root=r&schedule=s&before=b")
	want := job.Filter{States: []job.State{job.Failed, job.Running}, Task: "users.import", Client: "default", Errors: true, Root: "r", Schedule: "s", Before: "b", Limit: 37} // one more, for the fake
	if diff := cmp.Diff([]job.Filter{want}, jobs.asked); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
}

func TestListsArePaged(t *testing.T) {
	jobs := &fakeJobs{}
	for i := range 120 {
		jobs.jobs = append(jobs.jobs, job.Job{ID: id(500 - i), Description: "Job", State: job.Succeeded, Created: noon})
	}
	h := dashboard(t, web.Config{Jobs: jobs})
	var seen []string
	path := "/jobs?state=succeeded"
	for path != "" {
		page := elements(t, get(t, h, path).Body.String())
		for _, e := range page {
			if e.tag == "tr" && e.attrs["id"] != "" {
				seen = append(seen, e.attrs["id"])
			}
		}
		path = ""
		for _, e := range page {
			if e.attrs["rel"] == "next" {
				path = e.attrs["href"]
			}
		}
	}
	if len(seen) != 120 || seen[0] != id(500) || seen[119] != id(381) {
		t.Errorf("saw %d jobs, from %v", len(seen), seen[:min(len(seen), 1)])
	}
}

func TestSaysHowFarTheListIsBehind(t *testing.T) {
	lag := 2 * time.Second
	h := dashboard(t, web.Config{Lag: func() time.Duration { return lag }})
	if strings.Contains(get(t, h, "/jobs").Body.String(), "behind") {
		t.Error("2 s are said")
	}
	lag = 12 * time.Second
	if !strings.Contains(get(t, h, "/jobs").Body.String(), "This page is 12 s behind") {
		t.Error("12 s are not said")
	}
}

func TestEmptyPagesTeach(t *testing.T) {
	h := dashboard(t, web.Config{Jobs: &fakeJobs{}, Campus: campusOf(nil), Syncs: []string{}})
	if body := get(t, h, "/jobs").Body.String(); !strings.Contains(body, "jobctl enqueue TASK --wait") {
		t.Errorf("the empty list of jobs does not say how to make one:\n%s", body)
	}
	if body := get(t, h, "/messages").Body.String(); !strings.Contains(body, "No sync is configured") {
		t.Errorf("without a sync, messages do not say what is missing:\n%s", body)
	}
	for _, path := range []string{"/sections", "/why", "/terms", "/attendance", "/attendance/people"} {
		if body := get(t, h, path).Body.String(); !strings.Contains(body, "No sync is configured") {
			t.Errorf("without a sync, %s does not say what is missing:\n%s", path, body)
		}
	}
}
