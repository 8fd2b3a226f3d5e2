package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// audited returns the API behind a guard that has changes written down.
func audited(t *testing.T, p *apitest.Platform, token string) http.Handler {
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	routes := serve(t, p)
	audit := &api.Auditor{Log: apitest.Ledger{Platform: p}, Route: routes.Route, Now: func() time.Time { return apitest.Now }, Slog: log}
	return api.Guard(routes, api.GuardOptions{Token: token, Audit: audit, Log: log})
}

func change(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// said is what of an entry does not differ from run to run.
type said struct {
	Method, Route, Target, Content, Reason string
	Status                                 int
	Outcome                                string
}

func lastSaid(t *testing.T, p *apitest.Platform) (s said) {
	t.Helper()
	all := p.Audited()
	if len(all) == 0 {
		t.Fatal("nothing was audited")
	}
	e := all[len(all)-1]
	s = said{e.Method, e.Route, e.Target, e.Content, e.Reason, e.Answered(), ""}
	if e.Outcome != nil {
		s.Outcome = e.Outcome.Content
	}
	return s
}

func TestEveryChangeIsAudited(t *testing.T) {
	for name, tt := range map[string]struct {
		method, path, body string
		want               said
	}{
		"no words": {
			"POST", "/api/v1/jobs/running/abort", "",
			said{"POST", "/api/v1/jobs/{id}/abort", "jobs/running", "", "", 200, ""},
		},
		"refused": {
			"POST", "/api/v1/jobs/failed/abort", "",
			said{"POST", "/api/v1/jobs/{id}/abort", "jobs/failed", "", "", 409, ""},
		},
		"reason": {
			"POST", "/api/v1/locks:break", `{"job":"running","reason":"the LMS was restored"}`,
			said{"POST", "/api/v1/locks:break", "jobs/running", `{"job":"running","reason":"the LMS was restored"}`, "the LMS was restored", 200, ""},
		},
		"query": {
			"DELETE", "/api/v1/schedules/no%2Fbody?reason=old", "",
			said{"DELETE", "/api/v1/schedules/{name}", "schedules/no/body", `{"reason":"old"}`, "old", 404, ""},
		},
		"before and after": {
			"POST", "/api/v1/clients/closed/enable", "",
			said{
				"POST", "/api/v1/clients/{name}/enable", "clients/closed", "", "", 200,
				`{"after":{"disabled":false,"name":"closed","title":"Closed"},"before":{"disabled":true,"name":"closed","title":"Closed"}}`,
			},
		},
		"secrets": {
			"POST", "/api/v1/schedules", `{"name":"x","args":{"api_token":"hunter2","list":[{"Password":"hunter2"}],"n":12345678901234567890,"json":"{\"secret\":\"hunter2\"}","cut":"{\"secret\":\"hunter2"}}`,
			said{
				"POST", "/api/v1/schedules", "schedules/x",
				`{"args":{"api_token":"***","cut":"(18 bytes that cannot be read)","json":{"secret":"***"},"list":[{"Password":"***"}],"n":12345678901234567890},"name":"x"}`, "", 400, "",
			},
		},
		"no JSON": {
			"POST", "/api/v1/clients", `{"password":"hunter2"`,
			said{"POST", "/api/v1/clients", "clients", "(21 bytes that cannot be read)", "", 400, ""},
		},
		"a look at all that is kept about a person": {
			"GET", "/api/v1/syncs/main/people/p-1", "",
			said{"GET", "/api/v1/syncs/{name}/people/{person}", "syncs/main/people/p-1", "", "", 200, ""},
		},
		"a plan of a sync": {
			"POST", "/api/v1/syncs/main/plans/nowhere/reject", `{"reason":"not yet"}`,
			said{"POST", "/api/v1/syncs/{name}/plans/{plan}/reject", "syncs/main/plans/nowhere", `{"reason":"not yet"}`, "not yet", 404, ""},
		},
		"batch": {
			"POST", "/api/v1/jobs:batch", `{"task":"cache.clear"}` + "\n" + `{"task":"nothing"}` + "\n",
			said{"POST", "/api/v1/jobs:batch", "jobs", "", "", 200, `{"lines":2,"refused":1}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := seeded()
			w := change(audited(t, p, ""), tt.method, tt.path, tt.body)
			if diff := cmp.Diff(tt.want, lastSaid(t, p)); diff != "" {
				t.Errorf("the entry (-want +got):\n%s\nanswer: %s", diff, w.Body)
			}
			if e := p.Audited()[0]; len(p.Audited()) != 1 || e.Actor != "local" || e.RequestID != w.Header().Get("X-Request-Id") || e.RequestID == "" {
				t.Errorf("by %q in request %q, of %d entries", e.Actor, e.RequestID, len(p.Audited()))
			}
		})
	}
}

func TestWhatChangesNothingIsNotAudited(t *testing.T) {
	p := seeded()
	h := audited(t, p, "")
	change(h, "GET", "/api/v1/jobs", "")
	change(h, "POST", "/api/v1/nowhere", "")
	change(h, "PUT", "/api/v1/jobs/running", "")
	change(h, "POST", "/api/v1/schedules:preview", `{}`)
	if w := change(h, "POST", "/api/v1/jobs", `{"task":"cache.clear"}`); w.Code != http.StatusCreated {
		t.Errorf("a new job: %d %s", w.Code, w.Body)
	}
	if all := p.Audited(); len(all) > 0 {
		t.Errorf("audited: %+v", all)
	}
}

func TestLongWordsAreCutInTheAudit(t *testing.T) {
	p := seeded()
	change(audited(t, p, ""), "POST", "/api/v1/clients", `{"name":"`+strings.Repeat("é", 5000)+`"}`)
	s := lastSaid(t, p)
	if len(s.Content) > 4096 || !strings.HasSuffix(s.Content, "é … [cut: 10011 bytes in all]") {
		t.Errorf("%d bytes: …%s", len(s.Content), s.Content[max(0, len(s.Content)-60):])
	}
	change(audited(t, p, ""), "POST", "/api/v1/clients", strings.Repeat("x", 2<<20))
	if s := lastSaid(t, p); s.Content != "(the body is longer than 1 MiB)" || s.Status != http.StatusBadRequest {
		t.Errorf("a body that is too long: %+v", s)
	}
}

func TestNothingButJobsChangesThatCannotBeAudited(t *testing.T) {
	p := seeded()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	done := 0
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { done++ })
	routes := serve(t, p)
	audit := &api.Auditor{Log: apitest.Ledger{Platform: p}, Route: routes.Route, Now: time.Now, Slog: log}
	h := api.Guard(next, api.GuardOptions{Audit: audit, Log: log})
	p.StopLedger()
	w := change(h, "POST", "/api/v1/locks:break", "")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "nothing was changed") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if done != 0 {
		t.Error("it was carried out all the same")
	}
	for i, path := range []string{"/api/v1/jobs", "/api/v1/jobs:batch", "/api/v1/jobs/running/abort", "/api/v1/jobs/failed/retry"} {
		if w := change(h, "POST", path, ""); w.Code != http.StatusOK || done != i+1 {
			t.Errorf("%s is refused: %d", path, w.Code)
		}
	}
}

func TestWhoIsNotLetInIsAuditedUpToAPoint(t *testing.T) {
	p := seeded()
	h := audited(t, p, "s3cret")
	for range 100 {
		change(h, "POST", "/api/v1/jobs/running/abort", `{"x":"y"}`, "Authorization", "Bearer wrong")
	}
	want := said{"POST", "/api/v1/jobs/{id}/abort", "jobs/running", "", "", 401, ""}
	if diff := cmp.Diff(want, lastSaid(t, p)); diff != "" {
		t.Errorf("the entry (-want +got):\n%s", diff)
	}
	if all := p.Audited(); len(all) != 60 || all[0].Actor != "nobody" {
		t.Errorf("%d entries, by %q", len(all), all[0].Actor)
	}
	change(h, "POST", "/api/v1/jobs/running/abort", "", "Authorization", "Bearer s3cret")
	if s := lastSaid(t, p); s.Status != http.StatusOK {
		t.Errorf("who is let in: %+v", s)
	}
}

func TestTheAuditIsReadInPages(t *testing.T) {
	p := seeded()
	h := audited(t, p, "")
	for _, id := range []string{"running", "queued", "failed"} {
		change(h, "POST", "/api/v1/jobs/"+id+"/abort", "")
	}
	for path, want := range map[string][]string{
		"/api/v1/audit":                                      {"jobs/failed", "jobs/queued", "jobs/running"},
		"/api/v1/audit?before=5&limit=1":                     {"jobs/queued"},
		"/api/v1/audit?after=0&limit=2":                      {"jobs/running", "jobs/queued"},
		"/api/v1/audit?after=3":                              {"jobs/failed"},
		"/api/v1/audit?target=jobs/queued&actor=local":       {"jobs/queued"},
		"/api/v1/audit?actor=kim":                            nil,
		"/api/v1/audit?from=2026-09-01T08:00:01Z":            nil,
		"/api/v1/audit?to=2026-09-01T08:00:01Z&target=queue": nil,
	} {
		var got []string
		for _, e := range decoded[client.AuditList](t, change(h, "GET", path, "")).Entries {
			got = append(got, e.Target)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	for _, path := range []string{"/api/v1/audit?before=x", "/api/v1/audit?from=today", "/api/v1/audit?after=0&before=3", "/api/v1/audit?who=me"} {
		if w := change(h, "GET", path, ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if c := decoded[client.AuditCheck](t, change(h, "GET", "/api/v1/audit:verify", "")); c.Rows != 6 || c.Broken != nil {
		t.Errorf("got %+v", c)
	}
	p.Tamper(3)
	if c := decoded[client.AuditCheck](t, change(h, "GET", "/api/v1/audit:verify", "")); cmp.Diff(&job.AuditBreak{Seq: 3}, c.Broken, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Why" }, cmp.Ignore())) != "" {
		t.Errorf("got %+v", c.Broken)
	}
}
