package api_test

import (
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/job"
)

// mistaken is a platform with a job whose records went wrong in two ways.
func mistaken() *apitest.Platform {
	p := apitest.New()
	p.Seed(job.Job{ID: "j1", State: job.Succeeded})
	p.SeedErrors("j1",
		job.RecordError{Seq: 1, Key: "=SUM(A1)", Code: "@BAD", Message: "-1 is no date", At: apitest.Now},
		job.RecordError{Seq: 2, Key: "b", Code: "@BAD", Message: "-2 is no date", At: apitest.Now},
		job.RecordError{Seq: 3, Key: "c", Code: "GONE", Message: "the school went away", At: apitest.Now.Add(1)})
	return p
}

func TestErrorsAreListedByGroup(t *testing.T) {
	group := "/api/v1/errors/" + job.Fingerprint("roster.sync", "@BAD", "-{n} is no date")
	h := serve(t, mistaken())
	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"/api/v1/errors", 200, `"pattern":"-{n} is no date","errors":2,"jobs":1,"clients":1`},
		{"/api/v1/errors?q=SCHOOL", 200, `{"groups":[{"fingerprint":"` + job.Fingerprint("roster.sync", "GONE", "the school went away")},
		{"/api/v1/errors?limit=1", 200, `"next":"`},
		{"/api/v1/errors?task=cache.clear", 200, `{"groups":[]}`},
		{"/api/v1/errors?client=north", 200, `{"groups":[]}`},
		{"/api/v1/errors?from=2026-10-01T00:00:00Z", 200, `{"groups":[]}`},
		{"/api/v1/errors?from=monday", 400, "Parameter from"},
		{"/api/v1/errors?limit=0", 400, "Parameter limit"},
		{group, 200, `"errors":[{"seq":2,`},
		{group + "?limit=1", 200, `"next":"1788249600000.2.j1"`},
		{group + "?before=1788249600000.2.j1", 200, `"errors":[{"seq":1,`},
		{group + "?before=x", 400, "not where a page begins"},
		{group + "?client=north", 404, "There is no group of errors"},
		{group + "?format=xml", 400, "json or csv"},
		{"/api/v1/errors/nothing", 404, "There is no group of errors"},
	} {
		w := do(h, "GET", tt.path, "")
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("GET %s: %d %s; want %d and %s", tt.path, w.Code, w.Body, tt.status, tt.want)
		}
	}
}

func TestTheFileOfAGroupHoldsNoFormulas(t *testing.T) {
	w := do(serve(t, mistaken()), "GET", "/api/v1/errors/"+job.Fingerprint("roster.sync", "@BAD", "-{n} is no date")+"?format=csv", "")
	want := "job,client,number,attempt,record,code,message,at\n" +
		"j1,default,2,0,b,'@BAD,'-2 is no date,2026-09-01T08:00:00Z\n" +
		"j1,default,1,0,'=SUM(A1),'@BAD,'-1 is no date,2026-09-01T08:00:00Z\n"
	if got := w.Body.String(); got != want || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
		t.Errorf("got %s\n%s\nwant\n%s", w.Header().Get("Content-Type"), got, want)
	}
}
