package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

func TestBreaksLocksWithAReason(t *testing.T) {
	jobs := campusDay()
	h := dashboard(t, web.Config{Jobs: jobs})
	path := "/jobs/" + id(24) + "/break"
	form := url.Values{}
	for _, e := range elements(t, follow(t, h, "http://example.com/locks", path).Body.String()) {
		if e.tag == "input" {
			form.Set(e.attrs["name"], e.attrs["value"])
		}
	}
	if w := post(t, h, path, form); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Say why") {
		t.Errorf("without a reason: %d\n%s", w.Code, main(w))
	}
	form.Set("reason", "The LMS was restored")
	w := post(t, h, path, form)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/locks" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if j, _ := jobs.Job(t.Context(), id(24)); j.State != job.Queued || j.Reason != "The LMS was restored, says local" {
		t.Errorf("the job is %s: %s", j.State, j.Reason)
	}
}

func TestAWaitingJobLeadsToTheJobInTheWay(t *testing.T) {
	jobs := campusDay()
	jobs.change(id(30), func(j *job.Job) {
		j.Waiting = &job.Wait{Kind: job.WaitsForLock, For: "default/gradebook", Holder: id(24), Task: "moodle.stats", Since: at(-time.Minute)}
	})
	h := dashboard(t, web.Config{Jobs: jobs})
	for path, want := range map[string]string{
		"/jobs?state=waiting": `<span class="note">Waits for default/gradebook.</span><a class="holder" href="/jobs/` + id(24) + `">Held by moodle.stats for 1 min</a>`,
		"/jobs/" + id(30):     `<dt>In the way</dt><dd><a class="mono" href="/jobs/` + id(24) + `">`,
	} {
		if body := get(t, h, path).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%s lacks %s", path, want)
		}
	}
}

func TestAStuckJobStandsOut(t *testing.T) {
	jobs := campusDay()
	jobs.change(id(25), func(j *job.Job) { j.Aborting, j.Stuck, j.Crashes = true, true, 2 })
	h := dashboard(t, web.Config{Jobs: jobs})
	for path, wants := range map[string][]string{
		"/jobs":           {`Stuck</span>`, `Its workers died 2 times in a row.`},
		"/jobs/" + id(25): {`Stuck</span>`, `Was told to stop more than 30 s ago, and its code still runs on worker-2@ada.`, `Its workers died 2 times in a row.`},
	} {
		body := get(t, h, path).Body.String()
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
}

func TestEveryPageWarnsOfAnUnsafeRedis(t *testing.T) {
	h := dashboard(t, web.Config{Unsafe: func() []string { return []string{"Redis keeps nothing on disk."} }})
	for _, path := range []string{"/jobs", "/locks", "/messages", "/jobs/" + id(25)} {
		if body := get(t, h, path).Body.String(); !strings.Contains(body, "Redis keeps nothing on disk.") {
			t.Errorf("%s does not warn", path)
		}
	}
	if body := get(t, h, "/nowhere").Body.String(); strings.Contains(body, "Redis") {
		t.Error("a page that asks nobody anything warns all the same")
	}
}
