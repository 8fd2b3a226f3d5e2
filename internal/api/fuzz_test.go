package api_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
)

// targets are the routes that take a query.
var targets = []string{
	"/api/v1/jobs", "/api/v1/jobs/succeeded/errors", "/api/v1/jobs/succeeded/logs", "/api/v1/schedules/roster.sync/slots",
	"/api/v1/schedules/roster.sync/slots:check", "/api/v1/schedules/roster.sync/next", "/api/v1/schedules/roster.sync/changes", "/api/v1/forecast", "/api/v1/recoveries",
}

func FuzzNoQueryIsOurFault(f *testing.F) {
	for i, seed := range []string{"state=running,%zz", "limit=-1&errors=2", "from=2026-02-31T00:00:00Z", "after=9999999999999999999", "before=%00&task=%ff", ";;&=&", "from=0000-01-01T00:00:00Z&n=500", "q=state:failed+run>5m+payload.a:1+task:x", "q=tag:drill+tag:Term", "before=c1.AAAA&count=1", "q=%22&format=csv", "from=9999-12-31T23:59:59Z&to=0001-01-01T00:00:00Z"} {
		f.Add(i%len(targets), seed)
	}
	h := serve(f, seeded())
	f.Fuzz(func(t *testing.T, which int, query string) {
		r := httptest.NewRequest("GET", targets[uint(which)%uint(len(targets))], nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		apitest.As(auth.Local, h).ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s: %d %s", r.URL, w.Code, w.Body)
		}
	})
}

// forms are the routes that take a body.
var forms = [][2]string{
	{"POST", "/api/v1/jobs"},
	{"POST", "/api/v1/jobs/running/abort"},
	{"POST", "/api/v1/jobs/failed/retry"},
	{"POST", "/api/v1/schedules/roster.sync/run"},
	{"POST", "/api/v1/jobs:batch"},
	{"POST", "/api/v1/jobs:abort"},
	{"POST", "/api/v1/jobs:retry"},
	{"POST", "/api/v1/locks:break"},
	{"POST", "/api/v1/leader:depose"},
	{"POST", "/api/v1/clients"},
	{"POST", "/api/v1/clients/default"},
	{"POST", "/api/v1/clients/default/disable"},
	{"POST", "/api/v1/schedules"},
	{"POST", "/api/v1/schedules:preview"},
	{"POST", "/api/v1/schedules:clashes"},
	{"POST", "/api/v1/recoveries/1/approve"},
	{"POST", "/api/v1/recoveries/1/reject"},
	{"PATCH", "/api/v1/schedules/roster.sync"},
	{"POST", "/api/v1/schedules/roster.sync/pause"},
	{"POST", "/api/v1/schedules/roster.sync/resume"},
	{"PUT", "/api/v1/calendars/holidays"},
}

func FuzzNoBodyIsOurFault(f *testing.F) {
	for i, seed := range []string{
		`{"task":"roster.sync","args":{"school":"1"},"in":"9999999h"}`, `{"task":"roster.sync","args":[]}`, `{"at":"0000-00-00T00:00:00Z"}`,
		`{"client":{}}`, `{"filter":"state:failed \"","expect":-1}`, `{"ids":["running","none"],"dry_run":true}`, `{"name":"a","title":"\ud800"}`, `{"title":""}`, "{}\x00", `{"reason":"\ud800"}`, `{"name":7}`,
		`{"name":"roster.sync:x","from":"roster.sync","reason":"r","rule":{"cron":"every day at 09:00","labels":{"":""}}}`,
		`{"rule":{"jitter_seconds":1e300,"ends_at":"2026-13-01T00:00:00Z"},"n":-1}`,
		`{"set":{"args":null,"cron":7,"base":{}},"revert":["*"],"revision":1,"reason":"r"}`,
		`{"until":"9999-12-31T23:59:59.999999999-23:59","note":"n"}`, `{"reason":" "}`,
		`{"exclusions":[{"from":"02-29","to":"2026-02-30","weekdays":["someday"],"end":"25:00"}],"revision":1,"reason":"r"}`,
	} {
		f.Add(i%len(forms), seed)
	}
	f.Fuzz(func(t *testing.T, which int, body string) {
		form := forms[uint(which)%uint(len(forms))]
		h := serve(t, seeded())
		w := do(h, form[0], form[1], body)
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
		apitest.As(auth.Local, h).ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s: %d %s", u, w.Code, w.Body)
		}
	})
}
