package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// asked does what must succeed and returns the answer.
func asked[T any](t *testing.T, h http.Handler, method, target, body string) T {
	t.Helper()
	w := do(h, method, target, body)
	if w.Code >= 300 {
		t.Fatalf("%s %s %s: %d %s", method, target, body, w.Code, w.Body)
	}
	return decoded[T](t, w)
}

func TestWordsBecomeASchedule(t *testing.T) {
	h := serve(t, apitest.New())
	w := do(h, "POST", "/api/v1/schedules", `{"name":"roster.sync:north","task":"roster.sync","reason":"North wants it early.",
		"rule":{"cron":"every weekday at 06:30","zone":"Europe/Berlin","args":{"school":"18"},"labels":{"team":"registry"}}}`)
	if w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s := decoded[client.Schedule](t, w)
	if s.Dialect != "unix" || s.Cron != "30 6 * * 1-5" || s.Zone != "Europe/Berlin" || !s.Enabled || s.Declared || s.Client != "default" || s.Overlap != job.OverlapSkip {
		t.Errorf("schedule = %+v", s)
	}
	if want := time.Date(2026, 9, 2, 4, 30, 0, 0, time.UTC); s.Next == nil || !s.Next.Equal(want) {
		t.Errorf("next = %v, want %v", s.Next, want)
	}
	list := asked[client.ScheduleList](t, h, "GET", "/api/v1/schedules", "").Schedules
	if len(list) != 2 || list[1].Name != "roster.sync:north" || list[1].Next == nil {
		t.Errorf("list = %+v", list)
	}
	changes := asked[client.ChangeList](t, h, "GET", "/api/v1/schedules/roster.sync:north/changes", "").Changes
	if len(changes) != 1 || changes[0].Field != "created" || changes[0].By != "local" || changes[0].Reason != "North wants it early." {
		t.Errorf("changes = %+v", changes)
	}
}

func TestACopyBeginsWithTheRuleOfAnother(t *testing.T) {
	p := apitest.New()
	rule := job.NewRule("0 3 * * *", "America/New_York", json.RawMessage(`{"school":"1"}`))
	rule.Labels, rule.Owner = map[string]string{"a": "1", "b": "2"}, "registry"
	p.SeedSchedule(job.Schedule{Name: "roster.sync:a", Task: "roster.sync", Client: "default", Rule: rule, Created: apitest.Now})
	h := serve(t, p)
	got := asked[client.Schedule](t, h, "POST", "/api/v1/schedules",
		`{"name":"roster.sync:b","from":"roster.sync:a","reason":"The same for school 2.","rule":{"args":{"school":"2"},"labels":{"c":"3"},"cron":"0 15 4 ? * 2-6"}}`)
	want := rule
	want.Args, want.Labels, want.Dialect, want.Cron = json.RawMessage(`{"school":"2"}`), map[string]string{"c": "3"}, "quartz", "0 15 4 ? * 2-6"
	if diff := cmp.Diff(want, got.Rule); diff != "" || got.Task != "roster.sync" {
		t.Errorf("task %s, rule (-want +got):\n%s", got.Task, diff)
	}
	if first := asked[client.Schedule](t, h, "GET", "/api/v1/schedules/roster.sync:a", ""); !cmp.Equal(first.Labels, rule.Labels) {
		t.Errorf("the labels of the first have become %v", first.Labels)
	}
}

func TestTheSecondOfTwoEditsIsToldOfTheFirst(t *testing.T) {
	h := serve(t, apitest.New())
	const target = "/api/v1/schedules/roster.sync"
	first := asked[client.Schedule](t, h, "PATCH", target, `{"set":{"cron":"30 2 * * *"},"revision":1,"reason":"The backup runs until 02:15."}`)
	if first.Revision != 2 || first.Cron != "30 2 * * *" || first.Base.Cron != "0 2 * * *" || len(first.Overrides) == 0 || first.Overrides[0].Layer != job.LayerPlatform {
		t.Errorf("edited = %+v", first)
	}
	second := do(h, "PATCH", target, `{"set":{"zone":"Europe/Berlin"},"revision":1,"reason":"We are there."}`)
	if body := second.Body.String(); second.Code != 409 || !strings.Contains(body, "cron") || !strings.Contains(body, "local") {
		t.Errorf("the second edit: %d %s", second.Code, body)
	}
	reverted := asked[client.Schedule](t, h, "PATCH", target, `{"revert":["cron"],"revision":2,"reason":"The backup is over."}`)
	if reverted.Cron != "0 2 * * *" || len(reverted.Overrides) != 0 {
		t.Errorf("reverted = %+v", reverted)
	}
}

func TestAPauseIsSeenInWhatComesNext(t *testing.T) {
	h := serve(t, apitest.New())
	const target = "/api/v1/schedules/roster.sync"
	paused := asked[client.Schedule](t, h, "POST", target+"/pause", `{"until":"2026-09-03T12:00:00Z","note":"The SIS moves."}`)
	if want := time.Date(2026, 9, 4, 2, 0, 0, 0, time.UTC); paused.PauseNote != "The SIS moves." || paused.Next == nil || !paused.Next.Equal(want) {
		t.Errorf("next = %v, want %v; note %q", paused.Next, want, paused.PauseNote)
	}
	var skipped []bool
	for _, f := range asked[client.FiringList](t, h, "GET", target+"/next?n=3", "").Firings {
		skipped = append(skipped, f.Skipped)
	}
	if diff := cmp.Diff([]bool{true, true, false}, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	resumed := asked[client.Schedule](t, h, "POST", target+"/resume", `{"reason":"It has moved."}`)
	if want := time.Date(2026, 9, 2, 2, 0, 0, 0, time.UTC); resumed.PausedUntil != nil || resumed.Next == nil || !resumed.Next.Equal(want) {
		t.Errorf("next = %v, want %v", resumed.Next, want)
	}
	off := asked[client.Schedule](t, h, "PATCH", target, `{"set":{"enabled":false},"revision":3,"reason":"Not this term."}`)
	if off.Next != nil {
		t.Errorf("switched off, it runs next at %v", off.Next)
	}
}

func TestACalendarLeavesDaysOut(t *testing.T) {
	h := serve(t, apitest.New())
	asked[client.Schedule](t, h, "PATCH", "/api/v1/schedules/roster.sync", `{"set":{"calendar":"holidays"},"revision":1,"reason":"Nobody is there."}`)
	firings := asked[client.FiringList](t, h, "GET", "/api/v1/forecast?from=2026-09-06T12:00:00Z&n=2", "").Firings
	if len(firings) != 2 || !firings[0].Skipped || !strings.Contains(firings[0].Remark, "Labor Day") || firings[1].Skipped {
		t.Errorf("forecast = %+v", firings)
	}
	if w := do(h, "DELETE", "/api/v1/calendars/holidays?reason=unused", ""); w.Code != 409 || !strings.Contains(w.Body.String(), "roster.sync") {
		t.Errorf("a calendar in use: %d %s", w.Code, w.Body)
	}
	body := `{"title":"Holidays","exclusions":[{"from":"2026-09-08"}],"revision":1,"reason":"Labor Day has moved."}`
	if c := asked[client.Calendar](t, h, "PUT", "/api/v1/calendars/holidays", body); c.Revision != 2 || c.Title != "Holidays" {
		t.Errorf("calendar = %+v", c)
	}
	if w := do(h, "PUT", "/api/v1/calendars/holidays", body); w.Code != 409 {
		t.Errorf("an old revision: %d %s", w.Code, w.Body)
	}
	asked[client.Calendar](t, h, "PUT", "/api/v1/calendars/exams", `{"title":"Exams","exclusions":[{"weekdays":["friday"]}],"reason":"New."}`)
	gone := asked[client.Calendar](t, h, "DELETE", "/api/v1/calendars/exams?reason=over", "")
	left := asked[client.CalendarList](t, h, "GET", "/api/v1/calendars", "").Calendars
	if gone.Title != "Exams" || len(left) != 1 {
		t.Errorf("removed %+v, left %+v", gone, left)
	}
}

func TestAPreviewSavesNothing(t *testing.T) {
	h := serve(t, apitest.New())
	p := asked[client.Preview](t, h, "POST", "/api/v1/schedules:preview", `{"rule":{"cron":"on the last friday of every month at 10:15","zone":"Europe/Berlin"},"n":2}`)
	if p.Text != "on the last friday of every month at 10:15" || p.Dialect != "quartz" || p.Unix != "" || p.Cron != p.Quartz || len(p.Next) != 2 {
		t.Errorf("preview = %+v", p)
	}
	if want := time.Date(2026, 9, 25, 8, 15, 0, 0, time.UTC); len(p.Next) > 0 && !p.Next[0].Due.Equal(want) {
		t.Errorf("next = %v, want %v", p.Next[0].Due, want)
	}
	if list := asked[client.ScheduleList](t, h, "GET", "/api/v1/schedules", "").Schedules; len(list) != 1 {
		t.Errorf("there are %d schedules", len(list))
	}
}

func TestOnlyWhatAPersonCreatedIsDeleted(t *testing.T) {
	h := serve(t, apitest.New())
	if w := do(h, "DELETE", "/api/v1/schedules/roster.sync?reason=tired", ""); w.Code != 409 || !strings.Contains(w.Body.String(), "switch it off") {
		t.Errorf("a declared one: %d %s", w.Code, w.Body)
	}
	asked[client.Schedule](t, h, "POST", "/api/v1/schedules", `{"name":"cache.clear","task":"cache.clear","reason":"r","rule":{"cron":"@daily"}}`)
	if s := asked[client.Schedule](t, h, "DELETE", "/api/v1/schedules/cache.clear?reason=tired", ""); s.Name != "cache.clear" {
		t.Errorf("removed %+v", s)
	}
	if w := do(h, "GET", "/api/v1/schedules/cache.clear", ""); w.Code != 404 {
		t.Errorf("it is still there: %d %s", w.Code, w.Body)
	}
	if changes := asked[client.ChangeList](t, h, "GET", "/api/v1/schedules/cache.clear/changes", "").Changes; len(changes) != 2 || changes[0].Field != "deleted" {
		t.Errorf("changes = %+v", changes)
	}
}

func TestACheckFindsTheSlotThatIsMissing(t *testing.T) {
	p := apitest.New()
	h := serve(t, p)
	const target = "/api/v1/schedules/roster.sync/slots:check"
	whole := do(h, "GET", target, "")
	if c := decoded[client.SlotCheck](t, whole); !strings.Contains(whole.Body.String(), `"gaps":[]`) || c.Outcomes[job.SlotRan] != 1 {
		t.Errorf("check = %s", whole.Body)
	}
	rule := job.NewRule("30 7 * * *", "UTC", json.RawMessage(`{"school":"1"}`))
	p.SeedSchedule(job.Schedule{Name: "roster.sync:a", Task: "roster.sync", Rule: rule, Created: apitest.Now.AddDate(0, 0, -1)})
	gaps := asked[client.SlotCheck](t, h, "GET", "/api/v1/schedules/roster.sync:a/slots:check", "").Gaps
	if len(gaps) != 1 || !gaps[0].Equal(apitest.Now.Add(-30*time.Minute)) {
		t.Errorf("gaps = %v", gaps)
	}
}

func TestBadSchedulesAreRefusedByField(t *testing.T) {
	const (
		create = "POST /api/v1/schedules"
		look   = "POST /api/v1/schedules:preview"
		edit   = "PATCH /api/v1/schedules/roster.sync"
		put    = "PUT /api/v1/calendars/holidays"
	)
	for _, tt := range []struct {
		request, body string
		status        int
		field, want   string
	}{
		{create, `{"nam":"x"}`, 400, "nam", "There is no field nam; this request takes name, task, client, from, reason, rule."},
		{create, `{"name":"x y","task":"cache.clear","reason":"r","rule":{"cron":"@daily"}}`, 400, "name", "A name is"},
		{create, `{"name":"x","task":"nobody","reason":"r","rule":{"cron":"@daily"}}`, 400, "task", "There is no task"},
		{create, `{"name":"x","task":"cache.clear","rule":{"cron":"@daily"}}`, 400, "reason", "Say why"},
		{create, `{"name":"x","task":"cache.clear","reason":"r"}`, 400, "cron", "Say when"},
		{create, `{"name":"x","task":"roster.sync","reason":"r","rule":{"cron":"@daily"}}`, 400, "school", "argument school is required"},
		{create, `{"name":"x","task":"cache.clear","client":"nobody","reason":"r","rule":{"cron":"@daily"}}`, 400, "client", "There is no client"},
		{create, `{"name":"x","from":"nobody","reason":"r"}`, 400, "from", "There is no schedule nobody to begin with; jobctl schedules lists them."},
		{create, `{"name":"x","task":"cache.clear","reason":"r","rule":{"cron":"@daily","calendar":"moon"}}`, 400, "calendar", "There is no calendar"},
		{create, `{"name":"roster.sync","from":"roster.sync","reason":"r"}`, 409, "", "roster.sync"},
		{create, `{"rule":{"crom":"@daily"}}`, 400, "crom", "A rule has no field crom; it has dialect, cron, zone"},
		{create, `{"rule":{"cron":5}}`, 400, "cron", "Field cron must be a string, not 5."},
		{create, `{"rule":{"enabled":null}}`, 400, "enabled", "Field enabled must be true or false, not null."},
		{create, `{"rule":{"max_runs":1.5}}`, 400, "max_runs", "Field max_runs must be a whole number, not 1.5."},
		{create, `{"rule":{"jitter_seconds":"5m"}}`, 400, "jitter_seconds", `Field jitter_seconds must be a number of seconds, not "5m".`},
		{create, `{"rule":{"starts_at":"monday"}}`, 400, "starts_at", `Field starts_at must be a time such as 2026-09-01T08:00:00Z, or null, not "monday".`},
		{create, `{"rule":{"labels":["a"]}}`, 400, "labels", `Field labels must be an object of strings such as {"team":"registry"}, not ["a"].`},
		{create, `{"rule":[]}`, 400, "rule", "Field rule must be an object, not an array."},
		{look, `{"rule":{"cron":"every 45 minutes"}}`, 400, "cron", "interval"},
		{look, `{"rule":{"cron":"0 0 12 0 1"}}`, 400, "cron", `Month "0"`},
		{look, `{"rule":{"cron":"@daily","zone":"Mars"}}`, 400, "zone", "Mars"},
		{look, `{"rule":{"cron":"@daily"},"n":501}`, 400, "n", "Field n must be a whole number from 1 to 500, not 501."},
		{look, `{"name":5}`, 400, "name", "Field name must be a string, not a number."},
		{edit, `{"set":{"cron":"30 2 * * *"},"revision":1}`, 400, "reason", "Say why"},
		{edit, `{"revision":1,"reason":"r"}`, 400, "set", "Say what to change"},
		{edit, `{"layer":"moon","set":{"owner":"x"},"revision":1,"reason":"r"}`, 400, "layer", "layer"},
		{edit, `{"set":{"base":{}},"revision":1,"reason":"r"}`, 400, "base", "There is no field"},
		{edit, `{"set":{"args":{"school":1}},"revision":1,"reason":"r"}`, 400, "school", "argument school must be a string"},
		{edit, `{"revert":["moon"],"revision":1,"reason":"r"}`, 400, "revert", "There is no field"},
		{edit, `{"by":"somebody"}`, 400, "by", "There is no field by; this request takes layer, set, revert, revision, reason."},
		{"PATCH /api/v1/schedules/nobody", `{"set":{"owner":"x"},"revision":1,"reason":"r"}`, 404, "", "There is no schedule"},
		{"POST /api/v1/schedules/roster.sync/pause", `{"note":"n"}`, 400, "until", "Say until when"},
		{"POST /api/v1/schedules/roster.sync/pause", `{"until":"2026-08-01T00:00:00Z","note":"n"}`, 400, "until", "a time after now"},
		{"POST /api/v1/schedules/roster.sync/pause", `{"until":"2026-09-02T00:00:00Z"}`, 400, "note", "Say why"},
		{"POST /api/v1/schedules/roster.sync/pause", `{"until":"9999-12-31T23:59:59-01:00","note":"n"}`, 400, "until", "before the year 10000"},
		{"POST /api/v1/schedules/roster.sync/pause", `{"until":"monday"}`, 400, "until", "Field until must be a time such as 2026-09-01T08:00:00Z, not monday."},
		{"POST /api/v1/schedules/roster.sync/resume", `{}`, 400, "reason", "Say why"},
		{"POST /api/v1/schedules/roster.sync/resume", `{"reason":"r"}`, 409, "", "not paused"},
		{"DELETE /api/v1/schedules/roster.sync", ``, 400, "reason", "Say why"},
		{"DELETE /api/v1/schedules/nobody?reason=r", ``, 404, "", "There is no schedule"},
		{"GET /api/v1/schedules/nobody/next", ``, 404, "", "There is no schedule"},
		{"GET /api/v1/schedules/nobody/changes", ``, 404, "", "There is no schedule"},
		{"GET /api/v1/schedules/nobody/slots:check", ``, 404, "", "There is no schedule"},
		{"GET /api/v1/forecast?n=0", ``, 400, "n", "Parameter n must be a whole number from 1 to 500"},
		{"GET /api/v1/schedules/roster.sync/slots:check?from=2026-09-02T00:00:00Z", ``, 400, "from", "Parameter from must be earlier than 2026-09-01T08:00:00Z."},
		{put, `{"revision":1}`, 400, "reason", "Say why"},
		{put, `{"name":"other","revision":1,"reason":"r"}`, 400, "name", "Field name is other, and the address says holidays; a calendar keeps its name."},
		{put, `{"exclusions":{},"revision":1,"reason":"r"}`, 400, "exclusions", "Field exclusions must be a list, not an object."},
		{put, `{"exclusions":[{"weekdays":"monday"}],"revision":1,"reason":"r"}`, 400, "exclusions.weekdays", "Field exclusions.weekdays must be a list, not a string."},
		{put, `{"exclusions":[{"from":"30-02"}],"revision":1,"reason":"r"}`, 400, "exclusions[0].from", "is not a day"},
		{"GET /api/v1/calendars/moon", ``, 404, "", "There is no calendar"},
		{"DELETE /api/v1/calendars/moon?reason=r", ``, 404, "", "There is no calendar"},
		{"DELETE /api/v1/calendars/holidays", ``, 400, "reason", "Say why"},
	} {
		t.Run(tt.request+" "+tt.body, func(t *testing.T) {
			method, target, _ := strings.Cut(tt.request, " ")
			w := do(serve(t, apitest.New()), method, target, tt.body)
			got := decoded[client.ErrorBody](t, w).Error
			if w.Code != tt.status || !strings.Contains(got.Message, tt.want) || tt.field != "" && got.Field != tt.field {
				t.Errorf("got %d %+v, want %d with %q in field %q", w.Code, got, tt.status, tt.want, tt.field)
			}
		})
	}
}
