package web_test

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

// fakeErrors are groups of errors in memory, last seen first, and the errors of
// each, newest first.
type fakeErrors struct {
	groups []job.ErrorGroup
	errors map[string][]job.GroupedError
	asked  []job.ErrorFilter
}

func (f *fakeErrors) ErrorGroups(_ context.Context, filter job.ErrorFilter) (found []job.ErrorGroup, err error) {
	f.asked = append(f.asked, filter)
	for _, g := range f.groups {
		if (filter.Task == "" || filter.Task == g.Task) && strings.Contains(g.Pattern, filter.Text) &&
			(filter.Before == "" || g.Cursor() < filter.Before) && len(found) < filter.Limit {
			found = append(found, g)
		}
	}
	return found, nil
}

func (f *fakeErrors) ErrorGroup(_ context.Context, fingerprint, _ string) (job.ErrorGroup, error) {
	for _, g := range f.groups {
		if g.Fingerprint == fingerprint {
			return g, nil
		}
	}
	return job.ErrorGroup{}, fault.New(fault.NotFound, "There is no group of errors %q.", fingerprint)
}

func (f *fakeErrors) GroupErrors(_ context.Context, fingerprint, _, before string, limit int) ([]job.GroupedError, error) {
	all := f.errors[fingerprint]
	if before != "" {
		all = all[slices.IndexFunc(all, func(e job.GroupedError) bool { return e.Cursor() == before })+1:]
	}
	return all[:min(len(all), limit)], nil
}

// campusErrors are two kinds of errors: 60 people who are missing, and somebody
// who means no good.
func campusErrors() *fakeErrors {
	f := &fakeErrors{errors: map[string][]job.GroupedError{}}
	add := func(fingerprint, pattern string, n int, e job.GroupedError) {
		e.JobID, e.Client, e.At = id(25), "default", noon.Add(-time.Minute)
		for i := range n {
			e.Seq = cmp.Or(e.Seq, int64(n-i))
			f.errors[fingerprint] = append(f.errors[fingerprint], e)
			e.Seq = 0
		}
		f.groups = append(f.groups, job.ErrorGroup{
			Fingerprint: fingerprint, Task: "sis.registrations.process", Code: "REF_PERSON", Pattern: pattern, Errors: int64(n), Jobs: 1, Clients: 2,
			First: noon.Add(-time.Hour), Last: noon.Add(-time.Minute), JobID: id(25), Message: e.Message,
		})
	}
	add("b2", "The person {id} is not in users.csv", 60, job.GroupedError{RecordError: job.RecordError{Key: "users.csv:7", Message: "The person U-9 is not in users.csv"}})
	add("a1", `<script>alert({value})</script>`, 1, job.GroupedError{RecordError: job.RecordError{Key: "<b>", Message: `<script>alert("x")</script>`}})
	return f
}

func TestPagesOfErrors(t *testing.T) {
	h := dashboard(t, web.Config{})
	for path, want := range map[string]string{
		"/errors":                   "2 kinds of errors, last seen first.",
		"/errors?client=riverside":  `href="/errors/b2?client=riverside"`,
		"/errors?q=script":          `&lt;script&gt;alert({value})&lt;/script&gt;`,
		"/errors?q=nothing":         "No error matches",
		"/errors?task=old.task":     "<option selected>old.task</option>",
		"/jobs":                     `<a href="/errors">`,
		"/errors/b2":                "60 errors of 1 job of 2 clients.",
		"/errors/b2?client=default": `href="/api/v1/errors/b2?client=default&amp;format=csv"`,
		"/errors/a1":                `<td class="text">&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;</td>`,
		"/errors/b2?before=":        `rel="next"`,
	} {
		if w := get(t, h, path); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("GET %s: %d, lacks %s:\n%s", path, w.Code, want, main(w))
		}
	}
	if w := get(t, h, "/errors/nothing"); w.Code != 404 || !strings.Contains(w.Body.String(), `href="/errors">See all errors`) {
		t.Errorf("a group that is none: %d\n%s", w.Code, main(w))
	}
	if w := get(t, h, "/errors?from=monday"); w.Code != 400 || !strings.Contains(w.Body.String(), "monday") {
		t.Errorf("a day that is none: %d\n%s", w.Code, main(w))
	}
}

func TestTheDaysOfAFilterAreWhole(t *testing.T) {
	f := campusErrors()
	get(t, dashboard(t, web.Config{Errors: f}), "/errors?from=2026-09-01&to=2026-09-02")
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	if got := f.asked[0]; !got.From.Equal(day) || !got.To.Equal(day.AddDate(0, 0, 2)) {
		t.Errorf("asked for %s to %s", got.From, got.To)
	}
}

func TestEveryErrorOfAGroupIsOnAPage(t *testing.T) {
	h := dashboard(t, web.Config{})
	older := "/errors/b2?" + url.Values{"before": {campusErrors().errors["b2"][49].Cursor()}}.Encode()
	body := follow(t, h, "/errors/b2", strings.ReplaceAll(older, "&", "&amp;")).Body.String()
	if n := strings.Count(body, "The person U-9 is not in users.csv</td>"); n != 10 {
		t.Errorf("the second page has %d of 10 errors", n)
	}
	if !strings.Contains(body, fmt.Sprintf(`href="/errors/%s"`, "b2")) {
		t.Error("the second page does not lead to the newest")
	}
}
