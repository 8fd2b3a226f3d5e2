package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

// timetable is a dashboard on these schedules.
func timetable(t *testing.T, f *fakeTimetable) http.Handler {
	t.Helper()
	return dashboard(t, web.Config{Timetable: f, Schedules: f, RunSchedule: f.run})
}

func TestTenThousandSchedulesArePaged(t *testing.T) {
	f := &fakeTimetable{slots: map[string][]job.Slot{}}
	for i := range 10_000 {
		s := job.Schedule{Name: fmt.Sprintf("sis.roster.pull:%04d", i), Task: "sis.roster.pull", Client: "riverside", Rule: job.NewRule(fmt.Sprintf("%d %d * * 1-5", i%60, i%24), "Europe/Berlin", nil)}
		f.schedules = append(f.schedules, s)
		f.slots[s.Name] = []job.Slot{{Due: noon.Add(-time.Hour), Outcome: job.SlotRan}}
	}
	h := timetable(t, f)
	seen := map[string]bool{}
	for n, path := 0, "/schedules"; path != ""; n++ {
		w := get(t, h, path)
		path = ""
		if n > 3 { // the rest is alike
			break
		}
		for _, e := range elements(t, w.Body.String()) {
			if e.tag == "tr" && e.attrs["id"] != "" {
				seen[e.attrs["id"]] = true
			}
			if e.attrs["rel"] == "next" {
				path = e.attrs["href"]
			}
		}
	}
	if len(seen) != 400 {
		t.Errorf("four pages show %d schedules", len(seen))
	}
	if size := get(t, h, "/schedules").Body.Len(); size > 60_000 {
		t.Errorf("a page has %d bytes", size)
	}
	last := get(t, h, "/schedules?page=100").Body.String()
	if !strings.Contains(last, "From 9,901 of 10,000") || !strings.Contains(last, "sis.roster.pull:9999") || strings.Contains(last, `rel="next"`) {
		t.Error("the last page is not the last")
	}
	if body := get(t, h, "/schedules?page=101").Body.String(); !strings.Contains(body, "No schedule matches") {
		t.Error("behind the last page is something")
	}
}

func TestSchedulesAreFiltered(t *testing.T) {
	h := timetable(t, campusTimetable())
	for query, want := range map[string]string{
		"q=SIS":             "sis.main",
		"q=cache":           "off",
		"q=it%40example":    "",
		"q=registrar":       "sis.main",
		"q=new_york":        "digest sis.main",
		"client=riverside":  "off",
		"label=vip":         "sis.main",
		"label=term":        "backup digest gone off quarterly sis.main",
		"label=term%3D2025": "",
		"state=customised":  "sis.main",
		"state=missing":     "gone",
		"state=off&q=sis":   "",
	} {
		var names []string
		for _, id := range attrs(elements(t, get(t, h, "/schedules?"+query).Body.String()), "tr", "id") {
			names = append(names, strings.TrimPrefix(id, "s."))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s shows %q, want %q", query, got, want)
		}
	}
}

func TestTheListTellsASlotThatWaitsFromOneThatStarts(t *testing.T) {
	for want, slot := range map[string]job.Slot{
		"Starting": {},
		"Waits":    {Reason: "Waits for users.import."},
	} {
		f := campusTimetable()
		slot.Schedule, slot.Due, slot.Outcome = "backup", noon, job.SlotIntended
		f.slots["backup"] = []job.Slot{slot}
		if body := get(t, timetable(t, f), "/schedules?q=backup").Body.String(); !strings.Contains(body, want+"</span>") {
			t.Errorf("there is no %s in:\n%s", want, body)
		}
	}
}

func TestTimesAreInTheZoneOfWhoeverLooks(t *testing.T) {
	h := timetable(t, campusTimetable())
	for cookie, want := range map[string]string{
		"Asia%2FTokyo":     `Your zone, Asia/Tokyo</th>`,
		"Asia/Tokyo":       `<td>Fri 4 Sep, 15:30 JST</td>`,
		"America/New_York": `<th scope="col">Due, America/New_York</th><th scope="col">Remark</th>`,
		"../etc/passwd":    `The server’s zone, UTC</th>`,
		"%zz":              `The server’s zone, UTC</th>`,
		"":                 `The server’s zone, UTC</th>`,
	} {
		r := httptest.NewRequest("GET", "/schedules/sis.main", http.NoBody)
		r.Header.Set("Cookie", "beadle_zone="+cookie)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("with %q there is no %s in:\n%s", cookie, want, main(w))
		}
	}
}

func TestScheduleActionsAskWhyAndLeadBack(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	for _, tt := range []struct {
		path     string
		form     url.Values
		status   int
		location string
		why      string
	}{
		{"/schedules/sis.main/pause", url.Values{"until": {"2026-09-10T08:00"}}, 400, "", "Say why"},
		{"/schedules/sis.main/pause", url.Values{"until": {"2026-09-01T08:00"}, "reason": {"Exams"}}, 400, "", "is over already"},
		{"/schedules/sis.main/pause", url.Values{"reason": {"Exams"}}, 400, "", "Say until when"},
		{"/schedules/sis.main/pause", url.Values{"until": {"2026-09-10T08:00"}, "reason": {"Exams"}}, 303, "/schedules/sis.main", ""},
		{"/schedules/digest/resume", nil, 400, "", "Say why"},
		{"/schedules/digest/resume", url.Values{"reason": {"It has moved"}}, 303, "/schedules/digest", ""},
		{"/schedules/sis.main/run", url.Values{"client": {"riverside"}}, 303, "/jobs/" + id(25), ""},
		{"/schedules/backup/delete", nil, 400, "", "Say why"},
		{"/schedules/backup/delete", url.Values{"reason": {"The LMS does it"}}, 303, "/schedules", ""},
		{"/schedules/nobody/pause", nil, 404, "", "There is no schedule nobody."},
	} {
		w := post(t, h, tt.path, tt.form)
		if w.Code != tt.status || w.Header().Get("Location") != tt.location || !strings.Contains(w.Body.String(), tt.why) {
			t.Errorf("%s with %v: %d to %q, want %d to %q with %q:\n%s", tt.path, tt.form, w.Code, w.Header().Get("Location"), tt.status, tt.location, tt.why, main(w))
		}
	}
	s, _ := f.Schedule(t.Context(), "sis.main")
	if want := time.Date(2026, 9, 10, 12, 0, 0, 0, time.UTC); s.PausedUntil == nil || !s.PausedUntil.Equal(want) || s.PauseNote != "Exams" {
		t.Errorf("paused until %v (%s), want %v: the time is the schedule's", s.PausedUntil, s.PauseNote, want)
	}
	if s, _ := f.Schedule(t.Context(), "digest"); s.PausedUntil != nil {
		t.Errorf("digest is still paused until %v", s.PausedUntil)
	}
	if _, err := f.Schedule(t.Context(), "backup"); err == nil {
		t.Error("backup is still there")
	}
	if diff := cmp.Diff([]string{"sis.main for riverside by local"}, f.ran); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
}

func TestRevertsOneSettingOfOneLayer(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	revert := url.Values{"field": {"owner"}, "layer": {"client"}, "revision": {"3"}, "reason": {"As the platform says"}}
	if w := post(t, h, "/schedules/sis.main/revert", revert); w.Code != http.StatusSeeOther {
		t.Fatalf("got %d:\n%s", w.Code, main(w))
	}
	s, _ := f.Schedule(t.Context(), "sis.main")
	if s.Owner != "it@example.edu" || len(s.Overrides) != 2 {
		t.Errorf("the owner is %q, with %d overrides", s.Owner, len(s.Overrides))
	}
	if w := post(t, h, "/schedules/sis.main/revert", url.Values{"field": {"zone"}, "layer": {"platform"}, "revision": {"3"}, "reason": {"x"}}); w.Code != http.StatusConflict {
		t.Errorf("what was seen before the other change is reverted: %d", w.Code)
	}
	post(t, h, "/schedules/sis.main/revert", url.Values{"field": {"*"}, "layer": {"platform"}, "revision": {"4"}, "reason": {"x"}})
	if s, _ := f.Schedule(t.Context(), "sis.main"); s.Zone != "Europe/Berlin" || len(s.Overrides) != 0 {
		t.Errorf("the zone is %s, with %d overrides", s.Zone, len(s.Overrides))
	}
}

func TestOnlyWhatCanBeDeletedHasAButton(t *testing.T) {
	h := timetable(t, campusTimetable())
	for name, want := range map[string]bool{"backup": true, "gone": true, "sis.main": false, "off": false} {
		if got := strings.Contains(get(t, h, "/schedules/"+name).Body.String(), "/schedules/"+name+"/delete"); got != want {
			t.Errorf("%s has a button: %v, want %v", name, got, want)
		}
	}
}

func TestHostileSchedulesStayText(t *testing.T) {
	for _, evil := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202egnp.exe", `{{.}}`, `javascript:alert(1)`, "a/../b?c#d", strings.Repeat("Ab1", 400)} {
		rule := job.NewRule("0 1 * * *", "UTC", []byte(`{"a":"`+strings.ReplaceAll(evil, `"`, `\"`)+`"}`))
		rule.Owner, rule.Labels, rule.Calendar = evil, map[string]string{evil: evil}, evil
		f := &fakeTimetable{
			schedules: []job.Schedule{{Name: evil, Task: evil, Client: evil, Base: rule, Rule: rule, Revision: 1, Created: noon, Notices: []string{evil}, PauseNote: evil, PausedUntil: at(time.Hour), Problem: evil, Overrides: []job.Override{{Layer: "platform", Field: "owner", Value: []byte(`"x"`), By: evil, Reason: evil}}}},
			slots:     map[string][]job.Slot{evil: {{Due: noon, Outcome: job.SlotMissed, Reason: evil, JobID: evil}}},
			changes:   []job.Change{{Schedule: evil, By: evil, Reason: evil, Field: evil, New: []byte(evil)}},
		}
		h := timetable(t, f)
		path := "/schedules/" + url.PathEscape(evil)
		for _, path := range []string{"/schedules?q=" + url.QueryEscape(evil), "/schedules", path, path + "/edit", path + "/pause", path + "/revert?field=owner&layer=platform", "/schedules/new?from=" + url.QueryEscape(evil)} {
			w := get(t, h, path)
			if w.Code != http.StatusOK {
				t.Errorf("%.60s is answered %d", path, w.Code)
			}
			for _, e := range elements(t, w.Body.String()) {
				if e.tag == "img" || e.attrs["onerror"] != "" || (e.tag == "script" && e.attrs["src"] == "") || strings.HasPrefix(e.attrs["href"], "javascript:") {
					t.Errorf("%.40q became <%s %v> on %.60s", evil, e.tag, e.attrs, path)
				}
			}
		}
	}
}
