package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

// A fakeFeed sends what it is told to.
type fakeFeed struct {
	frames  chan job.Frame
	mu      sync.Mutex
	watched []job.Lookout
}

func (f *fakeFeed) Watch(_ string, o job.Lookout, _ func(job.Job) bool, _ string) (func(context.Context) (job.Frame, error), func(), error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watched = append(f.watched, o)
	return func(ctx context.Context) (job.Frame, error) {
		select {
		case frame := <-f.frames:
			return frame, nil
		case <-ctx.Done():
			return job.Frame{}, ctx.Err()
		}
	}, func() {}, nil
}

func (f *fakeFeed) viewers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.watched)
}

// tell sends how a job stands.
func (f *fakeFeed) tell(j job.Job) {
	raw, _ := json.Marshal(map[string]any{"jobs": []job.Live{job.LiveOf(j, noon)}})
	f.frames <- job.Frame{Position: "1-1", Kind: job.FrameJobs, Data: raw}
}

// showLive shows a page of a dashboard beside an API that tells of events.
func (b browser) showLive(jobs *fakeJobs, path string) *fakeFeed {
	b.Helper()
	f := &fakeFeed{frames: make(chan job.Frame)}
	mux := http.NewServeMux()
	mux.Handle("/", dashboard(b, web.Config{Jobs: jobs, Live: true}))
	events := api.New(api.Config{Feed: f})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		events.ServeHTTP(w, r.WithContext(auth.With(r.Context(), auth.Local)))
	})
	server := httptest.NewServer(mux)
	b.Cleanup(server.Close)
	b.Cleanup(server.CloseClientConnections)
	b.Open(server.URL + path)
	return f
}

func eventsMove(b browser) {
	jobs := campusDay()
	f := b.showLive(jobs, "/jobs")
	b.Until(`document.querySelector(".pulse").innerText === "Live"`)
	b.Eval(`window.pressed = document.querySelector('[id="` + id(25) + `"] .abort')`)
	b.Eval(`window.moved = new Promise((done) => new MutationObserver(() => document.querySelector("progress").value === 80 && done(performance.now())).observe(document.querySelector("#jobs"), { attributes: true, subtree: true }))`)
	time.Sleep(1200 * time.Millisecond) // nothing is asked for but what is told

	jobs.change(id(25), func(j *job.Job) { j.Progress.Done = 3360 })
	j, _ := jobs.Job(b.Context(), id(25))
	f.tell(j)
	b.Until(`document.querySelector("progress").value === 80 && document.body.innerText.includes("80 %")`)
	b.Until(`window.pressed.isConnected`)

	b.Eval(`document.querySelector("tbody tr:nth-child(4) a.open").focus()`)
	fresh := job.Job{ID: id(40), Task: "sis.check", Description: "Look whether the SIS answers", State: job.Queued, Created: noon, Due: noon}
	jobs.add(fresh)
	f.tell(fresh)
	b.Until(`document.querySelector(".fresh")?.textContent === "1 new"`)
	b.Do(chromedp.Click(".fresh"))
	b.Until(`document.querySelector("tbody tr").id === "` + id(40) + `"`)

	b.Do(chromedp.Click(".pulse"))
	b.Until(`document.querySelector(".pulse").innerText === "Paused" && document.querySelector(".pulse").ariaPressed === "true"`)
	jobs.change(id(25), func(j *job.Job) { j.Progress.Done = 4200 })
	time.Sleep(2500 * time.Millisecond) // longer than the page would take
	b.Until(`document.querySelector("progress").value === 80`)
	b.Do(chromedp.Click(".pulse"))
	b.Until(`document.querySelector("progress").value === 100 && document.querySelector(".pulse").innerText === "Live"`)
	b.Until(`window.pressed`) // the page was not loaded again
	if f.viewers() < 2 {
		b.Errorf("the page followed %d times", f.viewers())
	}
	b.Open("about:blank")
}

func keysGo(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs?state=running")
	b.Eval(`document.activeElement.blur()`)
	b.Do(chromedp.KeyEvent("j"))
	b.Until(`document.activeElement === document.querySelectorAll("a.open")[0]`)
	b.Do(chromedp.KeyEvent("j"))
	b.Until(`document.activeElement === document.querySelectorAll("a.open")[1]`)
	b.Do(chromedp.KeyEvent("k"))
	b.Until(`document.activeElement === document.querySelectorAll("a.open")[0]`)
	b.Do(chromedp.KeyEvent("x"))
	b.Do(chromedp.WaitVisible("dialog form.confirm"))
	b.Do(chromedp.Click("dialog [data-close]"))
	b.Do(chromedp.WaitNotPresent("dialog"))
	b.Do(chromedp.KeyEvent("?"))
	b.Do(chromedp.WaitVisible("dialog .keys"))
	b.Do(chromedp.Click("dialog [data-keys] button"))
	b.Until(`document.querySelector("dialog [data-keys]").innerText === "Switch the keys on"`)
	b.Do(chromedp.Click("dialog [data-keys] button"))
	b.Do(chromedp.Click("dialog [data-close]"))
	b.Do(chromedp.WaitNotPresent("dialog"))
	b.Do(chromedp.KeyEvent("/"))
	b.Until(`document.activeElement.closest(".filter form")`)
	b.Eval(`document.querySelector("a.open").focus()`)
	b.Do(chromedp.KeyEvent("\r"))
	b.Until(`location.pathname.startsWith("/jobs/")`)
}

func TestALiveAnswerHasOnlyWhatChanges(t *testing.T) {
	h := dashboard(t, web.Config{})
	for _, path := range []string{"/jobs", "/jobs/" + id(25), "/messages", "/messages/main/" + id(899), "/why?person=S-1007&section=x", "/sections", "/sections/main/GEO-300-02-2026FA", "/terms", "/attendance", "/attendance/people", "/plans", "/schedules", "/schedules/sis.main", "/recoveries", "/recoveries/9", "/calendars", "/calendars/holidays"} {
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
