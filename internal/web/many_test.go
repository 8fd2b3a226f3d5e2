package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

// hidden are the fields that a form carries along, as a browser sends them.
func hidden(page []element) url.Values {
	form := url.Values{}
	for _, e := range page {
		if e.tag == "input" && e.attrs["type"] == "hidden" {
			form.Add(e.attrs["name"], e.attrs["value"])
		}
	}
	return form
}

// A slowPage knows until when it may be written.
type slowPage struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (s *slowPage) SetWriteDeadline(t time.Time) error {
	s.until = t
	return nil
}

func TestManyJobsMayTakeLongerThanAPage(t *testing.T) {
	form := url.Values{"id": {id(25), id(13)}, "expect": {"2"}}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/jobs:abort", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := &slowPage{ResponseRecorder: httptest.NewRecorder()}
	dashboard(t, web.Config{Jobs: campusDay()}).ServeHTTP(w, r)
	if w.Code != http.StatusOK || time.Until(w.until) < 50*time.Second {
		t.Errorf("%d, to be written until %s\n%s", w.Code, w.until, w.Body)
	}
}

func TestTheChosenAreAbortedAfterAQuestion(t *testing.T) {
	jobs := campusDay()
	h := dashboard(t, web.Config{Jobs: jobs})
	list := elements(t, get(t, h, "/jobs").Body.String())
	if boxes := attrs(list, "input", "form"); len(boxes) != 11 { // all but four that succeeded, and the one for all
		t.Fatalf("%d boxes", len(boxes))
	}
	asked := get(t, h, "/jobs:abort?id="+id(25)+"&id="+id(13)+"&next=/jobs?q=state:running").Body.String()
	form := hidden(elements(t, asked))
	form.Set("reason", "moved")
	done := post(t, h, "/jobs:abort", form).Body.String()
	for _, want := range []string{"1 of 2 jobs aborted, or told to stop", "Job " + id(13) + " has already ended.", `href="/jobs?q=state:running"`} {
		if !strings.Contains(done, want) {
			t.Errorf("no %q in %s", want, done)
		}
	}
	if i := slices.IndexFunc(jobs.jobs, func(j job.Job) bool { return j.ID == id(25) }); jobs.jobs[i].State != job.Aborted {
		t.Errorf("the job is %s", jobs.jobs[i].State)
	}
}

func TestAWordConfirmsWhatIsDoneToMoreThanAHundred(t *testing.T) {
	jobs := &fakeJobs{}
	for i := range 120 {
		jobs.jobs = append(jobs.jobs, job.Job{ID: id(500 - i), Description: "Job", Task: "a", State: job.Failed, Created: noon})
	}
	h := dashboard(t, web.Config{Jobs: jobs})
	list := get(t, h, "/jobs?q=task:a").Body.String()
	if !strings.Contains(list, `href="/jobs:retry?next=%2Fjobs%3Fq%3Dtask%253Aa&amp;q=task%3Aa">Retry all that match`) || strings.Contains(list, "Abort all") {
		t.Fatal(list)
	}
	asked := get(t, h, "/jobs:retry?q=task:a").Body.String()
	if !strings.Contains(asked, "these 120 jobs?") || !strings.Contains(asked, "jobctl retry --filter &#39;task:a&#39;") {
		t.Fatal(asked)
	}
	form := hidden(elements(t, asked))
	form.Set("reason", "the mail is back")
	again := post(t, h, "/jobs:retry", form)
	if again.Code != 400 || !strings.Contains(again.Body.String(), "Type “retry” to confirm") || !strings.Contains(again.Body.String(), "the mail is back") || len(jobs.jobs) != 120 {
		t.Fatal(again.Code, again.Body)
	}
	form.Set("word", "retry")
	if done := post(t, h, "/jobs:retry", form); !strings.Contains(done.Body.String(), "120 of 120 jobs started again") {
		t.Error(done.Body)
	}
}

func TestNothingIsDoneWhereMoreMatchByNow(t *testing.T) {
	jobs := campusDay()
	h := dashboard(t, web.Config{Jobs: jobs})
	form := hidden(elements(t, get(t, h, "/jobs:abort?q=state:running").Body.String()))
	jobs.add(job.Job{ID: id(700), State: job.Running, Description: "Late"})
	again := post(t, h, "/jobs:abort", form)
	if again.Code != 409 || !strings.Contains(again.Body.String(), "There are 3 such jobs by now.") || hidden(elements(t, again.Body.String())).Get("expect") != "3" {
		t.Error(again.Code, again.Body)
	}
}

func TestWhoOnlyLooksIsOfferedNothingForMany(t *testing.T) {
	h := dashboard(t, web.Config{}).(local).Dashboard
	for role, want := range map[auth.Role]bool{auth.Viewer: false, auth.Operator: true} {
		body := asRole(h, who(role, ""), "GET", "/jobs?q=state:running").Body.String()
		for _, text := range []string{`id="many"`, `name="id"`} {
			if strings.Contains(body, text) != want {
				t.Errorf("%s for a %s is shown: %t", text, role, !want)
			}
		}
	}
	for _, path := range []string{"/jobs:abort", "/jobs:retry"} {
		if w := asRole(h, who(auth.Viewer, ""), "GET", path+"?q=state:running"); w.Code != 403 {
			t.Errorf("%s answers a viewer %d", path, w.Code)
		}
	}
}

func TestTheErrorsOfAJobOpenBesideTheList(t *testing.T) {
	h := dashboard(t, web.Config{})
	page := get(t, h, "/jobs/"+id(25)+"/errors").Body.String()
	for _, want := range []string{`class="confirm"`, "REF_PERSON", fmt.Sprintf(`href="/jobs/%s#errors">View all`, id(25)), fmt.Sprintf("/api/v1/jobs/%s/errors?format=csv", id(25))} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
}
