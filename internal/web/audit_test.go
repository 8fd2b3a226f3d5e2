package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

// fakeAudit is an audit in memory, newest first.
type fakeAudit struct {
	entries []job.AuditEntry
	asked   job.AuditFilter
	away    bool
}

func (f *fakeAudit) Audit(_ context.Context, filter job.AuditFilter) ([]job.AuditEntry, error) {
	f.asked = filter
	return f.entries[:min(len(f.entries), filter.Limit)], nil
}

func (f *fakeAudit) AppendAudit(_ context.Context, e job.AuditEntry) (int64, error) {
	if f.away {
		return 0, fault.New(fault.Unavailable, "The ledger is away.")
	}
	f.entries = append([]job.AuditEntry{e}, f.entries...)
	return 1, nil
}

func (f *fakeAudit) AppendOutcome(_ context.Context, _ int64, o job.AuditOutcome) error {
	f.entries[0].Outcome = &o
	return nil
}

func campusAudit() *fakeAudit {
	entry := func(seq int64, target string, status int) job.AuditEntry {
		return job.AuditEntry{
			Seq: seq, At: noon.Add(-time.Hour), Actor: "local", Method: "POST", Route: "/schedules/{name}/pause", Target: target,
			Content: `{"note":"<script>alert(1)</script>"}`, Reason: "The mail server moves.", RequestID: "r1",
			Outcome: &job.AuditOutcome{Seq: seq + 1, At: noon, Status: status, Content: `{"lines":2}`},
		}
	}
	unknown := entry(1, "limits", 0)
	unknown.Outcome = nil
	return &fakeAudit{entries: []job.AuditEntry{entry(7, "schedules/digest", 303), entry(5, "clients/x", 409), entry(3, "jobs/"+id(24), 500), unknown}}
}

func TestTheAuditSaysWhoChangedWhat(t *testing.T) {
	h := dashboard(t, web.Config{Audit: campusAudit()})
	body := get(t, h, "/audit").Body.String()
	elements(t, body)
	for _, want := range []string{
		`<a class="mono" href="/schedules/digest">schedules/digest</a>`, `<span class="mono">clients/x</span>`,
		`Done</span>`, `Refused, 409</span>`, `Failed, 500</span>`, `Not known</span>`, `The mail server moves.`,
		`&lt;script&gt;alert(1)`, `It came to <code>{&#34;lines&#34;:2}</code>`, `<a href="/audit" aria-current="page">`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if body := get(t, dashboard(t, web.Config{Audit: &fakeAudit{}}), "/audit").Body.String(); !strings.Contains(body, "Nothing was changed yet") {
		t.Error("an empty audit does not say so")
	}
}

func TestTheAuditIsFilteredByTheURL(t *testing.T) {
	f := &fakeAudit{}
	h := dashboard(t, web.Config{Audit: f})
	body := get(t, h, "/audit?actor=local&target=schedules&from=2026-09-01&to=2026-09-03&before=9").Body.String()
	want := job.AuditFilter{
		Actor: "local", Target: "schedules", From: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 9, 4, 0, 0, 0, 0, time.UTC),
		Before: 9, Limit: 51,
	}
	if diff := cmp.Diff(want, f.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if !strings.Contains(body, "No entry matches") {
		t.Error("it does not say that nothing matches")
	}
	for path, want := range map[string]string{"/audit?from=x": "is not a day", "/audit?before=x": "is not the number of an entry"} {
		if w := get(t, h, path); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for i := range 51 {
		f.entries = append(f.entries, job.AuditEntry{Seq: int64(100 - i), At: noon})
	}
	if body := get(t, h, "/audit?actor=local").Body.String(); !strings.Contains(body, `href="/audit?actor=local&amp;before=51"`) {
		t.Error("no way leads to the older entries")
	}
}

func TestEveryFormIsAudited(t *testing.T) {
	f, jobs := &fakeAudit{}, campusDay()
	pages, err := web.New(web.Config{Jobs: jobs, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	h := api.Guard(pages, api.GuardOptions{Log: log, Audit: &api.Auditor{Log: f, Route: pages.Route, Now: func() time.Time { return noon }, Slog: log}})
	path := "http://localhost/jobs/" + id(24) + "/break"
	w := post(t, h, path, url.Values{"reason": {"The LMS was restored"}, "next": {"/locks"}})
	if w.Code != http.StatusSeeOther || len(f.entries) != 1 {
		t.Fatalf("%d, %d entries: %s", w.Code, len(f.entries), w.Body)
	}
	e := f.entries[0]
	got := fmt.Sprintln(e.Actor, e.Method, e.Route, e.Target, e.Content, e.Reason, e.Answered())
	want := fmt.Sprintln("local", "POST", "/jobs/{id}/break", "jobs/"+id(24), `{"next":"/locks","reason":"The LMS was restored"}`, "The LMS was restored", 303)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the entry (-want +got):\n%s", diff)
	}
	f.away = true
	jobs.change(id(25), func(j *job.Job) { j.State = job.Running })
	w = post(t, h, path, url.Values{"reason": {"Again"}, "next": {"/locks"}})
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "nothing was changed") {
		t.Errorf("without an audit: %d %s", w.Code, w.Body)
	}
	w = post(t, h, "http://localhost/jobs/"+id(25)+"/abort", nil)
	if j, _ := jobs.Job(t.Context(), id(25)); w.Code != http.StatusSeeOther || j.State != job.Aborted {
		t.Errorf("without an audit a job is not aborted: %d, it is %s", w.Code, j.State)
	}
	get := httptest.NewRecorder()
	h.ServeHTTP(get, httptest.NewRequest("POST", "http://localhost/schedules/preview", http.NoBody))
	if len(f.entries) != 1 {
		t.Error("a preview is audited")
	}
}
