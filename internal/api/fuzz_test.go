package api_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// targets are the routes that take a query.
var targets = []string{
	"/api/v1/jobs", "/api/v1/jobs/succeeded/errors", "/api/v1/jobs/succeeded/logs", "/api/v1/schedules/roster.sync/slots",
}

func FuzzNoQueryIsOurFault(f *testing.F) {
	for i, seed := range []string{"state=running,%zz", "limit=-1&errors=2", "from=2026-02-31T00:00:00Z", "after=9999999999999999999", "before=%00&task=%ff", ";;&=&"} {
		f.Add(i%len(targets), seed)
	}
	h := serve(f, seeded())
	f.Fuzz(func(t *testing.T, which int, query string) {
		r := httptest.NewRequest("GET", targets[uint(which)%uint(len(targets))], nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s: %d %s", r.URL, w.Code, w.Body)
		}
	})
}

// forms are the routes that take a body.
var forms = []string{
	"/api/v1/jobs", "/api/v1/jobs/running/abort", "/api/v1/jobs/failed/retry", "/api/v1/schedules/roster.sync/run",
	"/api/v1/jobs:batch", "/api/v1/locks:break", "/api/v1/clients", "/api/v1/clients/default", "/api/v1/clients/default/disable",
}

func FuzzNoBodyIsOurFault(f *testing.F) {
	for i, seed := range []string{
		`{"task":"roster.sync","args":{"school":"1"},"in":"9999999h"}`, `{"task":"roster.sync","args":[]}`, `{"at":"0000-00-00T00:00:00Z"}`,
		`{"client":{}}`, `{"name":"a","title":"\ud800"}`, `{"title":""}`, "{}\x00",
	} {
		f.Add(i%len(forms), seed)
	}
	f.Fuzz(func(t *testing.T, which int, body string) {
		h := serve(t, seeded())
		w := do(h, "POST", forms[uint(which)%uint(len(forms))], body)
		if w.Code >= 500 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	})
}

func FuzzNoPathIsOurFault(f *testing.F) {
	f.Add("jobs/x")
	f.Add("jobs/%2e%2e/abort")
	h := serve(f, seeded())
	f.Fuzz(func(t *testing.T, path string) {
		u := &url.URL{Path: "/api/v1/" + strings.TrimLeft(path, "/")}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = u
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s: %d %s", u, w.Code, w.Body)
		}
	})
}
