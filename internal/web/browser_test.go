package web_test

import (
	"context"
	"net/http/httptest"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

func TestInABrowser(t *testing.T) {
	start := newBrowser(t)
	for name, test := range map[string]func(browser){
		"progress moves without a reload":           progressMoves,
		"new rows wait while somebody is in a list": newRowsWait,
		"a long description leaves the task":        taskStaysReadable,
		"the red X asks and then aborts":            abortAsks,
		"a job's page follows its job":              jobFollows,
		"breaking locks asks why":                   breakAsksWhy,
		"a schedule is edited in words":             wordsBecomeCron,
		"schedules fit narrow screens":              schedulesFit,
		"a recovery is approved and rejected":       recoveriesAreDecided,
		"what is said of a chart stays unfolded":    wordsStayUnfolded,
	} {
		t.Run(name, func(t *testing.T) { test(start(t)) })
	}
}

func progressMoves(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs")

	b.eval(`window.pressed = document.querySelector('[id="` + id(25) + `"] .abort')`)
	b.until(`document.querySelector("progress").value === 64`)
	jobs.change(id(25), func(j *job.Job) { j.Progress.Done = 3360 })
	b.until(`document.querySelector("progress").value === 80 && document.body.innerText.includes("80 %")`)
	b.until(`window.pressed.isConnected`) // whoever was about to click it still can
	jobs.add(job.Job{ID: id(40), Task: "sis.check", Description: "Look whether the SIS answers", State: job.Queued, Created: noon, Due: noon})
	b.until(`document.querySelector("tbody tr").id === "` + id(40) + `"`)
	b.until(`window.pressed`) // the page was not loaded again
}

func taskStaysReadable(b browser) {
	jobs := campusDay()
	jobs.change(id(25), func(j *job.Job) {
		j.Client, j.Description = "riverside", "Write what was planned to the LMS: courses, people, enrolments, and the orientation of new students."
	})
	b.open(jobs, "/jobs")
	for _, width := range []int64{1280, 1160, 1159, 760, 360} {
		b.do(chromedp.EmulateViewport(width, 1000))
		b.until(`[...document.querySelectorAll("#jobs .task")].every((task) => task.scrollWidth <= task.clientWidth)`)
		b.until(`document.documentElement.scrollWidth <= innerWidth`)
	}
}

func newRowsWait(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs")

	b.do(chromedp.ScrollIntoView("tbody"))
	b.eval(`document.querySelector("tbody tr:nth-child(4) a.open").focus()`)
	jobs.add(job.Job{ID: id(40), Task: "sis.check", Description: "Look whether the SIS answers", State: job.Queued, Created: noon, Due: noon})
	b.until(`document.querySelector(".fresh")?.textContent === "1 new"`)
	b.until(`document.querySelector("tbody tr").id === "` + id(31) + `"`)
	b.do(chromedp.Click(".fresh"))
	b.until(`document.querySelector("tbody tr").id === "` + id(40) + `"`)
}

func abortAsks(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs?state=running&state=aborted")
	row := `[id="` + id(25) + `"]`

	b.do(chromedp.Click(row + " .abort"))
	b.do(chromedp.WaitVisible("dialog form"))
	b.do(chromedp.Click("dialog [data-close]"))
	b.do(chromedp.WaitNotPresent("dialog"))
	if j, _ := jobs.Job(b.Context(), id(25)); j.State != job.Running {
		b.Fatalf("the job is %s though nobody confirmed", j.State)
	}

	b.do(chromedp.Click(row + " .abort"))
	b.do(chromedp.WaitVisible("dialog form"))
	b.do(chromedp.Click("dialog button[type=submit]"))
	b.until(`document.querySelector('` + row + ` .chip')?.textContent === "Aborted" && !document.querySelector('` + row + ` .abort')`)
	b.until(`location.search === "?state=running&state=aborted"`)
}

func jobFollows(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs/"+id(25))

	b.until(`document.querySelector("h1 + .lead .chip").textContent === "Running"`)
	jobs.change(id(25), func(j *job.Job) { j.State, j.Ended, j.Progress.Created = job.Succeeded, at(0), 4200 })
	b.until(`document.querySelector("h1 + .lead .chip").textContent === "Succeeded" && document.querySelector(".figures dd").textContent === "4,200"`)
}

func wordsStayUnfolded(b browser) {
	jobs := campusDay()
	jobs.add(nightly(61, job.Running, at(-time.Minute), nil))
	b.open(jobs, "/jobs/"+id(61))
	b.do(chromedp.Click("#usual summary"))
	b.until(`document.querySelector("#usual details").open && document.querySelector("#usual tr[aria-current]").innerText.includes("1 min")`)
	jobs.change(id(61), func(j *job.Job) { j.Started = at(-4 * time.Minute) })
	b.until(`document.querySelector("#usual tr[aria-current]").innerText.includes("4 min") && document.querySelector("#usual details").open`)
	for _, width := range []int64{1280, 1080, 719, 360} {
		b.do(chromedp.EmulateViewport(width, 1000))
		b.until(`document.documentElement.scrollWidth <= innerWidth`)
	}
	b.until(`getComputedStyle(document.querySelector("#usual g.now .box")).fill !== "none"`)
}

func breakAsksWhy(b browser) {
	jobs := campusDay()
	b.open(jobs, "/locks")
	for _, width := range []int64{360, 760, 1280} {
		b.do(chromedp.EmulateViewport(width, 1000))
		b.until(`document.documentElement.scrollWidth <= innerWidth`)
	}
	b.do(chromedp.Click(`a[href="/jobs/` + id(24) + `/break"]`))
	b.do(chromedp.WaitVisible("dialog form"))
	b.do(chromedp.Click("dialog button[type=submit]"))
	b.until(`document.querySelector("dialog input:invalid")`)
	b.do(chromedp.SendKeys("dialog input[name=reason]", "The LMS was restored"))
	b.do(chromedp.Click("dialog button[type=submit]"))
	b.until(`!document.querySelector("dialog") && location.pathname === "/locks"`)
	if j, _ := jobs.Job(b.Context(), id(24)); j.State != job.Queued || j.Reason != "The LMS was restored, says local" {
		b.Errorf("the job is %s: %s", j.State, j.Reason)
	}
}

func wordsBecomeCron(b browser) {
	f := campusTimetable()
	if _, err := chromedp.Call(b.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Tokyo"}); err != nil {
		b.Fatal(err)
	}
	b.show(web.Config{Timetable: f, Schedules: f, RunSchedule: f.run}, "/schedules/sis.main")
	b.until(`document.querySelector("#next th:nth-child(2)")?.textContent === "Your zone, Asia/Tokyo"`)

	b.do(chromedp.Click(`a[href="/schedules/sis.main/edit"]`))
	b.do(chromedp.WaitVisible("#cron"))
	b.eval(`document.querySelector("#cron").value = ""`)
	b.do(chromedp.SendKeys("#cron", "every weekday at 06:30"))
	b.until(`document.querySelector("#preview code")?.textContent === "30 6 * * 1-5"`)
	b.until(`document.querySelector("#preview tbody tr").innerText.includes("Fri 4 Sep, 06:30 EDT")`)
	b.until(`document.querySelector("#preview tbody tr").innerText.includes("Fri 4 Sep, 19:30 JST")`)
	b.until(`document.activeElement.id === "cron"`)

	b.eval(`document.querySelector("#cron").value = ""`)
	b.do(chromedp.SendKeys("#cron", "0 6 * * *"))
	b.do(chromedp.WaitVisible(".clashes button"))
	b.do(chromedp.Click(".clashes button"))
	b.until(`document.querySelector("#cron").value === "20 5 * * *" && document.querySelector("#preview code")?.textContent === "20 5 * * *"`)
	b.eval(`document.querySelector("#cron").value = ""`)
	b.do(chromedp.SendKeys("#cron", "every weekday at 06:30"))
	b.until(`document.querySelector("#preview code")?.textContent === "30 6 * * 1-5"`)

	b.do(chromedp.Click("button.main"))
	b.until(`document.querySelector("#reason:invalid") && location.pathname.endsWith("/edit")`)
	b.do(chromedp.SendKeys("#reason", "The SIS exports earlier"))
	b.do(chromedp.Click("button.main"))
	b.until(`location.pathname === "/schedules/sis.main" && document.querySelector("#history").innerText.includes("The SIS exports earlier")`)
	if s, _ := f.Schedule(b.Context(), "sis.main"); s.Cron != "30 6 * * 1-5" || s.Zone != "America/New_York" {
		b.Errorf("the schedule is %s in %s", s.Cron, s.Zone)
	}

	b.do(chromedp.Click(`a[href="/schedules/sis.main/revert?field=zone&layer=platform"]`))
	b.do(chromedp.WaitVisible("dialog form"))
	b.do(chromedp.SendKeys("dialog input[name=reason]", "It moved back"))
	b.do(chromedp.Click("dialog button[type=submit]"))
	b.until(`!document.querySelector("dialog") && document.querySelector("#schedule .meaning").innerText.includes("Europe/Berlin")`)
	if s, _ := f.Schedule(b.Context(), "sis.main"); s.Cron != "30 6 * * 1-5" || s.Zone != "Europe/Berlin" {
		b.Errorf("the schedule is %s in %s", s.Cron, s.Zone)
	}
}

func schedulesFit(b browser) {
	f := campusTimetable()
	b.show(web.Config{Timetable: f, Schedules: f, RunSchedule: f.run}, "/schedules")
	for _, path := range []string{"/schedules", "/schedules/sis.main", "/schedules/sis.main/edit", "/schedules/new", "/recoveries", "/recoveries/9", "/calendars", "/calendars/holidays", "/calendars/holidays/edit"} {
		b.eval(`location.pathname === "` + path + `" || location.assign("` + path + `")`)
		b.until(`location.pathname === "` + path + `" && document.readyState === "complete"`)
		for _, width := range []int64{1280, 1160, 1159, 760, 719, 500, 360} {
			b.do(chromedp.EmulateViewport(width, 1000))
			b.until(`document.documentElement.scrollWidth <= innerWidth`)
		}
	}
}

func recoveriesAreDecided(b browser) {
	f := campusTimetable()
	b.show(web.Config{Timetable: f, Schedules: f, RunSchedule: f.run}, "/recoveries/9")
	b.do(chromedp.SendKeys(".decide input[name=reason]", "Checked with the registrar"))
	f.mu.Lock()
	f.recoveries[0].Slots = 213
	f.mu.Unlock()
	b.until(`document.querySelector(".figures dd").textContent === "213"`)
	b.until(`document.querySelector(".decide input[name=reason]").value === "Checked with the registrar"`)
	b.do(chromedp.Click(".decide button"))
	b.until(`document.querySelector("h1 + .lead .chip").textContent === "Running" && document.body.innerText.includes("Checked with the registrar")`)
	b.do(chromedp.Click(`a[href="/recoveries/9/reject"]`))
	b.do(chromedp.WaitVisible("dialog form"))
	b.do(chromedp.SendKeys("dialog input[name=reason]", "The SIS was restored"))
	b.do(chromedp.Click("dialog button[type=submit]"))
	b.until(`!document.querySelector("dialog") && document.querySelector("h1 + .lead .chip").textContent === "Rejected"`)
}

// A browser is a tab of Chromium. What a page complains about to the console
// fails the test.
type browser struct {
	*testing.T
	ctx context.Context
}

// newBrowser starts Chromium, and returns what opens a tab of it.
func newBrowser(t *testing.T) func(*testing.T) browser {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) browser {
		tab, cancel := chromedp.NewContext(ctx)
		t.Cleanup(cancel)
		b := browser{t, tab}
		b.do(chromedp.EmulateViewport(1280, 1000))
		b.watch()
		return b
	}
}

// open shows a page of a dashboard.
func (b browser) open(jobs *fakeJobs, path string) {
	b.Helper()
	b.show(web.Config{Jobs: jobs}, path)
}

// show shows a page of a dashboard of that.
func (b browser) show(c web.Config, path string) {
	b.Helper()
	server := httptest.NewServer(dashboard(b.T, c))
	b.Cleanup(server.Close)
	b.do(chromedp.Navigate(server.URL + path))
}

// watch collects complaints, and reports them at the end.
func (b browser) watch() {
	b.Helper()
	var mu sync.Mutex
	var complaints []string
	err := chromedp.Listen(b.ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch event := event.(type) {
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, event.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			complaints = append(complaints, event.Entry.Text)
		}
	})
	if err == nil {
		_, err = chromedp.Call(b.ctx, log.Enable, cdp.Empty{})
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			b.Errorf("the page complains: %s", c)
		}
	})
}

func (b browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

func (b browser) eval(script string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](script)); err != nil {
		b.Fatal(err)
	}
}

// until waits until the expression is true in the page.
func (b browser) until(expression string) {
	b.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")")); err == nil && ok {
			return
		}
	}
	body, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	b.Fatalf("never true: %s\nThe page reads:\n%s", expression, body)
}
