package web_test

import (
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

func TestTagsLeadToTheJobsThatHaveThem(t *testing.T) {
	jobs := &fakeJobs{jobs: []job.Job{
		{ID: id(3), Task: "users.import", Description: "Import users", Client: "default", State: job.Running, Created: noon, Tags: []string{"drill", "term:2026"}},
		{ID: id(2), Task: "users.import", Description: "Import users", Client: "default", State: job.Running, Created: noon, Tags: []string{"drill"}},
		{ID: id(1), Task: "users.import", Description: "Import users", Client: "default", State: job.Running, Created: noon},
	}}
	h := dashboard(t, web.Config{Jobs: jobs})
	for _, path := range []string{"/jobs", "/jobs/" + id(3)} {
		led := map[string]bool{}
		for _, e := range elements(t, get(t, h, path).Body.String()) {
			if e.attrs["class"] == "tag" {
				led[e.attrs["href"]] = true
			}
		}
		if len(led) != 2 || !led["/jobs?q=tag:drill"] || !led["/jobs?q=tag:term%3a2026"] {
			t.Errorf("%s leads to %v", path, led)
		}
	}
	for path, want := range map[string][]string{"/jobs?q=tag:drill": {id(3), id(2)}, "/jobs?q=tag:term%3a2026": {id(3)}, "/jobs?q=tag:none": nil} {
		page := get(t, h, path).Body.String()
		for _, j := range jobs.jobs {
			listed := false
			for _, one := range want {
				listed = listed || one == j.ID
			}
			if strings.Contains(page, `<tr id="`+j.ID+`"`) != listed {
				t.Errorf("%s: is job %s listed? want %v", path, j.ID, listed)
			}
		}
	}
	if page := get(t, h, "/jobs/"+id(1)).Body.String(); strings.Contains(page, "Tags") {
		t.Error("the page of a job without tags speaks of them")
	}
	if page := get(t, h, "/jobs").Body.String(); !strings.Contains(page, "<code>tag:</code>") {
		t.Error("what a filter can ask does not tell of tags")
	}
}
