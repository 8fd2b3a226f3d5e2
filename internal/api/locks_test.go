package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestSaysForHowLongAJobHasWaitedNow(t *testing.T) {
	p := apitest.New()
	p.SeedLocks("h", "w")
	h := serve(t, p)
	want := "Waits for default/gradebook, held by job h grades.compute, for 3 min."
	one := decoded[client.JobDetail](t, do(h, "GET", "/api/v1/jobs/w", "")).Job
	if one.Reason != want || one.Waiting == nil || one.Waiting.Kind != job.WaitsForLock || one.Waiting.Holder != "h" {
		t.Errorf("reason = %q, waiting = %+v", one.Reason, one.Waiting)
	}
	list := decoded[client.JobList](t, do(h, "GET", "/api/v1/jobs?state=waiting", "")).Jobs
	if len(list) != 1 || list[0].Reason != want {
		t.Errorf("list = %+v", list)
	}
	p.StopRedis()
	if list := decoded[client.JobList](t, do(h, "GET", "/api/v1/jobs?state=waiting", "")).Jobs; len(list) != 1 || list[0].Reason != want {
		t.Errorf("list without Redis = %+v", list)
	}
}

func TestLocksAreBrokenWithAReason(t *testing.T) {
	p := apitest.New()
	p.SeedLocks("h", "w")
	h := serve(t, p)
	locks := decoded[client.LockList](t, do(h, "GET", "/api/v1/locks", "")).Locks
	if len(locks) != 1 || locks[0].Holders[0].JobID != "h" || locks[0].Waiters[0].JobID != "w" {
		t.Errorf("locks = %+v", locks)
	}
	for _, tt := range []struct {
		body   string
		status int
		want   string
	}{
		{`{"reason":"stuck"}`, 400, `"field":"job"`},
		{`{"job":"h"}`, 400, `"field":"reason"`},
		{`{"job":"h","reason":" \n"}`, 400, `"field":"reason"`},
		{`{"job":"h","reason":"` + strings.Repeat("x", 501) + `"}`, 400, `"field":"reason"`},
		{`{"job":"nobody","reason":"stuck"}`, 404, "There is no job nobody."},
		{`{"job":"w","reason":"stuck"}`, 409, "does not run"},
		{`{"job":"h","reason":" The LMS was restored. "}`, 200, `Its locks were broken by local: The LMS was restored."`},
	} {
		if w := do(h, "POST", "/api/v1/locks:break", tt.body); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: got %d, want %d with %s in %s", tt.body, w.Code, tt.status, tt.want, w.Body)
		}
	}
	if w := do(h, "GET", "/api/v1/locks", ""); strings.TrimSpace(w.Body.String()) != `{"locks":[]}` {
		t.Errorf("locks = %s", w.Body)
	}
}

func TestALimitIsKeptAndApplied(t *testing.T) {
	p := apitest.New()
	h := serve(t, p)
	if w := do(h, "PUT", "/api/v1/limits", `{"task":"cache.clear","client":"*","max":2}`); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	do(h, "PUT", "/api/v1/limits", `{"task":"cache.clear","client":"*","max":3}`)
	got := decoded[client.LimitList](t, do(h, "GET", "/api/v1/limits", "")).Limits
	want := []client.Limit{
		{Task: "cache.clear", Client: "*", Max: 3, InUse: 1, From: "operator"},
		{Task: "roster.sync", Max: 4, InUse: 1, Waits: 2, From: "task"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}

	if w := do(h, "DELETE", "/api/v1/limits?task=cache.clear&client=*", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"max":3`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(h, "DELETE", "/api/v1/limits?task=cache.clear&client=*", ""); w.Code != 404 {
		t.Errorf("removed twice: %d %s", w.Code, w.Body)
	}
	if got, err := (apitest.Locks{Platform: p}).Limits(t.Context()); len(got) != 1 || err != nil {
		t.Errorf("the engine still applies %+v (%v)", got, err)
	}
}

func TestALimitThatMakesNoSenseIsRefused(t *testing.T) {
	for body, want := range map[string]string{
		`{"max":1}`:                                           `"field":"task"`,
		`{"task":"cache.clear"}`:                              `Field max must be 1 or more, not 0; to have no limit, remove it.","field":"max"`,
		`{"task":"cache.clear","max":-3}`:                     `"field":"max"`,
		`{"task":"cache.clear","max":1.5}`:                    `Field max must be a whole number`,
		`{"task":"a:b","max":1}`:                              `"field":"task"`,
		`{"client":"nobody","max":1}`:                         `"field":"client"`,
		`{"task":"` + strings.Repeat("x", 201) + `","max":1}`: `"field":"task"`,
	} {
		if w := do(serve(t, apitest.New()), "PUT", "/api/v1/limits", body); w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestALimitIsSetWhileRedisIsAway(t *testing.T) {
	p := apitest.New()
	p.StopRedis()
	if w := do(serve(t, p), "PUT", "/api/v1/limits", `{"client":"default","max":2}`); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(serve(t, p), "GET", "/api/v1/limits", ""); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
