package scheduler

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

// southMark is in all that there is of the client of the south.
const southMark = "southmark"

// populate gives a ledger two clients that have the same things.
func populate(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(l.PutTasks(t.Context(), []job.Declaration{{Name: "roster.sync", Summary: "Sync.", Queue: "worker", Schema: json.RawMessage(`{"type":"object"}`)}}))
	var entries []events.Entry
	var schedules []job.Schedule
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	for i, mark := range []string{"northmark", southMark} {
		_, err := l.CreateClient(t.Context(), job.Client{Name: mark, Title: "Title " + mark, Created: at})
		must(err)
		rule := job.NewRule("0 3 * * *", "UTC", json.RawMessage(`{"of":"`+mark+`"}`))
		schedules = append(schedules, job.Schedule{Name: mark + "-nightly", Task: "roster.sync", Client: mark, Rule: rule, Base: rule, Created: at})
		must(l.PutLimit(t.Context(), job.Limit{Task: "roster.sync", Client: mark, Max: 3}))
		must(l.PutPause(t.Context(), job.Pause{Queue: mark + "-queue", By: mark, Note: mark, Since: at}))
		for n, state := range []job.State{job.Running, job.Failed} {
			entries = append(entries, story(fmt.Sprintf("0000000%d-0000-7000-8000-00000000000%d", i, n), mark, state, at)...)
		}
	}
	must(l.PutSchedules(t.Context(), schedules))
	for _, s := range schedules {
		must(l.PutSlots(t.Context(), s.Name, at, []job.Slot{{Schedule: s.Name, Due: at, Outcome: job.SlotMissed, Reason: s.Client, Decided: at}}))
	}
	for i := range entries {
		entries[i].ID, entries[i].At = fmt.Sprintf("1764000000000-%d", i), at.Add(time.Duration(i)*time.Second)
	}
	skipped, err := l.Record(t.Context(), "", entries)
	must(err)
	if skipped > 0 {
		t.Fatalf("%d events were not recorded", skipped)
	}
}

// story is what happened to a job.
func story(id, mark string, state job.State, at time.Time) []events.Entry {
	all := []events.Entry{
		{Event: events.JobEnqueued{Job: job.Job{
			ID: id, Root: id, Task: "roster.sync", Client: mark, Owner: "owner " + mark, Description: "Bring " + mark + " up to date", Queue: "worker",
			Args: json.RawMessage(`{"of":"` + mark + `"}`), State: job.Queued, Created: at, Due: at,
		}}},
		{Event: events.AttemptStarted{ID: id, Attempt: 1, Worker: "w-" + mark}},
		{Event: events.JobErrors{ID: id, Errors: []job.RecordError{{Seq: 1, Attempt: 1, Key: mark, Code: "BAD", Message: "No course of " + mark, At: at}}}},
		{Event: events.JobLogged{ID: id, Lines: []job.LogLine{{Seq: 1, Attempt: 1, Level: "info", Text: mark, At: at}}}},
	}
	if state == job.Failed {
		all = append(all, events.Entry{Event: events.JobEnded{ID: id, State: job.Failed, Reason: "No answer of " + mark}})
	}
	return all
}

var pathParameter = regexp.MustCompile(`\{[a-z$]+\}`)

func TestWhoSeesAClientSeesNothingOfAnotherByPageAndByAPI(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	populate(t, records)
	s, err := newScheduler(Options{Redis: rdb, Ledger: records, Settings: config.Default(), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.queues().Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	routes, pages, err := s.faces(s.guard())
	if err != nil {
		t.Fatal(err)
	}
	h := s.served(routes, pages)
	get := func(who auth.Who, target string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil)
		h.ServeHTTP(w, r.WithContext(auth.With(r.Context(), who)))
		return w
	}
	root := auth.Who{Name: "root", Grants: []auth.Grant{{Role: auth.Superadmin}}}
	vera := auth.Who{Name: "vera", Grants: []auth.Grant{{Role: auth.Viewer, Client: "northmark"}}}
	groups, err := records.ErrorGroups(t.Context(), job.ErrorFilter{Limit: 10})
	if err != nil || len(groups) == 0 {
		t.Fatalf("%d groups of errors: %v", len(groups), err)
	}
	ids := []string{"00000001-0000-7000-8000-000000000000", "00000001-0000-7000-8000-000000000001", southMark + "-nightly", southMark, "roster.sync", "1"}
	for _, g := range groups {
		ids = append(ids, g.Fingerprint)
	}
	needs := routes.Needs()
	maps.Copy(needs, pages.Needs())
	found := map[string]bool{}
	for pattern := range needs {
		method, path, _ := strings.Cut(pattern, " ")
		if method != http.MethodGet || strings.HasSuffix(path, "/events") {
			continue
		}
		for _, id := range ids {
			target := pathParameter.ReplaceAllString(path, id)
			w := get(vera, target)
			if body := strings.ReplaceAll(w.Body.String(), id, ""); w.Code == http.StatusInternalServerError || strings.Contains(body, southMark) {
				t.Errorf("%s answers %d: %s", target, w.Code, body)
			}
			if id != southMark && strings.Contains(get(root, target).Body.String(), southMark) {
				found[path] = true
			}
		}
	}
	for _, path := range []string{"/jobs", "/jobs/{id}", "/schedules", "/schedules/{name}", "/errors", "/locks", "/queues", "/api/v1/jobs", "/api/v1/limits", "/api/v1/errors/{fingerprint}", "/api/v1/jobs/{id}/logs"} {
		if !found[path] {
			t.Errorf("%s shows nothing of the south to who sees all, so that nothing was tried there", path)
		}
	}
	for _, target := range []string{"/jobs", "/schedules", "/api/v1/jobs", "/api/v1/schedules", "/api/v1/errors"} {
		if w := get(vera, target); !strings.Contains(w.Body.String(), "northmark") {
			t.Errorf("%s shows nothing of the north: %d", target, w.Code)
		}
	}
}
