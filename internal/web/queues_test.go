package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

// fakeQueues are a queue with two workers, in memory.
type fakeQueues struct {
	pauses  map[string]job.Pause
	workers []job.Worker
	none    bool // there are no queues
}

func campusQueues() *fakeQueues {
	return &fakeQueues{pauses: map[string]job.Pause{}, workers: []job.Worker{
		{ID: "w-1", Name: "worker-1@ada", Host: "ada", PID: 4711, Queues: map[string]int{"worker": 1}, Concurrency: 10, Running: []string{id(24), id(25)}, Stuck: []string{id(25)}, Tasks: []string{"users.import"}, Labels: map[string]string{"gpu": "<b>yes"}, Build: "v0.1.0", Started: noon.Add(-time.Hour), Seen: noon},
		{ID: "w-2", Name: "<script>alert(1)</script>", Host: "bob", Queues: map[string]int{"worker": 1}, Concurrency: 4, Order: job.OrderDrain, OrderedBy: "anna", Seen: noon},
	}}
}

func (f *fakeQueues) Queues(context.Context) ([]job.Queue, error) {
	if f.none {
		return nil, nil
	}
	q := job.Queue{Name: "worker", Counts: map[job.State]int64{job.Queued: 1200, job.Waiting: 3}, Oldest: at(-4 * time.Minute), Workers: []string{"w-1", "w-2"}, Slots: 14, Used: 2}
	for _, p := range f.pauses {
		if p.Holds(q.Name, noon) {
			q.Pause = &p
		}
	}
	return []job.Queue{q, {Name: "mail", Counts: map[job.State]int64{job.Queued: 1}}}, nil
}

func (f *fakeQueues) Pauses(context.Context) (all []job.Pause, err error) {
	for _, p := range f.pauses {
		all = append(all, p)
	}
	return all, nil
}

func (f *fakeQueues) Pause(_ context.Context, p job.Pause) (job.Pause, error) {
	if p.Note == "" {
		return p, fault.New(fault.Invalid, "Say why the queue is to be paused.").In("note")
	}
	p.Since = noon
	f.pauses[p.Queue] = p
	return p, nil
}

func (f *fakeQueues) Resume(_ context.Context, queue string) (job.Pause, error) {
	p := f.pauses[queue]
	delete(f.pauses, queue)
	return p, nil
}

func (f *fakeQueues) Workers(context.Context) ([]job.Worker, error) { return f.workers, nil }

func (f *fakeQueues) Order(_ context.Context, id string, o job.Order, by string) (job.Worker, error) {
	for i, w := range f.workers {
		if w.ID == id {
			f.workers[i].Order, f.workers[i].OrderedBy = o, by
			return f.workers[i], nil
		}
	}
	return job.Worker{}, fault.New(fault.NotFound, "There is no worker %s.", id)
}

func TestAQueueIsPausedOnThePages(t *testing.T) {
	f := campusQueues()
	h := dashboard(t, web.Config{Queues: f, Workers: f})
	if w := post(t, h, "/queues/worker/pause", url.Values{}); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Say why") {
		t.Errorf("without a note: %d", w.Code)
	}
	if w := post(t, h, "/queues/worker/pause", url.Values{"note": {"<b>upgrade"}, "until": {"2199-01-01T10:00"}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/queues" {
		t.Fatalf("got %d to %q: %s", w.Code, w.Header().Get("Location"), main(w))
	}
	if p := f.pauses["worker"]; p.By != "local" || p.Until == nil {
		t.Errorf("pause = %+v", p)
	}
	body := get(t, h, "/queues").Body.String()
	for _, want := range []string{"1,201 jobs are queued, and 1 queue is paused.", "is paused by local since", "&lt;b&gt;upgrade", `action="/queues/worker/resume"`, "No worker takes jobs from it."} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	post(t, h, "/queues/worker/resume", nil)
	post(t, h, "/queues/*/pause", url.Values{"note": {"maintenance"}})
	if body := get(t, h, "/queues").Body.String(); !strings.Contains(body, "All queues are paused by local") || !strings.Contains(body, `action="/queues/*/resume"`) {
		t.Error("the page does not say that all queues are paused")
	}
	post(t, h, "/queues/*/resume", nil)
	if len(f.pauses) > 0 {
		t.Errorf("pauses = %+v", f.pauses)
	}
}

func TestAWorkerIsToldWhatToDoOnThePages(t *testing.T) {
	f := campusQueues()
	h := dashboard(t, web.Config{Queues: f, Workers: f})
	body := get(t, h, "/workers").Body.String()
	for _, want := range []string{"2 workers are up, 2 of 14 places in use, and 1 worker takes no more jobs.", "Told by anna", "&lt;script&gt;", "gpu=&lt;b&gt;yes", `href="/jobs/` + id(24) + `"`, "its code still runs", `href="/workers/w-1/drain"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if w := get(t, h, "/workers/w-1/drain"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Drain this worker?") {
		t.Errorf("it does not ask: %d", w.Code)
	}
	for _, o := range []struct {
		do   string
		want job.Order
	}{{"quiet", job.OrderQuiet}, {"wake", job.OrderWake}, {"drain", job.OrderDrain}} {
		if w := post(t, h, "/workers/w-1/"+o.do, nil); w.Code != http.StatusSeeOther || f.workers[0].Order != o.want {
			t.Errorf("%s: %d, the worker was told %q", o.do, w.Code, f.workers[0].Order)
		}
	}
	if w := get(t, h, "/workers/w-9/drain"); w.Code != http.StatusNotFound {
		t.Errorf("a worker that is gone: %d", w.Code)
	}
}

func TestALimitIsSetOnThePages(t *testing.T) {
	f := campusLocks()
	h := dashboard(t, web.Config{Locks: f, Limits: f})
	edit := "/limits/edit?client=%2A&amp;task=moodle.backup"
	for _, page := range []string{"/queues", "/locks"} {
		says(t, get(t, h, page), 200, `href="`+edit+`"`, `href="/limits/edit"`, "all tasks", `<td class="num">12</td><td class="num">40</td>`)
		if strings.Contains(get(t, h, page).Body.String(), "task=mail.digest") {
			t.Errorf("%s offers to change what the code of a task says", page)
		}
	}
	says(t, get(t, h, strings.ReplaceAll(edit, "&amp;", "&")), 200, "moodle.backup, each client", `value="2"`, `formaction="/limits/remove"`)
	says(t, get(t, h, "/limits/edit?task=mail.digest"), 404, "No operator has set a limit")
	says(t, post(t, h, "/limits/edit", url.Values{"task": {"x"}, "max": {"many"}}), 400, "is not a number of jobs")
	says(t, post(t, h, "/limits/edit", url.Values{"task": {"x"}, "max": {"0"}}), 400, "must be 1 or more")
	if w := post(t, h, "/limits/edit", url.Values{"task": {"moodle.backup"}, "client": {"*"}, "max": {"7"}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/queues#limits" {
		t.Fatalf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if l := f.limits[len(f.limits)-1]; l.Max != 7 || l.Client != "*" || len(f.limits) != 3 {
		t.Errorf("limits = %+v", f.limits)
	}
	if post(t, h, "/limits/remove", url.Values{"task": {"moodle.backup"}, "client": {"*"}}); len(f.limits) != 2 {
		t.Errorf("limits = %+v", f.limits)
	}
	viewer := apitest.As(auth.Who{Name: "vera", Grants: []auth.Grant{{Role: auth.Viewer}}}, h.(local).Dashboard)
	if strings.Contains(get(t, viewer, "/queues").Body.String(), "/limits/edit") {
		t.Error("a viewer is offered to change limits")
	}
}
