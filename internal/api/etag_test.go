package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
)

// tagged sends a request with one header.
func tagged(h http.Handler, method, target, body, header, value string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set(header, value)
	apitest.As(auth.Local, h).ServeHTTP(w, r)
	return w
}

func TestAnOldTagChangesNothing(t *testing.T) {
	p := seeded()
	p.SeedSchedule(job.Schedule{Name: "own", Task: "cache.clear", Client: "default", Rule: job.NewRule("0 3 * * *", "UTC", json.RawMessage("{}")), Created: apitest.Now})
	h := serve(t, p)
	do(h, "PUT", "/api/v1/calendars/holidays", `{"exclusions":[{"title":"May Day","from":"05-01"}],"reason":"Known."}`)
	do(h, "PUT", "/api/v1/limits", `{"task":"cache.clear","max":2}`)
	edit := func(to string) string { return `{"set":{"owner":"` + to + `"},"reason":"Hers now."}` }
	for _, tt := range []struct{ read, method, target, first, second, sorry string }{
		{"/api/v1/schedules/own", "PATCH", "/api/v1/schedules/own", edit("anna"), edit("ben"), "not as you saw it any more"},
		{"/api/v1/schedules/own", "PATCH", "/api/v1/schedules/own", edit("carl"), "", ""},
		{"/api/v1/calendars/holidays", "PUT", "/api/v1/calendars/holidays", `{"title":"A","exclusions":[{"from":"05-01"}],"reason":"x"}`, `{"title":"B","exclusions":[{"from":"05-01"}],"reason":"x"}`, "changed it. Nothing of yours was saved"},
		{"/api/v1/clients/default", "POST", "/api/v1/clients/default", `{"title":"A"}`, `{"title":"B"}`, "The client default is not as you saw it any more"},
		{"/api/v1/limits", "PUT", "/api/v1/limits", `{"task":"cache.clear","max":3}`, `{"task":"cache.clear","max":4}`, "not as you saw it any more"},
	} {
		tag := do(h, "GET", tt.read, "").Header().Get("ETag")
		first := tagged(h, tt.method, tt.target, tt.first, "If-Match", tag)
		if tag == "" || first.Code != 200 {
			t.Errorf("%s with %s: %d %s", tt.target, tag, first.Code, first.Body)
		}
		if tt.second == "" {
			continue
		}
		second := tagged(h, tt.method, tt.target, tt.second, "If-Match", tag)
		if second.Code != 412 || !strings.Contains(second.Body.String(), tt.sorry) {
			t.Errorf("%s with the old %s: %d %s", tt.target, tag, second.Code, second.Body)
		}
	}
	for target, sorry := range map[string]string{
		"/api/v1/schedules/own?reason=x": "The schedule own", "/api/v1/calendars/holidays?reason=x": "The calendar holidays", "/api/v1/limits?task=cache.clear": "What the limits are",
	} {
		if w := tagged(h, "DELETE", target, "", "If-Match", `"0", "old"`); w.Code != 412 || !strings.Contains(w.Body.String(), sorry) {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
		if w := tagged(h, "DELETE", target, "", "If-Match", "*"); w.Code != 200 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

func TestWhatOneHasIsNotSentAgain(t *testing.T) {
	h := serve(t, seeded())
	for _, target := range []string{"/api/v1/schedules/roster.sync", "/api/v1/clients/default"} {
		tag := do(h, "GET", target, "").Header().Get("ETag")
		if w := tagged(h, "GET", target, "", "If-None-Match", `"x", `+tag); w.Code != 304 || w.Body.Len() > 0 || w.Header().Get("ETag") != tag {
			t.Errorf("%s with %s: %d %s", target, tag, w.Code, w.Body)
		}
		if w := tagged(h, "GET", target, "", "If-None-Match", `"x"`); w.Code != 200 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestABatchHasAKeyInEachLine(t *testing.T) {
	if w := tagged(serve(t, seeded()), "POST", "/api/v1/jobs:batch", `{"task":"cache.clear"}`, "Idempotency-Key", "k"); w.Code != 400 || !strings.Contains(w.Body.String(), "give each line a key") {
		t.Error(w.Code, w.Body)
	}
}

func TestADryRunShowsNoJobOfOthers(t *testing.T) {
	h, paul := serve(t, house()), people["power user"]
	for _, verb := range []string{"abort", "retry"} {
		for _, id := range []string{"hers", "far", "nobody"} {
			w := askedBy(h, paul, "POST", "/api/v1/jobs:"+verb, `{"ids":["mine","`+id+`"],"dry_run":true}`)
			if w.Code != 404 || strings.Contains(w.Body.String(), "mark-of") || !strings.Contains(w.Body.String(), "There is no job "+id) {
				t.Errorf("%s %s: %d %s", verb, id, w.Code, w.Body)
			}
		}
		w := askedBy(h, paul, "POST", "/api/v1/jobs:"+verb, `{"filter":"state:failed,running client:north","dry_run":true}`)
		if strings.Contains(w.Body.String(), "hers") || strings.Contains(w.Body.String(), "far") {
			t.Errorf("%s: %s", verb, w.Body)
		}
	}
}
