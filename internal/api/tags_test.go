package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestAJobHasTheTagsThatItWasGiven(t *testing.T) {
	p := seeded()
	h := serve(t, p)
	one := decoded[client.Job](t, do(h, "POST", "/api/v1/jobs", `{"task":"cache.clear","tags":["term-2026","drill","drill"]}`))
	many := answers(t, do(h, "POST", "/api/v1/jobs:batch", `{"task":"cache.clear","tags":["drill"]}`))
	for id, want := range map[string][]string{one.ID: {"drill", "term-2026"}, many[0].ID: {"drill"}} {
		if got := decoded[client.JobDetail](t, do(h, "GET", "/api/v1/jobs/"+id, "")); !cmp.Equal(want, got.Job.Tags) {
			t.Errorf("job %s has the tags %q, want %q", id, got.Job.Tags, want)
		}
	}
	if w := do(h, "POST", "/api/v1/jobs", `{"task":"cache.clear","tags":["Drill"]}`); w.Code != 400 ||
		!strings.Contains(w.Body.String(), `"field":"tags"`) || !strings.Contains(w.Body.String(), "lower-case letters") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestARepeatedJobKeepsItsTags(t *testing.T) {
	p := seeded()
	was := p.Seed(job.Job{ID: "drilled", Task: "cache.clear", State: job.Failed, Args: []byte("{}"), Tags: []string{"drill"}})
	again := decoded[client.Job](t, do(serve(t, p), "POST", "/api/v1/jobs/"+was.ID+"/retry", ""))
	if again.RetryOf != was.ID || !cmp.Equal(was.Tags, again.Tags) {
		t.Errorf("repeat of %q with the tags %q, want %q", again.RetryOf, again.Tags, was.Tags)
	}
}

func TestListsChooseByTags(t *testing.T) {
	p := seeded()
	p.Seed(job.Job{ID: "both", Task: "cache.clear", State: job.Succeeded, Tags: []string{"drill", "term-2026"}})
	p.Seed(job.Job{ID: "drill", Task: "cache.clear", State: job.Succeeded, Tags: []string{"drill"}})
	h := serve(t, p)
	if got := decoded[client.JobList](t, do(h, "GET", "/api/v1/jobs?q=tag:drill+tag:term-2026&count=1", "")); len(got.Jobs) != 1 || got.Jobs[0].ID != "both" {
		t.Errorf("found %+v, want the job with both tags", got.Jobs)
	}
	if w := do(h, "GET", "/api/v1/jobs?q=tag:Drill", ""); w.Code != 400 || !strings.Contains(w.Body.String(), `"field":"q"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for format, want := range map[string]string{"csv": ",drill term-2026,", "ndjson": `"tags":["drill","term-2026"]`} {
		if w := do(h, "GET", "/api/v1/jobs?q=tag:term-2026&format="+format, ""); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s", format, w.Body)
		}
	}
}
