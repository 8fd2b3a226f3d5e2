package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
		{"/jobs/" + id(25), 200, `Waited 3 min for gradebook, held by job ` + id(24) + ` stats.nightly.`},
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
