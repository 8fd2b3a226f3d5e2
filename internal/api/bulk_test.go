package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// crowd is a platform with queued jobs of two people, and some that ended.
func crowd(n int) *apitest.Platform {
	p := apitest.New()
	for i := range n {
		owner := []string{"anna", "paul"}[i%2]
		p.Seed(job.Job{ID: fmt.Sprintf("q%03d", i), State: job.Queued, Owner: owner, Created: apitest.Now.Add(-time.Duration(i) * time.Second), Description: "=HYPERLINK(1)"})
	}
	p.Seed(job.Job{ID: "failed", State: job.Failed, Owner: "anna", Error: "no course"})
	p.Seed(job.Job{ID: "done", State: job.Succeeded, Owner: "anna"})
	return p
}

func TestManyJobsAreStoppedAtOnce(t *testing.T) {
	h := serve(t, crowd(1100))
	for _, tt := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"abort", `{"filter":"owner:anna","dry_run":true}`, 200, `"count":550,"sample":[{`},
		{"abort", `{"filter":"owner:anna"}`, 400, "expect is required"},
		{"abort", `{"filter":"","dry_run":true}`, 400, "a filter or ids"},
		{"abort", `{"filter":"state:done","dry_run":true}`, 400, "no state"},
		{"abort", `{"filter":"owner:anna","expect":300}`, 409, "Nothing was done"},
		{"abort", `{"filter":"owner:anna","expect":545,"reason":"moved"}`, 200, `"count":550,"done":550`},
		{"abort", `{"ids":["q001","done"],"expect":2}`, 200, `"count":2,"done":1,"refused":[{"reason":"Job done has already succeeded.","jobs":1,"first":"done"}]`},
		{"retry", `{"filter":"error owner:anna","dry_run":true}`, 200, `"count":0`},
		{"retry", `{"filter":"course","expect":1}`, 200, `"done":1`},
	} {
		w := do(h, "POST", "/api/v1/jobs:"+tt.path, tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s %s: %d %s, want %d %s", tt.path, tt.body, w.Code, w.Body, tt.status, tt.want)
		}
	}
}

// A slowAnswer knows until when it may be written.
type slowAnswer struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (s *slowAnswer) SetWriteDeadline(t time.Time) error {
	s.until = t
	return nil
}

func TestManyJobsMayTakeLongerThanAnAnswer(t *testing.T) {
	for body, status := range map[string]int{`{"filter":"owner:anna","expect":20}`: http.StatusOK, `{"filter":"owner:anna","expect":-99}`: http.StatusConflict} {
		w := &slowAnswer{ResponseRecorder: httptest.NewRecorder()}
		apitest.As(auth.Local, serve(t, crowd(40))).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", "/api/v1/jobs:abort", strings.NewReader(body)))
		if w.Code != status || time.Until(w.until) < 50*time.Second {
			t.Errorf("%d %s, to be written until %s", w.Code, w.Body, w.until)
		}
	}
}

func TestOnlyWhatIsOnesOwnIsStopped(t *testing.T) {
	paul := auth.Who{Name: "paul", Grants: []auth.Grant{{Role: auth.PowerUser}}}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/api/v1/jobs:abort", strings.NewReader(`{"ids":["q000","q001"],"expect":2}`))
	apitest.As(paul, serve(t, crowd(2))).ServeHTTP(w, r)
	if w.Code != 200 && w.Code != http.StatusNotFound {
		t.Fatal(w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), `"done":2`) {
		t.Errorf("the job of another was stopped: %s", w.Body)
	}
}

func TestAListIsReadToItsEndByCursors(t *testing.T) {
	h := serve(t, crowd(30))
	next, seen := "", 0
	for {
		var list struct {
			Jobs  []job.Job
			Next  string
			Total int
		}
		w := do(h, "GET", "/api/v1/jobs?count=1&limit=7&q="+url.QueryEscape("state:queued owner:paul")+"&before="+next, "")
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || list.Total != 15 {
			t.Fatal(list.Total, err, w.Body)
		}
		seen += len(list.Jobs)
		if next = list.Next; next == "" {
			break
		}
	}
	if seen != 15 {
		t.Errorf("%d jobs, want 15", seen)
	}
	for query, want := range map[string]string{"before=c1.AA": "cursor", "q=colour:red": "There is no word", "q=task:a&task=b": "differ", "q=payload.a:1": "takes a task or a time", "format=xml": "csv"} {
		if w := do(h, "GET", "/api/v1/jobs?"+query, ""); w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}

func TestAListIsDownloadedWhole(t *testing.T) {
	h := serve(t, crowd(600))
	for format, want := range map[string]int{"csv": 601, "ndjson": 600} {
		w := do(h, "GET", "/api/v1/jobs?q=state:queued&format="+format, "")
		if diff := cmp.Diff(want, strings.Count(w.Body.String(), "\n")); diff != "" || w.Code != 200 {
			t.Errorf("%s: %d lines (-want +got)\n%s", format, w.Code, diff)
		}
		if format == "csv" && !strings.Contains(w.Body.String(), "'=HYPERLINK") {
			t.Errorf("a formula is live: %.300s", w.Body)
		}
	}
}
