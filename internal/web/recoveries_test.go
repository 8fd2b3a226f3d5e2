package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestARecoveryIsShownStepByStep(t *testing.T) {
	h := timetable(t, campusTimetable())
	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"/recoveries", 200, `1 plan waits for a person, 1 is under way.`},
		{"/recoveries", 200, `<a href="/recoveries/9">Recovery 9</a>`},
		{"/recoveries", 200, `ana@example.edu<span class="note">The SIS was restored from a backup</span>`},
		{"/recoveries/9", 200, `It has 212 slots, and waits until a person approves or rejects it.`},
		{"/recoveries/9", 200, `<dt>Expected to take</dt><dd>2 h 10 min</dd>`},
		{"/recoveries/9", 200, `<a href="/schedules/sis.main">sis.main</a><span class="note">sis.terms.pull, default</span>`},
		{"/recoveries/9", 200, `Wed 2 Sep, 08:00 EDT<span class="note">Wed 2 Sep, 12:00 UTC</span>`},
		{"/recoveries/9", 200, `<span>users.import</span>, <a href="/schedules/digest">digest</a>`},
		{"/recoveries/9", 200, `<span class="mono">default/users</span> <span class="faint">and 2 more</span>`},
		{"/recoveries/9", 200, `1 min 35 s`},
		{"/recoveries/9", 200, `Waits</span>`},
		{"/recoveries/9?page=5", 200, `From 201 of 212`},
		{"/recoveries/9?page=6", 200, `There are no more steps.`},
		{"/recoveries/9?page=x", 400, `is not the number of a page`},
		{"/recoveries/latest", 200, `<h1>Recovery 9</h1>`},
		{"/recoveries/8", 200, `1 slot is still to start, about 40 min to go.`},
		{"/recoveries/8", 200, `<dt>Approved</dt><dd>by beadle`},
		{"/recoveries/8", 200, `<span class="note">It has at most 100 slots.</span>`},
		{"/recoveries/8", 200, `<a href="/jobs/` + id(25) + `"><span class="chip running">`},
		{"/recoveries/8", 200, `Missed</span><span class="note">A newer slot has run.</span>`},
		{"/recoveries/8", 200, `Waits</span><span class="note">Waits for users.import.</span>`},
		{"/recoveries/8", 200, `Reject the rest`},
		{"/recoveries/7", 200, `It was rejected: 1 slot is missed.`},
		{"/recoveries/7", 200, `<dt>Rejected</dt><dd>by ana@example.edu`},
		{"/recoveries/9/reject", 200, `All its slots are missed: their jobs never run.`},
		{"/recoveries/8/reject", 200, `What has started goes on.`},
		{"/recoveries/7/reject", 409, `There is nothing to reject: It was rejected`},
		{"/recoveries/6", 404, `href="/recoveries"`},
		{"/recoveries/x", 404, `There is no recovery “x”`},
	} {
		t.Run(tt.path, func(t *testing.T) {
			if w := get(t, h, tt.path); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d, want %d with %q in:\n%s", w.Code, tt.status, tt.want, main(w))
			}
		})
	}
}

func TestARecoveryIsDecidedForAReason(t *testing.T) {
	for _, tt := range []struct {
		path, reason string
		status       int
		want         job.RecoveryState
	}{
		{"/recoveries/9/approve", "Checked with the registrar", 303, job.RecoveryRunning},
		{"/recoveries/9/reject", "The SIS was restored", 303, job.RecoveryRejected},
		{"/recoveries/8/reject", "Exams", 303, job.RecoveryRejected},
		{"/recoveries/9/approve", " ", 400, job.RecoveryHeld},
		{"/recoveries/9/reject", "", 400, job.RecoveryHeld},
		{"/recoveries/8/approve", "x", 409, job.RecoveryRunning},
		{"/recoveries/7/reject", "x", 409, job.RecoveryRejected},
		{"/recoveries/latest/approve", " ", 400, ""},
		{"/recoveries/latest/approve", "x", 400, ""},
	} {
		f := campusTimetable()
		w := post(t, timetable(t, f), tt.path, url.Values{"reason": {tt.reason}})
		plan := strings.TrimSuffix(strings.TrimSuffix(tt.path, "/approve"), "/reject")
		if w.Code != tt.status || (w.Code == http.StatusSeeOther && w.Header().Get("Location") != plan) {
			t.Errorf("%s because %q: got %d to %q, want %d", tt.path, tt.reason, w.Code, w.Header().Get("Location"), tt.status)
		}
		if tt.status == http.StatusBadRequest && !strings.Contains(w.Body.String(), `href="`+plan+`"`) {
			t.Errorf("%s: the refusal does not lead back:\n%s", tt.path, main(w))
		}
		for _, r := range f.recoveries {
			if plan != "/recoveries/"+string('0'+rune(r.ID)) {
				continue
			}
			if r.State != tt.want || (w.Code == http.StatusSeeOther && (r.By != "local" || r.Reason != tt.reason)) {
				t.Errorf("%s: it is %s by %q because %q", tt.path, r.State, r.By, r.Reason)
			}
		}
	}
}

func TestAnOpenRecoveryIsSaidOnTop(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	for _, path := range []string{"/schedules", "/jobs"} {
		body := get(t, h, path).Body.String()
		for _, want := range []string{`<b>Recovery 9 waits for a person:</b> 212 slots`, `<b>Recovery 8 is running:</b> 4 slots`, `href="/recoveries/9">See the plan`} {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
		if strings.Contains(body, "Recovery 7") {
			t.Errorf("%s tells of a recovery that is over", path)
		}
	}
	f.recoveries = f.recoveries[2:]
	if body := get(t, h, "/schedules").Body.String(); strings.Contains(body, "See the plan") {
		t.Error("there is a banner though no recovery is open")
	}
	f.recoveries = nil
	if body := get(t, h, "/recoveries").Body.String(); !strings.Contains(body, "Nothing to recover") {
		t.Error("the empty list does not say what a recovery is")
	}
}

func TestClashesAreSaidWhileOneTypes(t *testing.T) {
	h := timetable(t, campusTimetable())
	typed := func(values url.Values) string {
		t.Helper()
		values.Set("enabled", "on")
		return post(t, h, "/schedules/preview", values).Body.String()
	}
	body := typed(url.Values{"schedule": {"sis.main"}, "cron": {"0 1 * * *"}})
	for _, want := range []string{
		"7 clashes in the next 7 days", `Fri 4 Sep, 01:00 EDT: <a href="/schedules/backup">backup</a>, due 00:56, wants all resources of default too, for about 6 min`,
		"and 4 more", "every day at 05:20", `name="use" value="20 5 * * *"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("there is no %q in:\n%s", want, body)
		}
	}
	if n := strings.Count(body, "due 00:56"); n != 3 {
		t.Errorf("%d clashes are shown, want 3", n)
	}
	for name, tt := range map[string]struct {
		values url.Values
		want   string
	}{
		"none":            {url.Values{"schedule": {"sis.main"}, "cron": {"30 1 * * *"}}, "In the next 7 days it gets in the way of no other schedule."},
		"a new one":       {url.Values{"task": {"sis.terms.pull"}, "cron": {"every day at noon"}}, "7 clashes"},
		"what is unknown": {url.Values{"schedule": {"digest"}, "cron": {"0 1 * * *"}}, "Not known: how long jobs of mail.digest take."},
	} {
		if body := typed(tt.values); !strings.Contains(body, tt.want) {
			t.Errorf("%s: there is no %q in:\n%s", name, tt.want, body)
		}
	}
	if body := typed(url.Values{"cron": {"0 1 * * *"}}); strings.Contains(body, "clash") {
		t.Errorf("a schedule without a task clashes:\n%s", body)
	}
}

func TestFreeTimesAreTakenOverWithoutAScript(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	values := controls(t, get(t, h, editMain).Body.String(), editMain)
	values.Set("owner", "me@example.edu")
	values.Set("cron", "0 5 * * *")
	values.Set("use", "20 5 * * *")
	w := post(t, h, editMain, values)
	again := controls(t, w.Body.String(), editMain)
	if w.Code != http.StatusOK || again.Get("cron") != "20 5 * * *" || again.Get("owner") != "me@example.edu" {
		t.Errorf("got %d with cron %q and owner %q", w.Code, again.Get("cron"), again.Get("owner"))
	}
	if s, _ := f.Schedule(t.Context(), "sis.main"); s.Revision != 3 {
		t.Error("taking over free times saved the schedule")
	}
}
