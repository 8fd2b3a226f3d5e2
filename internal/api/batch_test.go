package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// answers reads the lines of an answer.
func answers(t *testing.T, w *httptest.ResponseRecorder) (lines []client.BatchLine) {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for text := range strings.Lines(w.Body.String()) {
		var line client.BatchLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestABatchAnswersEachLineInOrder(t *testing.T) {
	p := seeded()
	got := answers(t, do(serve(t, p), "POST", "/api/v1/jobs:batch", `{"task":"cache.clear","key":"k"}

{"task":"roster.sync"}
{"task":"nothing"}
{"task":
{"task":"cache.clear","prio":1}
{"task":"cache.clear","client":"closed"}
{"task":"cache.clear","in":"1h"}
{"task":"cache.clear","key":"k"}
{"task":"cache.clear","tags":["two words"]}`))

	want := []client.BatchLine{
		{Line: 1, State: job.Queued},
		{Line: 3, Error: &client.Problem{Code: "invalid", Message: "argument school is required: the school's id in the SIS", Field: "school"}},
		{Line: 4, Error: &client.Problem{Code: "invalid", Message: "There is no task nothing; jobctl tasks lists what there is.", Field: "task"}},
		{Line: 5, Error: &client.Problem{Code: "invalid", Message: "The body is not valid JSON: unexpected EOF."}},
		{Line: 6, Error: &client.Problem{Code: "invalid", Message: "There is no field prio; this request takes task, args, client, at, in, expires, description, key, tags, trace.", Field: "prio"}},
		{Line: 7, Error: &client.Problem{Code: "conflict", Message: `The client "closed" is disabled and takes no new jobs.`, Field: "client"}},
		{Line: 8, State: job.Scheduled},
		{Line: 9, State: job.Queued, Existing: true},
		{Line: 10, Error: &client.Problem{Code: "invalid", Message: `"two words" is no tag: a tag has 1 to 40 lower-case letters, digits and any of . - _ : and begins with a letter or digit.`, Field: "tags"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(client.BatchLine{}, "ID")); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if got[0].ID == "" || got[0].ID != got[7].ID || p.Enqueued() != 2 {
		t.Errorf("ids %q and %q, %d jobs", got[0].ID, got[7].ID, p.Enqueued())
	}
}

func TestABatchThatCannotBeReadStartsNothing(t *testing.T) {
	for name, tt := range map[string]struct{ body, want string }{
		"too many lines": {strings.Repeat("{\"task\":\"cache.clear\"}\n", 10_001), "The body has 10001 lines; 10000 is the most"},
		"too long":       {`{"task":"cache.clear"}` + strings.Repeat(" ", 32<<20), "The body is longer than 32 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			p := seeded()
			w := do(serve(t, p), "POST", "/api/v1/jobs:batch", tt.body)
			if w.Code != 400 || !strings.Contains(w.Body.String(), tt.want) || p.Enqueued() != 0 {
				t.Errorf("%d, %d jobs: %s", w.Code, p.Enqueued(), w.Body)
			}
		})
	}
}

func TestABatchComesBackLater(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(*apitest.Platform)
		after   string
		want    string
	}{
		"Redis is away":         {(*apitest.Platform).StopRedis, "7", "Redis does not answer."},
		"nobody records events": {func(p *apitest.Platform) { p.Lag(5000) }, "10", "5000 events wait to be recorded"},
		"Redis falters":         {func(p *apitest.Platform) { p.Falter(1) }, "1", "Redis does not answer."},
	} {
		t.Run(name, func(t *testing.T) {
			p := seeded()
			tt.prepare(p)
			h := api.New(api.Config{
				Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p}, MaxBacklog: 5000,
				Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: func() time.Time { return apitest.Now },
			})
			w := do(h, "POST", "/api/v1/jobs:batch", `{"task":"cache.clear"}`)
			if w.Code != 503 || w.Header().Get("Retry-After") != tt.after || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
			}
		})
	}
}

func TestWhatIsLeftOfABatchSaysThatItWasNotTried(t *testing.T) {
	p := seeded()
	p.FalterAfter(1, 1)
	got := answers(t, do(serve(t, p), "POST", "/api/v1/jobs:batch", strings.Repeat("{\"task\":\"cache.clear\"}\n", 2500)))
	away := 0
	for i, line := range got {
		if line.Line != i+1 || (line.ID == "") == (line.Error == nil) {
			t.Fatalf("line %d is %+v", i+1, line)
		}
		if line.Error != nil && line.Error.Code == "unavailable" {
			away++
		}
	}
	if len(got) != 2500 || p.Enqueued()+away != 2500 || away != 1500 {
		t.Errorf("%d answers, %d enqueued, %d away", len(got), p.Enqueued(), away)
	}
}

func TestAJobBelongsToTheTraceOfItsRequest(t *testing.T) {
	const header, field = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-11111111111111111111111111111111-00f067aa0ba902b7-01"
	for name, tt := range map[string]struct{ target, header, body, want string }{
		"header":           {"/api/v1/jobs", header, `{"task":"cache.clear"}`, header},
		"field":            {"/api/v1/jobs", header, `{"task":"cache.clear","trace":"` + field + `"}`, field},
		"unreadable":       {"/api/v1/jobs", "hello", `{"task":"cache.clear"}`, ""},
		"header of a list": {"/api/v1/jobs:batch", header, `{"task":"cache.clear"}`, header},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, apitest.New())
			r := httptest.NewRequest("POST", tt.target, strings.NewReader(tt.body))
			r.Header.Set("Traceparent", tt.header)
			w := httptest.NewRecorder()
			apitest.As(auth.Local, h).ServeHTTP(w, r)
			id := decoded[struct{ ID string }](t, w).ID
			if got := decoded[client.JobDetail](t, do(h, "GET", "/api/v1/jobs/"+id, "")).Job.Trace; got != tt.want {
				t.Errorf("trace = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAnotherJobMayStandForANewOne(t *testing.T) {
	p := apitest.New()
	p.Unique("cache.clear", job.Skip)
	h := serve(t, p)
	first := decoded[client.Enqueued](t, do(h, "POST", "/api/v1/jobs", `{"task":"cache.clear"}`))
	w := do(h, "POST", "/api/v1/jobs", `{"task":"cache.clear"}`)
	if second := decoded[client.Enqueued](t, w); w.Code != 200 || second.ID != first.ID || !second.Existing || first.Existing {
		t.Errorf("%d %+v after %+v", w.Code, second, first)
	}

	p.Unique("cache.clear", job.Reject)
	w = do(h, "POST", "/api/v1/jobs", `{"task":"cache.clear"}`)
	if w.Code != 409 || !strings.Contains(w.Body.String(), "Job "+first.ID+" does the same") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAJobKeepsWhenItExpires(t *testing.T) {
	w := do(serve(t, apitest.New()), "POST", "/api/v1/jobs", `{"task":"cache.clear","expires":"2026-09-01T10:00:00Z"}`)
	if got := decoded[client.Job](t, w); got.Expires == nil || !got.Expires.Equal(apitest.Now.Add(2*time.Hour)) {
		t.Errorf("expires at %v", got.Expires)
	}
}
