package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

func TestAbortsWithoutAScript(t *testing.T) {
	jobs := campusDay()
	h := dashboard(t, web.Config{Jobs: jobs})

	list := elements(t, get(t, h, "/jobs?state=running").Body.String())
	var confirm string
	for _, href := range attrs(list, "a", "href") {
		if strings.HasPrefix(href, "/jobs/"+id(25)+"/abort") {
			confirm = href
		}
	}
	form := url.Values{}
	for _, e := range elements(t, follow(t, h, "http://example.com/jobs?state=running", confirm).Body.String()) {
		if e.tag == "input" {
			form.Set(e.attrs["name"], e.attrs["value"])
		}
	}
	w := post(t, h, "/jobs/"+id(25)+"/abort", form)

	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/jobs?state=running" {
		t.Errorf("got %d to %q, want 303 back to the list", w.Code, w.Header().Get("Location"))
	}
	if j, _ := jobs.Job(t.Context(), id(25)); j.State != job.Aborted || j.Reason != "Aborted by local" {
		t.Errorf("the job is %s: %s", j.State, j.Reason)
	}
}

func TestSaysWhyAJobCannotBeAborted(t *testing.T) {
	w := post(t, dashboard(t, web.Config{}), "/jobs/"+id(20)+"/abort", nil)
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "has already ended") {
		t.Errorf("got %d:\n%s", w.Code, w.Body)
	}
	if !strings.Contains(w.Body.String(), `href="/jobs/`+id(20)+`"`) {
		t.Error("the page does not lead back to the job")
	}
}

func TestRetryLeadsToTheNewJob(t *testing.T) {
	jobs := campusDay()
	w := post(t, dashboard(t, web.Config{Jobs: jobs}), "/jobs/"+id(13)+"/retry", nil)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/jobs/"+jobs.jobs[0].ID || jobs.jobs[0].RetryOf != id(13) {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
}

// A job that succeeded is refused to be retried, so no button may offer it.
func TestOnlyWhatCanBeRetriedHasAButton(t *testing.T) {
	h := dashboard(t, web.Config{})
	for n, want := range map[int]bool{31: true, 30: false, 29: false, 25: false, 20: false, 15: true, 14: false, 13: true, 12: true, 11: true} {
		if got := strings.Contains(get(t, h, "/jobs/"+id(n)).Body.String(), "/jobs/"+id(n)+"/retry"); got != want {
			t.Errorf("job %d has a button: %v, want %v", n, got, want)
		}
	}
}

func TestAJobThatWasToldToStopHasNoAbortButton(t *testing.T) {
	jobs := campusDay()
	jobs.change(id(25), func(j *job.Job) { j.Aborting = true })
	h := dashboard(t, web.Config{Jobs: jobs})
	for _, path := range []string{"/jobs", "/jobs/" + id(25)} {
		body := get(t, h, path).Body.String()
		if strings.Contains(body, "/jobs/"+id(25)+"/abort") {
			t.Errorf("%s offers to abort it again", path)
		}
		if !strings.Contains(strings.ToLower(body), "stopping") {
			t.Errorf("%s does not say that it is stopping", path)
		}
	}
}

func TestNobodyIsLedToAnotherSite(t *testing.T) {
	h := dashboard(t, web.Config{Door: &fakeDoor{}})
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)", "/\t/evil.example", "evil", "///evil.example", "%"} {
		for path, want := range map[string]string{"/login": "/jobs", "/jobs/" + id(25) + "/abort": "/jobs/" + id(25)} {
			h := h
			if path != "/login" {
				h = dashboard(t, web.Config{})
			}
			w := post(t, h, path, url.Values{"next": {next}, "token": {"x"}})
			if got := w.Header().Get("Location"); got != want {
				t.Errorf("%s with next=%q leads to %q", path, next, got)
			}
		}
	}
}

func follow(t *testing.T, h http.Handler, from, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", path, http.NoBody)
	r.Header.Set("Referer", from)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
