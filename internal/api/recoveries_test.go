package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// night returns a platform on which no scheduler was up last night: a chain of
// two schedules is held.
func night() *apitest.Platform {
	p := apitest.New()
	p.Locking("cache.clear", "pages")
	for _, name := range []string{"cache.clear:a", "cache.clear:b"} {
		rule := job.NewRule("0 3 * * *", "UTC", json.RawMessage("{}"))
		if name == "cache.clear:b" {
			rule.After = []string{"cache.clear:a"}
		}
		p.SeedSchedule(job.Schedule{Name: name, Task: "cache.clear", Client: job.DefaultClient, Rule: rule, Created: apitest.Now.AddDate(0, 0, -3)})
	}
	due := time.Date(2026, 9, 1, 3, 0, 0, 0, time.UTC)
	p.SeedRecovery(job.Recovery{From: due, To: apitest.Now, State: job.RecoveryDone, By: "beadle"})
	p.SeedRecovery(job.Recovery{From: due, To: apitest.Now, State: job.RecoveryHeld, Made: apitest.Now, Expected: job.Seconds(20 * time.Minute)},
		job.Slot{Schedule: "cache.clear:a", Due: due, JobID: "a"}, job.Slot{Schedule: "cache.clear:b", Due: due, JobID: "b"})
	return p
}

func TestAPlanIsShownInOrder(t *testing.T) {
	p := night()
	p.SeedUsual("cache.clear:a", 10*time.Minute)
	h := serve(t, p)
	for _, name := range []string{"latest", "2"} {
		plan := asked[client.RecoveryPlan](t, h, "GET", "/api/v1/recoveries/"+name, "")
		if plan.ID != 2 || plan.State != job.RecoveryHeld || plan.Slots != 2 || len(plan.Steps) != 2 {
			t.Fatalf("%s = %+v", name, plan)
		}
		first, second := plan.Steps[0], plan.Steps[1]
		if first.Place != 1 || first.Schedule != "cache.clear:a" || first.Task != "cache.clear" || first.Usual != job.Seconds(10*time.Minute) {
			t.Errorf("the first step = %+v", first)
		}
		if second.Place != 2 || !cmp.Equal(second.After, []string{"cache.clear:a"}) || !cmp.Equal(second.Shares, []string{"default/pages"}) {
			t.Errorf("the second step = %+v", second)
		}
	}
	list := asked[client.RecoveryList](t, h, "GET", "/api/v1/recoveries?limit=1", "").Recoveries
	if len(list) != 1 || list[0].ID != 2 {
		t.Errorf("list = %+v", list)
	}
	if w := do(serve(t, apitest.New()), "GET", "/api/v1/recoveries", ""); strings.TrimSpace(w.Body.String()) != `{"recoveries":[]}` {
		t.Errorf("where there are none: %s", w.Body)
	}
}

func TestAHeldPlanIsApprovedOrRejectedOnce(t *testing.T) {
	for action, state := range map[string]job.RecoveryState{"approve": job.RecoveryRunning, "reject": job.RecoveryRejected} {
		h := serve(t, night())
		r := asked[client.Recovery](t, h, "POST", "/api/v1/recoveries/2/"+action, `{"reason":"The registrar has seen it."}`)
		if r.State != state || r.By != "local" || r.Reason != "The registrar has seen it." || r.Settled == nil {
			t.Errorf("%s: %+v", action, r)
		}
		if again := do(h, "POST", "/api/v1/recoveries/2/approve", `{"reason":"r"}`); again.Code != 409 {
			t.Errorf("approved after %s: %d %s", action, again.Code, again.Body)
		}
	}
}

func TestADecisionOnAPlanNamesItAndSaysWhy(t *testing.T) {
	for _, tt := range []struct {
		request, body string
		status        int
		field, want   string
	}{
		{"POST /api/v1/recoveries/2/approve", `{}`, 400, "reason", "Say why"},
		{"POST /api/v1/recoveries/2/reject", `{"reason":" "}`, 400, "reason", "Say why"},
		{"POST /api/v1/recoveries/2/reject", `{"note":"r"}`, 400, "note", "this request takes reason"},
		{"POST /api/v1/recoveries/latest/approve", `{"reason":"r"}`, 400, "id", "A recovery has a number"},
		{"POST /api/v1/recoveries/0/approve", `{"reason":"r"}`, 400, "id", "A recovery has a number"},
		{"POST /api/v1/recoveries/9/approve", `{"reason":"r"}`, 404, "", "There is no recovery 9"},
		{"POST /api/v1/recoveries/1/reject", `{"reason":"r"}`, 409, "", "done"},
		{"GET /api/v1/recoveries/first", ``, 400, "id", `not called "first"`},
		{"GET /api/v1/recoveries/9", ``, 404, "", "There is no recovery 9"},
		{"GET /api/v1/recoveries?limit=0", ``, 400, "limit", "Parameter limit must be"},
	} {
		method, target, _ := strings.Cut(tt.request, " ")
		w := do(serve(t, night()), method, target, tt.body)
		got := decoded[client.ErrorBody](t, w).Error
		if w.Code != tt.status || !strings.Contains(got.Message, tt.want) || tt.field != "" && got.Field != tt.field {
			t.Errorf("%s %s: got %d %+v, want %d with %q in field %q", tt.request, tt.body, w.Code, got, tt.status, tt.want, tt.field)
		}
	}
}

func TestClashesAreToldBeforeAScheduleIsSaved(t *testing.T) {
	p := apitest.New()
	p.Locking("cache.clear", "pages")
	p.SeedSchedule(job.Schedule{
		Name: "cache.clear:a", Task: "cache.clear", Client: job.DefaultClient,
		Rule: job.NewRule("30 1 * * *", "UTC", json.RawMessage("{}")), Created: apitest.Now,
	})
	p.SeedUsual("cache.clear:a", 42*time.Minute)
	h := serve(t, p)
	f := asked[client.ClashForecast](t, h, "POST", "/api/v1/schedules:clashes", `{"name":"cache.clear:b","task":"cache.clear","rule":{"cron":"every day at 02:00","args":{}}}`)
	if f.Count != 7 || len(f.Clashes) != 7 || f.Free == nil {
		t.Fatalf("forecast = %+v", f)
	}
	first := f.Clashes[0]
	if first.Schedule != "cache.clear:a" || first.Resource != "default/pages" || first.Due.Sub(first.With) != 30*time.Minute {
		t.Errorf("the first clash = %+v", first)
	}
	none := do(h, "POST", "/api/v1/schedules:clashes", `{"name":"cache.clear:a","from":"cache.clear:a"}`)
	if none.Code != 200 || !strings.Contains(none.Body.String(), `"count":0,"clashes":[]`) {
		t.Errorf("with itself: %d %s", none.Code, none.Body)
	}
	if list := asked[client.ScheduleList](t, h, "GET", "/api/v1/schedules", "").Schedules; len(list) != 2 {
		t.Errorf("there are %d schedules", len(list))
	}
	if w := do(h, "POST", "/api/v1/schedules:clashes", `{"task":"cache.clear","rule":{"cron":"every 45 minutes"}}`); w.Code != 400 || decoded[client.ErrorBody](t, w).Error.Field != "cron" {
		t.Errorf("a rule that cannot be meant: %d %s", w.Code, w.Body)
	}
}
