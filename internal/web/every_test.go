package web_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	roster "github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/internal/web"
)

// somePaths lead to every page there is.
var somePaths = []string{
	"/jobs", "/jobs?state=running&errors=1&before=" + id(99), "/jobs?q=state:failed+x", "/jobs?q=colour:red", "/jobs:abort?q=state:running", "/jobs:retry?id=" + id(13), "/jobs/" + id(25) + "/errors", "/jobs?root=" + id(20) + "&schedule=x&task=y&client=riverside",
	"/jobs/" + id(25), "/jobs/" + id(13) + "?errors=50", "/jobs/" + id(25) + "?log=300", "/jobs/" + id(10), "/jobs/" + id(25) + "/abort",
	"/schedules", "/schedules?state=off&q=a&client=riverside&label=term", "/schedules/sis.main", "/schedules/digest", "/schedules/quarterly", "/schedules/backup",
	"/schedules/new", "/schedules/sis.main/edit", "/schedules/quarterly/edit", "/schedules/sis.main/run", "/schedules/sis.main/pause", "/schedules/digest/resume",
	"/schedules/backup/delete", "/schedules/sis.main/revert?field=zone&layer=platform",
	"/recoveries", "/recoveries/9", "/recoveries/9?page=2", "/recoveries/8", "/recoveries/7", "/recoveries/latest", "/recoveries/9/reject",
	"/calendars", "/calendars/holidays", "/calendars/holidays?schedule=digest", "/calendars/backups?schedule=nobody", "/calendars/new", "/calendars/holidays/edit", "/calendars/backups/delete",
	"/audit", "/audit?target=schedules&to=2026-09-03", "/locks", "/queues", "/limits/edit", "/limits/edit?client=%2A&task=moodle.backup", "/jobs/" + id(24) + "/break", "/messages", "/messages?sync=summer", "/messages?state=waiting&code=REF_PERSON&q=S", "/messages?section=BIO&job=" + id(25), "/messages/main/" + id(899), "/messages/main/" + id(894), "/messages/main/" + id(899) + "/skip", "/messages/main/" + id(899) + "/hold", "/messages/main/" + id(899) + "/retry", "/messages:retry/main",
	"/why", "/why?person=S-1007&section=CHEM-201", "/why?person=S-1030&section=x", "/why?person=x",
	"/sections", "/sections?state=available&q=x", "/sections?sync=summer", "/sections/main/BIO-101-01-2026FA?job=" + id(13), "/sections/main/GEO-300-02-2026FA?after=x", "/sections/main/CHEM-201-03-2026FA", "/sections/main/CHEM-201-03-2026FA/link", "/sections/main/BIO-101-01-2026FA/unlink", "/terms", "/terms?sync=summer", "/terms/main/2026FA/drop", "/terms/main/2026SP/choose", "/attendance", "/attendance?from=2026-08-01&section=BIO", "/attendance?sync=summer", "/attendance/people", "/attendance/people?state=conflict&person=S-1044", "/attendance/main/2026-08-31/release", "/attendance/main/2026-08-31/release?section=BIO-101-01-2026FA",
	"/sections:rekey/main/sections/same?term=2026FA", "/sections:rekey/main/sections/other?new=GEO-300-02-2026FA&term=2026FA",
	"/plans", "/plans?state=held", "/plans/main/p2", "/plans/main/p2?hold=1&after=1", "/plans/main/p2/approve?hold=1", "/plans/main/p2/reject", "/plans/main/p1/undo", "/plans/main/p1/release", "/keys", "/jobs/nobody", "/nowhere",
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
		j := job.Job{ID: "evil", Task: evil, Description: evil, Client: evil, Owner: evil, Queue: evil, Worker: evil, State: job.Failed, Reason: evil, Error: evil, Errors: 1, Schedule: evil, Parent: evil, Root: "evil", Tags: []string{evil}, Args: []byte(`{"a":"` + strings.ReplaceAll(evil, `"`, `\"`) + `"}`), Started: at(-time.Hour), Ended: at(0)}
		jobs := &fakeJobs{
			jobs:     []job.Job{j},
			attempts: map[string][]job.Attempt{"evil": {{Number: 1, Worker: evil, Outcome: job.AttemptFailed, Error: evil, Started: noon}}},
			errors:   map[string][]job.RecordError{"evil": {{Seq: 1, Key: evil, Code: evil, Message: evil}}},
			logs:     map[string][]job.LogLine{"evil": {{Seq: 1, Level: evil, Text: evil, At: noon}}},
		}
		mail := fakeMessages{{ID: "m", Sync: "main", Key: evil, State: roster.Rejected, Code: evil, Reason: evil, Where: evil, Run: evil}}
		h := dashboard(t, web.Config{Jobs: jobs, Campus: campusOf(mail), Catalogue: fakeCatalogue{evil}})
		for _, path := range []string{"/jobs", "/jobs/evil", "/messages", "/messages/main/m", "/sections/main/HIST-110-01-2026FA", "/why?person=" + url.QueryEscape(evil) + "&section=" + url.QueryEscape(evil), "/jobs?task=" + url.QueryEscape(evil), "/messages?q=" + url.QueryEscape(evil), "/jobs/" + url.PathEscape(evil)} {
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
	h := dashboard(t, web.Config{Jobs: jobs, Campus: campusOf(mail), Demo: true})
	for _, path := range []string{"/jobs?state=running&client=", "/messages", "/sections/main/BIO-101-01-2026FA", "/attendance", "/jobs/" + id(500), "/recoveries/9"} {
		if size := get(t, h, path).Body.Len(); size > 60_000 {
			t.Errorf("%s has %d bytes", path, size)
		}
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
