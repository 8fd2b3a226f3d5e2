package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
	roster "github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/internal/web"
)

func TestPages(t *testing.T) {
	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"/", 302, `href="/overview"`},
		{"/overview", 200, `href="/jobs/` + id(25) + `"`},
		{"/jobs", 200, `2 running, 1 waiting, 1 queued, 1 retrying, 1 held.`},
		{"/jobs", 200, `<progress max="100" value="64"></progress><span class="percent">64 %</span>`},
		{"/jobs", 200, `enrolments · 53 s left`},
		{"/jobs", 200, `18,234`},
		{"/jobs", 200, `Waits for gradebook, held by Statistics for 3 min`},
		{"/jobs", 200, `href="/jobs/` + id(25) + `/errors" data-ask`},
		{"/jobs?q=state:failed+nothing", 200, `No job matches`},
		{"/jobs?q=colour:red", 400, `value="colour:red"`},
		{"/jobs?q=colour:red", 400, `There is no word colour:`},
		{"/jobs?q=state:failed", 200, `jobctl jobs --filter &#39;state:failed&#39;`},
		{"/jobs?q=state:failed", 200, `href="/api/v1/jobs?format=csv&amp;q=state%3Afailed"`},
		{"/jobs?q=task:a&task=users.import", 200, `value="task:users.import"`},
		{"/jobs?q=task:users.import&task=", 200, `2 running, 1 waiting`},
		{"/jobs/" + id(13) + "/errors", 200, `… and 1,302 more.`},
		{"/jobs/" + id(20) + "/errors", 200, `No record has gone wrong`},
		{"/jobs/nobody/errors", 404, `There is no job nobody.`},
		{"/jobs:abort?q=state:running", 200, `these 2 jobs?`},
		{"/jobs:abort?id=" + id(29), 200, `Abort this job?`},
		{"/jobs:abort", 400, `No job is chosen.`},
		{"/jobs:abort?q=colour:red", 400, `There is no word colour:`},
		{"/jobs:retry?q=state:failed+nothing", 200, `No job to retry`},
		{"/jobs?state=running", 200, `aria-current="true">Running <span class="count">2</span>`},
		{"/jobs?state=held&task=nothing", 200, `No job matches`},
		{"/jobs?state=sleeping", 400, `There is no state “sleeping”`},
		{"/jobs/" + id(25), 200, `Has been running for 1 min 35 s on worker-2@ada, attempt 2.`},
		{"/jobs/" + id(25), 200, `2,688 of 4,200`},
		{"/jobs/" + id(25), 200, `href="/api/v1/jobs/` + id(25) + `/errors?format=csv"`},
		{"/jobs/" + id(25), 200, `&#34;2026-fall&#34;`},
		{"/jobs/" + id(25), 200, `jobctl job ` + id(25)},
		{"/jobs/" + id(25), 200, `title="1 min ago">3 Sep 2026, 11:58:25 UTC</time>`},
		{"/jobs/" + id(25), 200, `enrol 500 people: Moodle answered 503, Service Unavailable`},
		{"/jobs/" + id(13), 200, `read hr-export-2026-09.csv: line 88: wrong number of fields`},
		{"/jobs/" + id(13), 200, `<button type="submit" class="main">`},
		{"/jobs/" + id(15), 200, `Try now`},
		{"/jobs/" + id(15), 200, `the next one starts in 48 s`},
		{"/jobs/" + id(31), 200, `Start now`},
		{"/jobs", 200, `<span class="note">read hr-export-2026-09.csv: line 88: wrong number of fields</span>`},
		{"/jobs?state=failed", 200, `<span class="stage">87 created</span>`},
		{"/jobs/" + id(13) + "?errors=x", 400, `is not a number of a line`},
		{"/jobs/nobody", 404, `There is no job nobody.`},
		{"/jobs/boom", 500, `Something went wrong on our side`},
		{"/jobs/" + id(25) + "/abort", 200, `It stops within a second or so.`},
		{"/jobs/" + id(30) + "/abort", 200, `It will not start.`},
		{"/jobs/" + id(20) + "/abort", 409, `The job has ended already: it succeeded.`},
		{"/messages", 200, `2 waiting, 1 held, 2 rejected of 12 messages from the SIS.`},
		{"/messages", 200, `The person S-9999 is not in users.csv; the registration waits until it is.`},
		{"/messages?state=waiting&code=REF_PERSON", 200, `enrollments.csv:17`},
		{"/messages?q=nobody", 200, `No message matches`},
		{"/messages?sync=summer", 200, `jobctl sis run summer --wait`},
		{"/messages?sync=winter", 404, `There is no sync “winter”.`},
		{"/messages?state=lost", 400, `Messages are never “lost”.`},
		{"/messages?stream=grades", 400, `There is no stream “grades”`},
		{"/workers", 200, `2 workers are up, 2 of 14 places in use, and 1 worker takes no more jobs.`},
		{"/workers/w-1/drain", 200, `Drain this worker?`},
		{"/queues", 200, `1,201 jobs are queued.`},
		{"/queues/worker/pause", 200, `Pause this queue?`},
		{"/queues/*/pause", 200, `Pause all queues?`},
		{"/locks", 200, `2 resources are held, 2 jobs wait.`},
		{"/locks", 200, `href="/jobs/` + id(24) + `/break"`},
		{"/locks", 200, `… and 5 more in line`},
		{"/locks", 200, `<td class="num">12</td><td class="num">40</td><td class="num">0</td>`},
		{"/jobs/" + id(24) + "/break", 200, `Break the locks of this job?`},
		{"/jobs/" + id(20) + "/break", 409, `The job does not run, so that it holds no locks.`},
		{"/schedules", 200, `6 schedules: 1 has a problem, 1 is missing, 1 has a notice, 1 is paused, 1 is switched off, 1 is customised.`},
		{"/schedules", 200, `Fri 4 Sep, 02:30 EDT<span class="note">06:30 UTC</span>`},
		{"/schedules", 200, `every day at 02:30</td><td><code>30 2 * * *</code>`},
		{"/schedules?state=paused", 200, `aria-current="true">Paused <span class="count">1</span>`},
		{"/schedules?state=lost", 400, `Schedules are never “lost”.`},
		{"/schedules?page=x", 400, `is not the number of a page`},
		{"/schedules?q=nothing", 200, `No schedule matches`},
		{"/schedules/sis.main", 200, `Runs every day at 02:30; next in 18 h.`},
		{"/schedules/sis.main", 200, `<td>Fri 4 Sep, 02:30 EDT</td><td>Fri 4 Sep, 06:30 UTC</td>`},
		{"/schedules/sis.main", 200, `The code now says UTC for zone`},
		{"/schedules/sis.main", 200, `<b>America/New_York</b></td><td class="text faint" data-says="The code says: ">Europe/Berlin`},
		{"/schedules/sis.main", 200, `The code said UTC then.`},
		{"/schedules/sis.main", 200, `it@example.edu, which the client’s goes before.`},
		{"/schedules/sis.main", 200, `<b>Time zone</b>: <span>Europe/Berlin</span> → <span>America/New_York</span>`},
		{"/schedules/sis.main", 200, `Caught up</span></a></td><td class="text">Reason 2</td><td class="num">38 ms`},
		{"/schedules/digest", 200, `It is paused, and goes on in 2 days.`},
		{"/schedules/digest", 200, `The mail server moves.`},
		{"/schedules/gone", 200, `No worker announces legacy.sync with this schedule any more.`},
		{"/schedules/quarterly", 200, `day of month: 32 is more than 31`},
		{"/schedules/off", 200, `It is switched off.`},
		{"/schedules/nobody", 404, `href="/schedules"`},
		{"/schedules/new", 200, `When it runs appears here while you type.`},
		{"/schedules/new?from=sis.main", 200, `value="30 2 * * *"`},
		{"/schedules/sis.main/edit", 200, `<b>The code says:</b> Europe/Berlin`},
		{"/schedules/sis.main/run", 200, `beside the timetable`},
		{"/schedules/sis.main/pause", 200, `Until, in America/New_York`},
		{"/schedules/digest/resume", 200, `The mail server moves.`},
		{"/schedules/backup/delete", 200, `Delete this schedule?`},
		{"/schedules/sis.main/revert?field=zone&layer=platform", 200, `Now: America/New_York<br>Then: Europe/Berlin`},
		{"/schedules/sis.main/revert?field=owner&layer=client", 200, `Now: registrar@example.edu<br>Then: it@example.edu`},
		{"/schedules/sis.main/revert?field=*&layer=platform", 200, `Revert all that the platform has set?`},
		{"/schedules/sis.main/revert?field=cron&layer=client", 409, `There is nothing to revert`},
		{"/schedules/sis.main", 200, `Waits</span></td>`},
		{"/schedules/sis.main", 200, `href="/recoveries/9">Recovery 9</a>`},
		{"/keys", 200, `<kbd>j</kbd>`},
		{"/login", 303, `href="/jobs"`},
		{"/nowhere", 404, `There is no such page.`},
		{"/static/", 404, ``},
	} {
		t.Run(tt.path, func(t *testing.T) {
			w := get(t, dashboard(t, web.Config{}), tt.path)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d, want %d with %q in:\n%s", w.Code, tt.status, tt.want, main(w))
			}
		})
	}
}

// somePaths lead to every page there is.
var somePaths = []string{
	"/jobs", "/jobs?state=running&errors=1&before=" + id(99), "/jobs?q=state:failed+x", "/jobs?q=colour:red", "/jobs:abort?q=state:running", "/jobs:retry?id=" + id(13), "/jobs/" + id(25) + "/errors", "/jobs?root=" + id(20) + "&schedule=x&task=y&client=riverside",
	"/jobs/" + id(25), "/jobs/" + id(13) + "?errors=50", "/jobs/" + id(25) + "?log=300", "/jobs/" + id(10), "/jobs/" + id(25) + "/abort",
	"/schedules", "/schedules?state=off&q=a&client=riverside&label=term", "/schedules/sis.main", "/schedules/digest", "/schedules/quarterly", "/schedules/backup",
	"/schedules/new", "/schedules/sis.main/edit", "/schedules/quarterly/edit", "/schedules/sis.main/run", "/schedules/sis.main/pause", "/schedules/digest/resume",
	"/schedules/backup/delete", "/schedules/sis.main/revert?field=zone&layer=platform",
	"/recoveries", "/recoveries/9", "/recoveries/9?page=2", "/recoveries/8", "/recoveries/7", "/recoveries/latest", "/recoveries/9/reject",
	"/calendars", "/calendars/holidays", "/calendars/holidays?schedule=digest", "/calendars/backups?schedule=nobody", "/calendars/new", "/calendars/holidays/edit", "/calendars/backups/delete",
	"/audit", "/audit?target=schedules&to=2026-09-03", "/locks", "/jobs/" + id(24) + "/break", "/messages", "/messages?sync=summer", "/messages?state=waiting&code=REF_PERSON&q=S", "/keys", "/jobs/nobody", "/nowhere",
	"/access", "/access/new", "/access/people/paul", "/access/people/paul/disable", "/access/people/paul/invite", "/account", "/account/tokens/t0/revoke", "/device", "/device?code=BCDF-GHJK", "/device?code=x",
	"/notices", "/notices?tested=imports", "/notices/new", "/notices/rules/night", "/notices/rules/night/delete",
	"/system", "/retention", "/retention/edit?tasks=sis.*", "/retention/delete?tasks=sis.*", "/retention/hold", "/retention/lift?name=audit-2026",
}

func TestEveryPageIsSoundHTML(t *testing.T) {
	h := dashboard(t, web.Config{Demo: true})
	for _, path := range somePaths {
		t.Run(path, func(t *testing.T) {
			page := elements(t, get(t, h, path).Body.String())
			ids := attrs(page, "", "id")
			slices.Sort(ids)
			if twice := len(ids) - len(slices.Compact(slices.Clone(ids))); twice > 0 {
				t.Errorf("%d ids are there twice in %v", twice, ids)
			}
			for _, icon := range attrs(page, "use", "href") {
				if _, ok := slices.BinarySearch(ids, strings.TrimPrefix(icon, "#")); !ok {
					t.Errorf("there is no icon %s", icon)
				}
			}
			for _, e := range page {
				for name := range e.attrs {
					if name == "style" || strings.HasPrefix(name, "on") {
						t.Errorf("<%s %s> is forbidden by the content security policy", e.tag, name)
					}
				}
				if (e.tag == "script" && e.attrs["src"] == "") || e.tag == "style" {
					t.Errorf("<%s> inline is forbidden by the content security policy", e.tag)
				}
			}
		})
	}
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	h := dashboard(t, web.Config{Demo: true})
	checked := map[string]bool{}
	for _, path := range somePaths {
		page := elements(t, get(t, h, path).Body.String())
		links := slices.Concat(attrs(page, "a", "href"), attrs(page, "link", "href"), attrs(page, "script", "src"))
		for _, link := range links {
			link, _, _ = strings.Cut(link, "#")
			if link == "" || checked[link] || strings.HasPrefix(link, "/api/") {
				continue
			}
			checked[link] = true
			if w := get(t, h, link); w.Code >= 400 {
				t.Errorf("%s links to %s, which is %d", path, link, w.Code)
			}
		}
		for _, e := range page {
			if e.tag == "form" && e.attrs["method"] == "post" && get(t, h, e.attrs["action"]).Code == 404 && post(t, h, e.attrs["action"], nil).Code == 404 {
				t.Errorf("%s has a form for %s, which is not there", path, e.attrs["action"])
			}
		}
	}
}

func TestNoGetChangesAnything(t *testing.T) {
	jobs := campusDay()
	h := dashboard(t, web.Config{Jobs: jobs})
	before := slices.Clone(jobs.jobs)
	for _, path := range append(somePaths, "/jobs/"+id(13)+"/retry") {
		get(t, h, path)
	}
	if diff := cmp.Diff(before, jobs.jobs); diff != "" {
		t.Errorf("jobs changed (-before +after):\n%s", diff)
	}
}

func TestHostileTextStaysText(t *testing.T) {
	long := strings.Repeat("Ab1", 400)
	for _, evil := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202egnp.exe", `{{.}}`, `javascript:alert(1)`, long} {
		j := job.Job{ID: "evil", Task: evil, Description: evil, Client: evil, Owner: evil, Queue: evil, Worker: evil, State: job.Failed, Reason: evil, Error: evil, Errors: 1, Schedule: evil, Parent: evil, Root: "evil", Args: []byte(`{"a":"` + strings.ReplaceAll(evil, `"`, `\"`) + `"}`), Started: at(-time.Hour), Ended: at(0)}
		jobs := &fakeJobs{
			jobs:     []job.Job{j},
			attempts: map[string][]job.Attempt{"evil": {{Number: 1, Worker: evil, Outcome: job.AttemptFailed, Error: evil, Started: noon}}},
			errors:   map[string][]job.RecordError{"evil": {{Seq: 1, Key: evil, Code: evil, Message: evil}}},
			logs:     map[string][]job.LogLine{"evil": {{Seq: 1, Level: evil, Text: evil, At: noon}}},
		}
		mail := fakeMessages{{ID: "m", Sync: "main", Key: evil, State: roster.Rejected, Code: evil, Reason: evil, Where: evil, Run: evil}}
		h := dashboard(t, web.Config{Jobs: jobs, Campus: mail, Catalogue: fakeCatalogue{evil}})
		for _, path := range []string{"/jobs", "/jobs/evil", "/messages", "/jobs?task=" + url.QueryEscape(evil), "/messages?q=" + url.QueryEscape(evil), "/jobs/" + url.PathEscape(evil)} {
			for _, e := range elements(t, get(t, h, path).Body.String()) {
				if e.tag == "img" || e.attrs["onerror"] != "" || (e.tag == "script" && e.attrs["src"] == "") || strings.HasPrefix(e.attrs["href"], "javascript:") {
					t.Errorf("%.40q became <%s %v> on %s", evil, e.tag, e.attrs, path)
				}
			}
		}
	}
}

func TestFullPagesAreUnder60KB(t *testing.T) {
	jobs, mail := &fakeJobs{errors: map[string][]job.RecordError{}, logs: map[string][]job.LogLine{}}, fakeMessages{}
	for i := range 120 {
		jobs.jobs = append(jobs.jobs, job.Job{
			ID: id(500 - i), Root: "r", Task: "sis.registrations.process", Description: "Process registrations of the faculty of arts and letters", Client: fmt.Sprint("client-", i%3),
			State: job.Running, Errors: 12, Worker: "worker-1@ada", Started: at(-time.Minute), Progress: job.Progress{Stage: "enrolments", Done: 900, Total: 4200},
		})
		mail = append(mail, roster.Message{ID: id(500 - i), Sync: "main", Stream: "registrations", Key: "CHEM-201-03-2026FA|S-1007|student", State: roster.Waiting, Code: "SECTION_UNLINKED", Reason: "The section CHEM-201-03-2026FA is linked to no course. Link it with jobctl sis link main CHEM-201-03-2026FA COURSE.", Where: "enrollments.csv:240", Run: id(20)})
	}
	for i := range 300 {
		jobs.errors[id(500)] = append(jobs.errors[id(500)], job.RecordError{Seq: int64(i + 1), Key: "enrollments.csv:240", Code: "SECTION_UNLINKED", Message: "The section CHEM-201-03-2026FA is linked to no course."})
		jobs.logs[id(500)] = append(jobs.logs[id(500)], job.LogLine{Seq: int64(i + 1), Level: "info", Text: "enrolled batch=1 size=500 took=812ms", At: noon})
	}
	h := dashboard(t, web.Config{Jobs: jobs, Campus: mail, Demo: true})
	for _, path := range []string{"/jobs?state=running&client=", "/messages", "/jobs/" + id(500), "/recoveries/9"} {
		if size := get(t, h, path).Body.Len(); size > 60_000 {
			t.Errorf("%s has %d bytes", path, size)
		}
	}
}

func TestTheFilterIsTheURL(t *testing.T) {
	jobs := campusDay()
	get(t, dashboard(t, web.Config{Jobs: jobs}), "/jobs?state=failed&state=running&task=users.import&client=default&errors=1&root=r&schedule=s&before=b")
	want := job.Filter{States: []job.State{job.Failed, job.Running}, Task: "users.import", Client: "default", Errors: true, Root: "r", Schedule: "s", Before: "b", Limit: 37} // one more, for the fake
	if diff := cmp.Diff([]job.Filter{want}, jobs.asked); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
}

func TestListsArePaged(t *testing.T) {
	jobs := &fakeJobs{}
	for i := range 120 {
		jobs.jobs = append(jobs.jobs, job.Job{ID: id(500 - i), Description: "Job", State: job.Succeeded, Created: noon})
	}
	h := dashboard(t, web.Config{Jobs: jobs})
	var seen []string
	path := "/jobs?state=succeeded"
	for path != "" {
		page := elements(t, get(t, h, path).Body.String())
		for _, e := range page {
			if e.tag == "tr" && e.attrs["id"] != "" {
				seen = append(seen, e.attrs["id"])
			}
		}
		path = ""
		for _, e := range page {
			if e.attrs["rel"] == "next" {
				path = e.attrs["href"]
			}
		}
	}
	if len(seen) != 120 || seen[0] != id(500) || seen[119] != id(381) {
		t.Errorf("saw %d jobs, from %v", len(seen), seen[:min(len(seen), 1)])
	}
}

func TestTheLogShowsItsEndAndLeadsBack(t *testing.T) {
	h := dashboard(t, web.Config{})
	last := get(t, h, "/jobs/"+id(25)).Body.String()
	if !strings.Contains(last, "batch=523 ") || !strings.Contains(last, "batch=324 ") || strings.Contains(last, "batch=323 ") {
		t.Error("the page does not show the last 200 lines")
	}
	older := get(t, h, "/jobs/"+id(25)+"?log=324").Body.String()
	if !strings.Contains(older, "batch=323 ") || !strings.Contains(older, "batch=124 ") || strings.Contains(older, "batch=324 ") {
		t.Error("the older page does not show the 200 lines before")
	}
	if !strings.Contains(last, "log=324#log") || !strings.Contains(older, "log=124#log") || !strings.Contains(older, "Newest lines") {
		t.Error("the pages are not linked")
	}
}

func TestErrorsArePagedAndWhatWasNotKeptIsSaid(t *testing.T) {
	h := dashboard(t, web.Config{})
	first, last := get(t, h, "/jobs/"+id(13)).Body.String(), get(t, h, "/jobs/"+id(13)+"?errors=950").Body.String()
	if !strings.Contains(first, "errors=50#errors") || strings.Contains(first, "all are counted") {
		t.Error("the first page does not lead on")
	}
	if !strings.Contains(last, "The first errors are kept, all are counted: 1,312.") || strings.Contains(last, ">More") {
		t.Error("the last page does not say that there were more errors than were kept")
	}
}

func TestALiveAnswerHasOnlyWhatChanges(t *testing.T) {
	h := dashboard(t, web.Config{})
	for _, path := range []string{"/jobs", "/jobs/" + id(25), "/messages", "/schedules", "/schedules/sis.main", "/recoveries", "/recoveries/9", "/calendars", "/calendars/holidays"} {
		r := httptest.NewRequest("GET", path, http.NoBody)
		r.Header.Set("Beadle-Live", "1")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		whole := elements(t, get(t, h, path).Body.String())
		part := elements(t, "<div>"+w.Body.String()+"</div>")
		if strings.Contains(w.Body.String(), "<html") || strings.Contains(w.Body.String(), "<symbol") {
			t.Errorf("%s: the answer is a whole page", path)
		}
		if diff := cmp.Diff(sorted(live(whole)), sorted(live(part))); diff != "" {
			t.Errorf("%s: live parts of the page and of the answer (-page +answer):\n%s", path, diff)
		}
	}
}

func live(page []element) (ids []string) {
	for _, e := range page {
		if _, ok := e.attrs["data-live"]; ok {
			ids = append(ids, e.attrs["id"])
		}
	}
	return ids
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

func TestSaysHowFarTheListIsBehind(t *testing.T) {
	lag := 2 * time.Second
	h := dashboard(t, web.Config{Lag: func() time.Duration { return lag }})
	if strings.Contains(get(t, h, "/jobs").Body.String(), "behind") {
		t.Error("2 s are said")
	}
	lag = 12 * time.Second
	if !strings.Contains(get(t, h, "/jobs").Body.String(), "This page is 12 s behind") {
		t.Error("12 s are not said")
	}
}

func TestEmptyPagesTeach(t *testing.T) {
	h := dashboard(t, web.Config{Jobs: &fakeJobs{}, Campus: fakeMessages{}, Syncs: []string{}})
	if body := get(t, h, "/jobs").Body.String(); !strings.Contains(body, "jobctl enqueue TASK --wait") {
		t.Errorf("the empty list of jobs does not say how to make one:\n%s", body)
	}
	if body := get(t, h, "/messages").Body.String(); !strings.Contains(body, "No sync is configured") {
		t.Errorf("without a sync, messages do not say what is missing:\n%s", body)
	}
}

func TestTheDemoIsLabelledOnEveryPage(t *testing.T) {
	demo, real := dashboard(t, web.Config{Demo: true}), dashboard(t, web.Config{})
	for _, path := range somePaths {
		if !strings.Contains(get(t, demo, path).Body.String(), "simulators") {
			t.Errorf("%s does not say that the campus is simulated", path)
		}
		if strings.Contains(get(t, real, path).Body.String(), "simulators") {
			t.Errorf("%s says that a real campus is simulated", path)
		}
	}
}

func TestPagesKeepForeignersOut(t *testing.T) {
	h := dashboard(t, web.Config{})
	if policy := get(t, h, "/jobs").Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self';") {
		t.Errorf("Content-Security-Policy = %q", policy)
	}
	r := httptest.NewRequest("POST", "/jobs/"+id(25)+"/abort", http.NoBody)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("an abort from another site is answered %d, want 403", w.Code)
	}
}

func TestAssetsMayBeKeptForEver(t *testing.T) {
	h := dashboard(t, web.Config{})
	for _, e := range elements(t, get(t, h, "/jobs").Body.String()) {
		path := e.attrs["href"] + e.attrs["src"]
		if !strings.HasPrefix(path, "/static/") {
			continue
		}
		if keep := get(t, h, path).Header().Get("Cache-Control"); !strings.Contains(keep, "immutable") {
			t.Errorf("%s: Cache-Control = %q", path, keep)
		}
		if keep := get(t, h, path+"0").Header().Get("Cache-Control"); strings.Contains(keep, "immutable") {
			t.Errorf("%s of another version may be kept for ever", path)
		}
	}
}

func dashboard(t testing.TB, c web.Config) http.Handler {
	t.Helper()
	if c.Jobs == nil {
		c.Jobs = campusDay()
	}
	if c.Campus == nil {
		c.Campus = campusMail()
	}
	if c.Catalogue == nil {
		c.Catalogue = fakeCatalogue{"sis.terms.pull", "users.import"}
	}
	if c.Locks == nil {
		c.Locks, c.Limits = campusLocks(), campusLocks()
	}
	if c.Timetable == nil {
		f := campusTimetable()
		c.Timetable, c.Schedules, c.RunSchedule = f, f, f.run
	}
	if c.Errors == nil {
		c.Errors = campusErrors()
	}
	if c.Audit == nil {
		c.Audit = campusAudit()
	}
	if c.Forecast == nil {
		c.Forecast = func(context.Context, string, time.Time, int) ([]job.Firing, error) {
			return []job.Firing{{Schedule: "sis.main", Due: noon.Add(time.Minute)}}, nil
		}
	}
	if c.Queues == nil {
		f := campusQueues()
		c.Queues, c.Workers = f, f
	}
	if c.System == nil {
		c.System = apitest.System
	}
	if c.Retention == nil {
		c.Retention = campusKeeping()
	}
	if c.People == nil {
		c.People = campusPeople(apitest.NewAccess())
	}
	if c.Devices == nil {
		c.Devices = &fakeDevices{state: auth.DevicePending}
	}
	if c.Notices == nil {
		c.Notices = noticesOf(campusNotices(), campusDay())
	}
	if c.Syncs == nil {
		c.Syncs = []string{"main", "summer"}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	c.Now, c.Zone = func() time.Time { return noon }, time.UTC
	h, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return local{h}
}

// local is a dashboard that nobody has to log in to.
type local struct{ *web.Dashboard }

func (l local) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.Dashboard.ServeHTTP(w, r.WithContext(auth.With(r.Context(), auth.Local)))
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, http.NoBody))
	return w
}

func post(t *testing.T, h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
