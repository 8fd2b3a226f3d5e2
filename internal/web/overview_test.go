package web_test

import (
	"strings"
	"testing"

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
		{"troubles", func(*web.Config) {}, "1 job is stuck, 1 job is held, 1 queue has jobs and no worker."},
		{"unsafe", func(c *web.Config) { c.Unsafe = func() []string { return []string{"x"} } }, "Redis may lose jobs, 1 job is stuck"},
		{"no worker", func(c *web.Config) { c.Workers = &fakeQueues{} }, "No worker is up, 1 job is held"},
		{"all well", func(c *web.Config) {
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
