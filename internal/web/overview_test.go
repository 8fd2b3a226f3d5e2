package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

func TestTheOverviewSaysWhetherAllIsWell(t *testing.T) {
	all := campusQueues()
	for _, tt := range []struct {
		name   string
		config func(*web.Config)
		want   string
	}{
		{"troubles", func(*web.Config) {}, "1 job is stuck, 1 job is held, 1 plan is held, 1 queue has jobs and no worker."},
		{"unsafe", func(c *web.Config) { c.Unsafe = func() []string { return []string{"x"} } }, "Redis may lose jobs, 1 job is stuck"},
		{"no worker", func(c *web.Config) { c.Workers = &fakeQueues{} }, "No worker is up, 1 job is held"},
		{"a plan waits", func(c *web.Config) {
			c.Jobs, c.Queues = &fakeJobs{}, &fakeQueues{workers: []job.Worker{{ID: "w", Name: "w"}}, none: true}
			c.Workers = &fakeQueues{workers: []job.Worker{{ID: "w", Name: "w"}}}
		}, "1 plan is held."},
		{"all well", func(c *web.Config) {
			c.Plans = &fakePlans{}
			c.Jobs, c.Queues = &fakeJobs{}, &fakeQueues{workers: []job.Worker{{ID: "w", Name: "w"}}, none: true}
			c.Workers = &fakeQueues{workers: []job.Worker{{ID: "w", Name: "w"}}}
		}, "nothing waits for a person"},
	} {
		c := web.Config{Queues: all, Workers: all}
		tt.config(&c)
		if body := get(t, dashboard(t, c), "/overview").Body.String(); !strings.Contains(body, tt.want) {
			t.Errorf("%s: the page lacks %q: %s", tt.name, tt.want, body[strings.Index(body, "id=\"light\""):][:300])
		}
	}
}

func TestTheOverviewTellsOfTheLastDaysAndOfToday(t *testing.T) {
	f := campusTimetable()
	f.slots = map[string][]job.Slot{"sis.main": {{Schedule: "sis.main", Due: noon.Add(-time.Hour), Outcome: job.SlotMissed}}, "digest": {{Schedule: "digest", Due: noon.Add(-time.Hour), Outcome: job.SlotRanLate}}}
	h := dashboard(t, web.Config{Timetable: f, Schedules: f, RunSchedule: f.run})
	says(t, get(t, h, "/overview"), 200, "1 schedule missed its last slot, 1 schedule was late", "Jobs that ended on each day", "Changes today")
	viewer := apitest.As(auth.Who{Name: "vera", Grants: []auth.Grant{{Role: auth.Viewer}}}, h.(local).Dashboard)
	if body := get(t, viewer, "/overview").Body.String(); strings.Contains(body, "Changes today") {
		t.Error("a viewer is shown the audit")
	}
}

func TestTheOverviewTellsHowLongJobsStandAndWhatWorkersRun(t *testing.T) {
	h := dashboard(t, web.Config{})
	says(t, get(t, h, "/overview"), 200, ">40 ms<", ">1 min 35 s<span class=\"note\">of 1,200</span>", "of the newest 1,204 jobs that began within the last hour", "Builds of workers", ">v0.1.0<", ">unknown<")
	if body := get(t, dashboard(t, web.Config{Jobs: &fakeJobs{}}), "/overview").Body.String(); strings.Contains(body, "within the last hour") {
		t.Error("the page tells of waits though no job has begun")
	}
}

func TestAPageCountsJobsOnce(t *testing.T) {
	for _, path := range []string{"/overview", "/jobs"} {
		jobs := campusDay()
		get(t, dashboard(t, web.Config{Jobs: jobs}), path)
		if jobs.counted != 1 {
			t.Errorf("%s counted the jobs %d times", path, jobs.counted)
		}
	}
}
