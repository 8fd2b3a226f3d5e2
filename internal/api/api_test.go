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

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func serve(t testing.TB, p *apitest.Platform) *api.API {
	return api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p}, Locks: apitest.Locks{Platform: p}, Timetable: p.Timetable(), Syncs: p.Syncs(),
		Log:     slog.New(slog.NewTextHandler(t.Output(), nil)),
		Now:     func() time.Time { return apitest.Now },
		Version: "v1.2.3",
	})
}

// seeded returns a platform with a job in each interesting state.
func seeded() *apitest.Platform {
	p := apitest.New()
	for _, s := range job.States {
		p.Seed(job.Job{ID: string(s), State: s, Attempt: 1, Description: "School 17"})
	}
	p.SeedErrors("succeeded",
		job.RecordError{Seq: 1, Attempt: 1, Key: "enrollments.csv:17", Code: "BAD_DATE", Message: "=cmd()|x", At: apitest.Now},
		job.RecordError{Seq: 2, Attempt: 1, Key: "+1", Code: "REF_PERSON", Message: "Nobody, \"really\"", At: apitest.Now})
	p.SeedLogs("succeeded", job.LogLine{Seq: 1, Level: "info", Text: "syncing", At: apitest.Now})
	p.SeedClient(job.Client{Name: "closed", Title: "Closed", Disabled: true})
	return p
}

func do(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	apitest.As(auth.Local, h).ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

func decoded[T any](t *testing.T, w *httptest.ResponseRecorder) (answer T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%v in %d %s", err, w.Code, w.Body)
	}
	return answer
}

func TestAnswersEachRequestByItsSense(t *testing.T) {
	for _, tt := range []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"GET", "/healthz", "", 200, "ok"},
		{"GET", "/readyz", "", 200, `{"ready":true,"reasons":[]}`},
		{"GET", "/api/v1/openapi.yaml", "", 200, "openapi: 3.1.0"},
		{"GET", "/api/v1/version", "", 200, `"version":"v1.2.3"`},
		{"GET", "/api/v1/nowhere", "", 404, "There is nothing at this path"},
		{"GET", "/", "", 404, "not_found"},
		{"DELETE", "/api/v1/jobs", "", 405, "use GET or POST"},
		{"PUT", "/api/v1/schedules/roster.sync", "", 405, "use GET or PATCH or DELETE"},
		{"POST", "/api/v1/limits", "", 405, "use GET or PUT or DELETE"},
		{"GET", "/api/v1/jobs/running/abort", "", 405, "use POST"},

		{"GET", "/api/v1/jobs", "", 200, `"succeeded":1`},
		{"GET", "/api/v1/jobs?state=running,queued&state=held", "", 200, `"id":"held"`},
		{"GET", "/api/v1/jobs?state=done", "", 400, "Parameter state must be one of scheduled, waiting"},
		{"GET", "/api/v1/jobs?limit=2", "", 200, `"next":"c1.`},
		{"GET", "/api/v1/jobs?limit=0", "", 400, `Parameter limit must be a whole number from 1 to 500, not \"0\"`},
		{"GET", "/api/v1/jobs?limit=2&limit=3", "", 400, "once only"},
		{"GET", "/api/v1/jobs?errors=maybe", "", 400, "Parameter errors must be 1 or 0"},
		{"GET", "/api/v1/jobs?sate=running", "", 400, `There is no parameter \"sate\"; this route takes count, format, q, state, task`},
		{"GET", "/api/v1/jobs?task=%00", "", 400, "without NUL"},
		{"GET", "/api/v1/jobs?state=%zz", "", 400, "The part of the address after ? cannot be read"},
		{"GET", "/api/v1/jobs?state=running;limit=1", "", 400, "The part of the address after ? cannot be read"},
		{"GET", "/api/v1/jobs?task=none", "", 200, `"jobs":[]`},

		{"GET", "/api/v1/jobs/running", "", 200, `"attempts":[{"number":1`},
		{"GET", "/api/v1/jobs/running", "", 200, `"waits":[{"kind":"lock","for":"gradebook"`},
		{"GET", "/api/v1/jobs/succeeded", "", 200, `"state":"succeeded"`},
		{"GET", "/api/v1/jobs/nobody", "", 404, "There is no job nobody."},
		{"GET", "/api/v1/jobs/a%00b", "", 404, "not_found"},

		{"POST", "/api/v1/jobs/running/abort", "", 200, `"aborting":true`},
		{"POST", "/api/v1/jobs/queued/abort", "{}", 200, `"state":"aborted"`},
		{"POST", "/api/v1/jobs/queued/abort", `{"why":1}`, 400, "There is no field why; this request takes none"},
		{"POST", "/api/v1/jobs/failed/abort", "", 409, "Job failed has already failed."},
		{"POST", "/api/v1/jobs/nobody/abort", "", 404, "There is no job nobody."},

		{"POST", "/api/v1/jobs/failed/retry", "", 201, `"retry_of":"failed"`},
		{"POST", "/api/v1/jobs/aborted/retry", "", 201, `"args":{"school":"17"}`},
		{"POST", "/api/v1/jobs/expired/retry", "", 201, `"retry_of":"expired"`},
		{"POST", "/api/v1/jobs/retrying/retry", "", 200, `"state":"queued"`},
		{"POST", "/api/v1/jobs/scheduled/retry", "", 200, `"state":"queued"`},
		{"POST", "/api/v1/jobs/waiting/retry", "", 200, `"state":"queued"`},
		{"POST", "/api/v1/jobs/queued/retry", "", 409, "is queued already"},
		{"POST", "/api/v1/jobs/succeeded/retry", "", 409, "enqueue roster.sync again"},
		{"POST", "/api/v1/jobs/nobody/retry", "", 404, "There is no job nobody."},

		{"GET", "/api/v1/jobs/succeeded/errors?limit=1", "", 200, `"next":1`},
		{"GET", "/api/v1/jobs/succeeded/errors?after=1", "", 200, `"seq":2`},
		{"GET", "/api/v1/jobs/succeeded/errors?after=-1", "", 400, "Parameter after"},
		{"GET", "/api/v1/jobs/succeeded/errors?format=xml", "", 400, "json or csv"},
		{"GET", "/api/v1/jobs/nobody/errors", "", 404, "There is no job nobody."},
		{"GET", "/api/v1/jobs/succeeded/logs", "", 200, `"text":"syncing"`},
		{"GET", "/api/v1/jobs/queued/logs", "", 200, `"lines":[]`},

		{"GET", "/api/v1/tasks", "", 200, `"name":"cache.clear"`},
		{"GET", "/api/v1/tasks/roster.sync", "", 200, `"the school's id in the SIS"`},
		{"GET", "/api/v1/tasks/roster", "", 404, "There is no task roster."},
		{"GET", "/api/v1/schedules", "", 200, `"cron":"0 2 * * *"`},
		{"GET", "/api/v1/schedules/roster.sync", "", 200, `"enabled":true`},
		{"GET", "/api/v1/schedules/none", "", 404, "There is no schedule"},
		{"POST", "/api/v1/schedules/roster.sync/run", "", 201, `"schedule":"roster.sync"`},
		{"POST", "/api/v1/schedules/roster.sync/run", `{"client":"closed"}`, 409, "is disabled"},
		{"POST", "/api/v1/schedules/none/run", "", 404, "There is no schedule"},
		{"GET", "/api/v1/schedules/roster.sync/slots", "", 200, `"outcome":"ran"`},
		{"GET", "/api/v1/schedules/roster.sync/slots?from=2026-09-02T00:00:00Z", "", 200, `"slots":[]`},
		{"GET", "/api/v1/schedules/roster.sync/slots?from=monday", "", 400, "a time such as 2026-09-01T08:00:00Z"},

		{"GET", "/api/v1/clients", "", 200, `"name":"closed"`},
		{"POST", "/api/v1/clients", `{"name":"north","title":"North Campus"}`, 201, `"title":"North Campus"`},
		{"POST", "/api/v1/clients", `{"name":"North"}`, 400, `"field":"name"`},
		{"POST", "/api/v1/clients", `{"name":"closed"}`, 409, "There already is"},
		{"POST", "/api/v1/clients/closed", `{"title":"Shut"}`, 200, `"title":"Shut","disabled":true`},
		{"POST", "/api/v1/clients/closed", `{}`, 400, "Field title is required"},
		{"POST", "/api/v1/clients/nobody", `{"title":"x"}`, 404, "There is no client"},
		{"POST", "/api/v1/clients/default/disable", "", 200, `"disabled":true`},
		{"POST", "/api/v1/clients/closed/enable", "", 200, `"disabled":false`},
		{"GET", "/api/v1/workers", "", 200, `"name":"campus-1"`},

		{"GET", "/api/v1/syncs", "", 200, `"name":"main","client":"default","source":"registrar"`},
		{"GET", "/api/v1/syncs/main", "", 200, `"people":{"known":3`},
		{"GET", "/api/v1/syncs/other", "", 404, "There is no sync other; the settings name main."},
		{"POST", "/api/v1/syncs/main/run", "", 201, `"args":{"sync":"main"}`},
		{"POST", "/api/v1/syncs/main/run", `{"dry_run":true,"allow_drops":3}`, 201, `"args":{"sync":"main","dry_run":true,"allow_drops":3}`},
		{"POST", "/api/v1/syncs/main/run", `{"allow_drops":-3}`, 400, "Field allow_drops must be 0 or more."},
		{"POST", "/api/v1/syncs/other/run", "", 404, "There is no sync other"},
		{"GET", "/api/v1/syncs/main/runs/succeeded", "", 404, "No run of sync main began with job succeeded."},
		{"GET", "/api/v1/syncs/main/runs/nobody", "", 404, "There is no job nobody."},
		{"GET", "/api/v1/syncs/main/messages", "", 200, `"counts":[{"stream":"registrations","state":"waiting"`},
		{"GET", "/api/v1/syncs/main/messages?state=applied", "", 200, `"messages":[{"id":"m-1"`},
		{"GET", "/api/v1/syncs/main/messages?limit=1", "", 200, `"next":"m-2"`},
		{"GET", "/api/v1/syncs/main/messages?state=lost", "", 400, "Parameter state must be one of received, waiting"},
		{"GET", "/api/v1/syncs/main/messages?stream=rooms", "", 400, "Parameter stream must be one of terms, persons"},
		{"GET", "/api/v1/syncs/main/sections?state=available", "", 200, `"sections":[{"key":"s-2"`},
		{"GET", "/api/v1/syncs/main/sections?state=lost", "", 400, "Parameter state must be one of linked"},
		{"GET", "/api/v1/syncs/main/plan", "", 404, "Sync main has no plan yet."},
		{"GET", "/api/v1/syncs/main/plan?op=delete", "", 400, "Parameter op must be one of create_course"},
		{"GET", "/api/v1/syncs/main/plans", "", 200, `"plans":[]`},
		{"GET", "/api/v1/syncs/main/plans?state=lost", "", 400, "Parameter state must be one of draft, approved"},
		{"POST", "/api/v1/syncs/main/plans/p/approve", `{"hold":"1"}`, 400, "Field reason is required."},
		{"POST", "/api/v1/syncs/main/plans/p/reject", `{"reason":"wrong"}`, 404, "Sync main has no plan yet."},
		{"POST", "/api/v1/syncs/other/plans/p/approve", `{"reason":"right"}`, 404, "There is no sync other"},
		{"POST", "/api/v1/syncs/main/plans/p/undo", `{"reason":"wrong"}`, 404, "Sync main has no plan yet."},
		{"POST", "/api/v1/syncs/main/plans/p/release", `{"reason":"right"}`, 404, "Nothing is kept from being written because of plan p."},
		{"POST", "/api/v1/syncs/main/link", `{"section":"s-2","course":"BIO"}`, 201, `"args":{"sync":"main","section":"s-2","course":"BIO"}`},
		{"POST", "/api/v1/syncs/main/link", `{"section":"s-2"}`, 400, "Field course is required."},
		{"POST", "/api/v1/syncs/main/unlink", `{"section":"s-1","reason":"moved"}`, 201, `"task":"sis.unlink"`},
		{"POST", "/api/v1/syncs/main/unlink", `{"reason":"moved"}`, 400, "Field section is required."},
	} {
		t.Run(tt.method+" "+tt.target+" "+tt.body, func(t *testing.T) {
			w := do(serve(t, seeded()), tt.method, tt.target, tt.body)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d, want %d with %s in:\n%s", w.Code, tt.status, tt.want, w.Body)
			}
		})
	}
}

func TestRefusesWhatCouldNeverRunAndEnqueuesNothing(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name, body string
		status     int
		field      string
		want       string
	}{
		{"empty body", ``, 400, "task", "Field task is required: the name of a task, as jobctl tasks lists them."},
		{"half a body", `{"task":`, 400, "", "The body is not valid JSON: unexpected EOF."},
		{"a list", `[1]`, 400, "", "The body must be a JSON object, not an array."},
		{"two bodies", `{"task":"cache.clear"} {}`, 400, "", "The body must be one JSON object, and there is more after it."},
		{"unknown field", `{"task":"cache.clear","prio":1}`, 400, "prio", "There is no field prio; this request takes task, args, client, at, in, expires, description, key, tags, trace."},
		{"wrong type", `{"task":5}`, 400, "task", "Field task must be a string, not a number."},
		{"too long", `{"task":"` + long + `"}`, 400, "", "The body is longer than 1 MiB, the most that is accepted."},
		{"NUL", `{"task":"a\u0000"}`, 400, "", `The body holds a NUL character (\u0000), which cannot be stored.`},
		{"not UTF-8", `{"task":"roster.sync","args":{"school":"` + "\xff" + `"}}`, 400, "", "The body must be UTF-8 text."},
		{"unknown task", `{"task":"roster"}`, 400, "task", "There is no task roster; jobctl tasks lists what there is."},
		{"missing argument", `{"task":"roster.sync"}`, 400, "school", "argument school is required: the school's id in the SIS"},
		{"null arguments", `{"task":"roster.sync","args":null}`, 400, "school", "argument school is required: the school's id in the SIS"},
		{"unknown argument", `{"task":"roster.sync","args":{"school":"17","scool":1}}`, 400, "scool", "there is no argument scool; this task takes dry_run, groups, limit, outcome, school, since"},
		{"bad time", `{"task":"cache.clear","at":"tomorrow"}`, 400, "at", `Field at must be a time such as 2026-09-01T08:00:00Z, not tomorrow.`},
		{"a number for a time", `{"task":"cache.clear","at":1798754400}`, 400, "at", `Field at must be a time such as 2026-09-01T08:00:00Z.`},
		{"bad expiry", `{"task":"cache.clear","at":"2026-09-01T09:00:00Z","expires":"soon"}`, 400, "expires", `Field expires must be a time such as 2026-09-01T08:00:00Z, not soon.`},
		{"a year of five digits", `{"task":"cache.clear","at":"9999-12-31T23:59:59-01:00"}`, 400, "at", "Field at must be a time before the year 10000 in UTC, not 9999-12-31T23:59:59-01:00."},
		{"expired", `{"task":"cache.clear","expires":"2026-09-01T08:00:00Z"}`, 400, "expires", "Field expires must be in the future, not 2026-09-01T08:00:00Z."},
		{"expires before it starts", `{"task":"cache.clear","in":"2h","expires":"2026-09-01T09:00:00Z"}`, 400, "expires", "Field expires must be later than 2026-09-01T10:00:00Z, when the job is to start."},
		{"no trace", `{"task":"cache.clear","trace":"00-00000000000000000000000000000000-00f067aa0ba902b7-01"}`, 400, "trace", "Field trace must be a W3C traceparent such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01."},
		{"bad duration", `{"task":"cache.clear","in":"10"}`, 400, "in", `Field in must be a duration such as 90s, 10m or 2h, not "10".`},
		{"at and in", `{"task":"cache.clear","in":"10m","at":"2026-09-01T09:00:00Z"}`, 400, "in", "Fields at and in both say when; give one of them."},
		{"unknown client", `{"task":"cache.clear","client":"nobody"}`, 400, "client", "There is no client nobody; jobctl clients lists them."},
		{"disabled client", `{"task":"cache.clear","client":"closed"}`, 409, "client", `The client "closed" is disabled and takes no new jobs.`},
		{"two lines", `{"task":"cache.clear","description":"a\nb"}`, 400, "description", "Field description must be one line of at most 500 bytes."},
		{"long key", `{"task":"cache.clear","key":"` + long[:300] + `"}`, 400, "key", "Field key must be UTF-8 text of at most 200 bytes."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := seeded()
			w := do(serve(t, p), "POST", "/api/v1/jobs", tt.body)
			var got client.ErrorBody
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || got.Error.Message != tt.want || got.Error.Field != tt.field {
				t.Errorf("got %d %+v, want %d %q in field %q", w.Code, got.Error, tt.status, tt.want, tt.field)
			}
			if p.Enqueued() != 0 {
				t.Error("a job was enqueued all the same")
			}
		})
	}
}

func TestTheSameKeyIsTheSameJob(t *testing.T) {
	p := apitest.New()
	h := serve(t, p)
	body := `{"task":"roster.sync","args":{"school":"17"},"key":"nightly"}`
	first := do(h, "POST", "/api/v1/jobs", body)
	again := do(h, "POST", "/api/v1/jobs", body)
	other := do(h, "POST", "/api/v1/jobs", `{"task":"roster.sync","args":{"school":"18"},"key":"nightly"}`)

	if got, want := []int{first.Code, again.Code, other.Code}, []int{201, 200, 409}; !cmp.Equal(got, want) {
		t.Errorf("statuses = %v, want %v", got, want)
	}
	made, found := decoded[client.Enqueued](t, first), decoded[client.Enqueued](t, again)
	if diff := cmp.Diff(made.Job, found.Job); diff != "" || made.Existing || !found.Existing {
		t.Errorf("existing = %v, %v, want false, true (-first +second):\n%s", made.Existing, found.Existing, diff)
	}
	if p.Enqueued() != 1 {
		t.Errorf("%d jobs were enqueued, want 1", p.Enqueued())
	}
}

func TestTakesTheKeyFromTheHeader(t *testing.T) {
	h := serve(t, apitest.New())
	send := func(header, body string) int {
		r := httptest.NewRequest("POST", "/api/v1/jobs", strings.NewReader(body))
		r.Header.Set("Idempotency-Key", header)
		w := httptest.NewRecorder()
		apitest.As(auth.Local, h).ServeHTTP(w, r)
		return w.Code
	}
	got := []int{send("k", `{"task":"cache.clear"}`), send("k", `{"task":"cache.clear"}`), send("k", `{"task":"cache.clear","key":"other"}`)}
	if diff := cmp.Diff([]int{201, 200, 400}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

func TestStartsLaterWhenAsked(t *testing.T) {
	w := do(serve(t, apitest.New()), "POST", "/api/v1/jobs", `{"task":"cache.clear","in":"10m"}`)
	var j client.Job
	if err := json.Unmarshal(w.Body.Bytes(), &j); err != nil {
		t.Fatal(err)
	}
	if j.State != job.Scheduled || !j.Due.Equal(apitest.Now.Add(10*time.Minute)) {
		t.Errorf("job is %s, due %v; want scheduled in 10 minutes", j.State, j.Due)
	}
}

func TestAnAcknowledgedJobIsNeverNotFound(t *testing.T) {
	p := seeded()
	p.StopRedis()
	h := serve(t, p)
	for target, want := range map[string]int{
		"/api/v1/jobs/running":   503, // Redis might know it
		"/api/v1/jobs/nobody":    503,
		"/api/v1/jobs/succeeded": 200, // the ledger does
	} {
		if w := do(h, "GET", target, ""); w.Code != want {
			t.Errorf("GET %s: %d, want %d: %s", target, w.Code, want, w.Body)
		}
	}
}

func TestSaysWhenToComeBackWhileRedisIsAway(t *testing.T) {
	p := seeded()
	p.StopRedis()
	h := serve(t, p)

	w := do(h, "POST", "/api/v1/jobs", `{"task":"cache.clear"}`)
	if w.Code != 503 || w.Header().Get("Retry-After") != "7" {
		t.Errorf("got %d, Retry-After %q; want 503 and 7", w.Code, w.Header().Get("Retry-After"))
	}
	list := do(h, "GET", "/api/v1/jobs", "")
	if list.Code != 200 || !strings.Contains(list.Body.String(), `"notice":"Redis is away`) {
		t.Errorf("the list is %d, want 200 with a notice: %s", list.Code, list.Body)
	}
	ready := do(h, "GET", "/readyz", "")
	if ready.Code != 503 || ready.Header().Get("Retry-After") == "" || !strings.Contains(ready.Body.String(), "Redis does not answer") {
		t.Errorf("readyz is %d, want 503 with the reason: %s", ready.Code, ready.Body)
	}
}

func TestShowsAJobWhileTheLedgerIsAway(t *testing.T) {
	p := seeded()
	p.StopLedger()
	h := serve(t, p)
	w := do(h, "GET", "/api/v1/jobs/running", "")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"notice":"The ledger is away`) {
		t.Errorf("got %d, want 200 with a notice: %s", w.Code, w.Body)
	}
	if w := do(h, "GET", "/readyz", ""); w.Code != 503 {
		t.Errorf("readyz is %d, want 503", w.Code)
	}
}

func TestSaysHowAJobComparesWithThoseLikeIt(t *testing.T) {
	p := seeded()
	p.SeedUsual("roster.sync", 3*time.Minute)
	started := apitest.Now.Add(-12 * time.Minute)
	p.Seed(job.Job{ID: "slow", Task: "roster.sync", State: job.Succeeded, Started: &started, Ended: new(apitest.Now)})
	p.Seed(job.Job{ID: "alone", Task: "cache.clear", State: job.Succeeded, Started: &started, Ended: new(apitest.Now)})

	got := decoded[client.JobDetail](t, do(serve(t, p), "GET", "/api/v1/jobs/slow", ""))
	three := job.Seconds(3 * time.Minute)
	want := &client.Usual{Median: three, Short: three, Long: three, Of: 20, Text: "Usually 3 min; this one 12 min, four times as long."}
	if diff := cmp.Diff(want, got.Usual); diff != "" {
		t.Errorf("usual (-want +got):\n%s", diff)
	}
	if got := decoded[client.JobDetail](t, do(serve(t, p), "GET", "/api/v1/jobs/alone", "")); got.Usual != nil {
		t.Errorf("a job like no other is compared: %+v", got.Usual)
	}
}

func TestAFileOfErrorsHoldsNoFormulas(t *testing.T) {
	w := do(serve(t, seeded()), "GET", "/api/v1/jobs/succeeded/errors?format=csv", "")
	want := `number,attempt,record,code,message,at
1,1,enrollments.csv:17,BAD_DATE,'=cmd()|x,2026-09-01T08:00:00Z
2,1,'+1,REF_PERSON,"Nobody, ""really""",2026-09-01T08:00:00Z
`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if got, want := w.Header().Get("Content-Disposition"), `attachment; filename="errors-succeeded.csv"`; got != want {
		t.Errorf("Content-Disposition = %s, want %s", got, want)
	}
}

func TestAListShowsLiveProgress(t *testing.T) {
	p := apitest.New()
	h := serve(t, p)
	w := do(h, "POST", "/api/v1/jobs", `{"task":"cache.clear"}`)
	var j client.Job
	if err := json.Unmarshal(w.Body.Bytes(), &j); err != nil {
		t.Fatal(err)
	}
	do(h, "GET", "/api/v1/jobs/"+j.ID, "")
	if list := do(h, "GET", "/api/v1/jobs", ""); !strings.Contains(list.Body.String(), `"stage":"users","done":1,"total":2`) {
		t.Errorf("no live progress in %s", list.Body)
	}
}

func TestAListSaysWhenTheRecordIsBehind(t *testing.T) {
	p := seeded()
	h := api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p},
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: time.Now, Lag: func() time.Duration { return 90 * time.Second },
	})
	if w := do(h, "GET", "/api/v1/jobs", ""); !strings.Contains(w.Body.String(), `"notice":"The record is 1m30s behind`) {
		t.Errorf("no notice in %s", w.Body)
	}
}
