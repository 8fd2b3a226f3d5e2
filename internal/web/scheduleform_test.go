package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

// controls returns what a browser would send of the form with that action.
func controls(t *testing.T, page, action string) url.Values {
	t.Helper()
	values := url.Values{}
	open, choosing := false, ""
	for _, e := range elements(t, page) {
		name, value := e.attrs["name"], e.attrs["value"]
		switch {
		case e.tag == "form":
			open = e.attrs["action"] == action
		case !open || e.attrs["disabled"] != "":
		case e.tag == "select":
			choosing = name
		case e.tag == "option" && choosing != "":
			if _, selected := e.attrs["selected"]; selected || !values.Has(choosing) {
				values.Set(choosing, valueOf(e))
			}
		case e.tag == "textarea":
			values.Set(name, strings.ReplaceAll(strings.TrimSpace(e.text), "\n", "\r\n"))
		case e.tag == "input" && e.attrs["type"] == "checkbox":
			if _, checked := e.attrs["checked"]; checked {
				values.Set(name, value)
			}
		case e.tag == "input":
			values.Set(name, value)
		}
	}
	return values
}

func valueOf(option element) string {
	if value, ok := option.attrs["value"]; ok {
		return value
	}
	return strings.TrimSpace(option.text)
}

const editMain = "/schedules/sis.main/edit"

func TestSavesWordsAsCronAndLeavesTheRestAlone(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	values := controls(t, get(t, h, editMain).Body.String(), editMain)
	values.Set("cron", "every weekday at 06:30")
	values.Set("args", "{\r\n  \"sync\": \"summer\"\r\n}")
	values.Del("enabled")
	values.Set("reason", "The SIS exports earlier")
	w := post(t, h, editMain, values)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/schedules/sis.main" {
		t.Fatalf("got %d to %q:\n%s", w.Code, w.Header().Get("Location"), main(w))
	}
	s, _ := f.Schedule(t.Context(), "sis.main")
	set := map[string]string{}
	for _, o := range s.Overrides {
		if o.Reason == "The SIS exports earlier" && o.By == "local" && o.Layer == job.LayerPlatform {
			set[o.Field] = string(o.Value)
		}
	}
	want := map[string]string{"cron": `"30 6 * * 1-5"`, "dialect": `"unix"`, "args": `{"sync":"summer"}`, "enabled": "false"}
	if diff := cmp.Diff(want, set); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
}

func TestWhatIsRefusedComesBackAsItWasTyped(t *testing.T) {
	for _, tt := range []struct{ control, text, reason, want string }{
		{"cron", "every day at noon", "", "Say why, in a sentence."},
		{"cron", "every blue moon", "x", "aria-invalid"},
		{"zone", "Europe/Atlantis", "x", "There is no time zone"},
		{"jitter_seconds", "5 parsecs", "x", "is not a length of time"},
		{"args", "[1]", "x", "are not a JSON object"},
		{"owner", "ana@example.edu", "x", "The client has set this"},
		{"layer", "moon", "x", "Choose the platform or the client."},
	} {
		f := campusTimetable()
		h := timetable(t, f)
		values := controls(t, get(t, h, editMain).Body.String(), editMain)
		values.Set(tt.control, tt.text)
		values.Set("reason", tt.reason)
		w := post(t, h, editMain, values)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s %q: got %d, want 400 with %q:\n%s", tt.control, tt.text, w.Code, tt.want, main(w))
		}
		if again := controls(t, w.Body.String(), editMain); tt.control != "layer" && again.Get(tt.control) != tt.text {
			t.Errorf("%s: %q came back as %q", tt.control, tt.text, again.Get(tt.control))
		}
		if s, _ := f.Schedule(t.Context(), "sis.main"); s.Revision != 3 {
			t.Errorf("%s %q was saved", tt.control, tt.text)
		}
	}
}

func TestSayingNothingIsNoEdit(t *testing.T) {
	h := timetable(t, campusTimetable())
	values := controls(t, get(t, h, editMain).Body.String(), editMain)
	values.Set("reason", "x")
	if w := post(t, h, editMain, values); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Nothing was changed.") {
		t.Errorf("got %d:\n%s", w.Code, main(w))
	}
}

func TestTwoWhoEditAtOnceLoseNothing(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	mine := controls(t, get(t, h, editMain).Body.String(), editMain)
	mine.Set("cron", "every weekday at 06:30")
	mine.Set("owner", "me@example.edu")
	mine.Set("layer", "client")
	mine.Set("reason", "The SIS exports earlier")
	other := job.Edit{Layer: job.LayerPlatform, Revision: 3, By: "cleo@example.edu", Reason: "Exams", Set: map[string]json.RawMessage{"cron": json.RawMessage(`"0 5 * * *"`), "max_runs": json.RawMessage("9")}}
	if _, err := f.Edit(t.Context(), "sis.main", other); err != nil {
		t.Fatal(err)
	}

	w := post(t, h, editMain, mine)
	for _, want := range []string{
		"Somebody has changed this schedule since you opened it.",
		`<th scope="row">When</th><td class="text">30 2 * * *</td><td class="text"><b>every day at 05:00 (0 5 * * *)</b><span class="note">by cleo@example.edu: Exams</span></td><td class="text">every weekday at 06:30</td>`,
		`<th scope="row">Runs at most</th><td class="text">–</td><td class="text"><b>9</b>`,
	} {
		if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), want) {
			t.Errorf("got %d, want 409 with %q:\n%s", w.Code, want, main(w))
		}
	}

	again := controls(t, w.Body.String(), editMain)
	if w := post(t, h, editMain, again); w.Code != http.StatusSeeOther {
		t.Fatalf("what came back cannot be saved: %d\n%s", w.Code, main(w))
	}
	s, _ := f.Schedule(t.Context(), "sis.main")
	if s.Cron != "30 6 * * 1-5" || s.Owner != "me@example.edu" || s.MaxRuns != 9 {
		t.Errorf("saved: cron %q, owner %q, runs at most %d; want mine, mine, and the other's", s.Cron, s.Owner, s.MaxRuns)
	}
}

func TestPreviewsWithoutAScript(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	values := controls(t, get(t, h, editMain).Body.String(), editMain)
	values.Set("cron", "every weekday at 06:30")
	values.Set("do", "preview")
	w := post(t, h, editMain, values)
	for _, want := range []string{"every weekday at 06:30</dd>", "<code>30 6 * * 1-5</code>", "<td>Fri 4 Sep, 06:30 EDT</td><td>Fri 4 Sep, 10:30 UTC</td>", "Mon 7 Sep, 06:30 EDT"} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("got %d, want 200 with %q:\n%s", w.Code, want, main(w))
		}
	}
	if s, _ := f.Schedule(t.Context(), "sis.main"); s.Revision != 3 || s.Cron != "30 2 * * *" {
		t.Error("a preview changed the schedule")
	}
}

func TestThePreviewAloneSaysWhatIsTyped(t *testing.T) {
	h := timetable(t, campusTimetable())
	for name, tt := range map[string]struct {
		values url.Values
		want   string
	}{
		"words":           {url.Values{"cron": {"every day at noon"}}, "<code>0 12 * * *</code>"},
		"a warning":       {url.Values{"cron": {"0 0 31 * *"}}, "write “the last day”"},
		"a mistake":       {url.Values{"cron": {"0 25 * * *"}}, `<p class="wrong">`},
		"no zone":         {url.Values{"cron": {"0 5 * * *"}, "zone": {"Mars"}}, "There is no time zone"},
		"no time":         {url.Values{"cron": {"0 5 * * *"}, "ends_at": {"soon"}}, "“soon” is not a time"},
		"nothing":         {url.Values{"cron": {""}}, "appears here while you type"},
		"of one there is": {url.Values{"schedule": {"sis.main"}}, "02:30 EDT"},
	} {
		w := post(t, h, "/schedules/preview", tt.values)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), tt.want) || strings.Contains(w.Body.String(), "<html") {
			t.Errorf("%s: got %d, want 200 with %q:\n%s", name, w.Code, tt.want, w.Body)
		}
	}
}

func TestCreatesASchedule(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	values := controls(t, get(t, h, "/schedules/new?from=sis.main").Body.String(), "/schedules/new")
	if values.Get("task") != "sis.terms.pull" || values.Get("zone") != "America/New_York" || values.Get("args") == "" {
		t.Fatalf("the copy begins with %v", values)
	}
	values.Set("cron", "every weekday at 06:30")
	if w := post(t, h, "/schedules/new", values); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Say why") {
		t.Errorf("without a reason: %d\n%s", w.Code, main(w))
	}
	values.Set("reason", "A second time a day")
	values.Set("name", "sis.main")
	if w := post(t, h, "/schedules/new", values); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "There is a schedule sis.main already.") {
		t.Errorf("with a name that is taken: %d\n%s", w.Code, main(w))
	}
	values.Set("name", "sis.main:noon")
	w := post(t, h, "/schedules/new", values)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/schedules/sis.main:noon" {
		t.Fatalf("got %d to %q:\n%s", w.Code, w.Header().Get("Location"), main(w))
	}
	s, _ := f.Schedule(t.Context(), "sis.main:noon")
	if s.Cron != "30 6 * * 1-5" || s.Zone != "America/New_York" || s.Client != "default" || !s.Enabled || string(s.Args) != `{"sync":"main"}` || f.changes[0].Reason != "A second time a day" {
		t.Errorf("created %+v because %q", s, f.changes[0].Reason)
	}
}

func TestEveryControlOfTheFormHasALabel(t *testing.T) {
	h := timetable(t, campusTimetable())
	for _, path := range []string{"/schedules/new", editMain} {
		page := elements(t, get(t, h, path).Body.String())
		labelled, described := map[string]bool{}, map[string]bool{}
		for _, e := range page {
			labelled[e.attrs["for"]], described[e.attrs["id"]] = true, true
		}
		for i, e := range page {
			control := e.tag == "select" || e.tag == "textarea" || (e.tag == "input" && e.attrs["type"] != "hidden")
			wrapped := i > 0 && page[i-1].tag == "label"
			if control && !wrapped && !labelled[e.attrs["id"]] {
				t.Errorf("%s: nothing labels %s", path, e.attrs["name"])
			}
			if hint := e.attrs["aria-describedby"]; control && hint != "" && !described[hint] {
				t.Errorf("%s: %s is described by %s, which is not there", path, e.attrs["name"], hint)
			}
		}
	}
}

func TestPostsOfSchedulesFromOtherSitesAreRefused(t *testing.T) {
	h := timetable(t, campusTimetable())
	for _, path := range []string{editMain, "/schedules/new", "/schedules/sis.main/run", "/schedules/sis.main/pause"} {
		r := httptest.NewRequest("POST", path, http.NoBody)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("%s is answered %d", path, w.Code)
		}
	}
}
