package web_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testbrowser"
	"github.com/beadle-jobs/beadle/internal/web"
)

func TestInABrowser(t *testing.T) {
	start := testbrowser.New(t)
	for name, test := range map[string]func(browser){
		"progress moves without a reload":                      progressMoves,
		"events move the page":                                 eventsMove,
		"keys go through a list":                               keysGo,
		"new rows wait while somebody is in a list":            newRowsWait,
		"chosen rows stay chosen, and errors open beside them": choosingStays,
		"a long description leaves the task":                   taskStaysReadable,
		"the red X asks and then aborts":                       abortAsks,
		"a job's page follows its job":                         jobFollows,
		"breaking locks asks why":                              breakAsksWhy,
		"a schedule is edited in words":                        wordsBecomeCron,
		"schedules fit narrow screens":                         schedulesFit,
		"a recovery is approved and rejected":                  recoveriesAreDecided,
		"what is said of a chart stays unfolded":               wordsStayUnfolded,
		"a section is linked where it is listed":               sectionsAreLinked,
		"the pages of the campus fit narrow screens":           campusFits,
	} {
		t.Run(name, func(t *testing.T) { test(browser{start(t)}) })
	}
}

func progressMoves(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs")

	b.Eval(`window.pressed = document.querySelector('[id="` + id(25) + `"] .abort')`)
	b.Until(`document.querySelector("progress").value === 64`)
	jobs.change(id(25), func(j *job.Job) { j.Progress.Done = 3360 })
	b.Until(`document.querySelector("progress").value === 80 && document.body.innerText.includes("80 %")`)
	b.Until(`window.pressed.isConnected`) // whoever was about to click it still can
	jobs.add(job.Job{ID: id(40), Task: "sis.check", Description: "Look whether the SIS answers", State: job.Queued, Created: noon, Due: noon})
	b.Until(`document.querySelector("tbody tr").id === "` + id(40) + `"`)
	b.Until(`window.pressed`) // the page was not loaded again
}

func taskStaysReadable(b browser) {
	jobs := campusDay()
	jobs.change(id(25), func(j *job.Job) {
		j.Client, j.Description = "riverside", "Write what was planned to the LMS: courses, people, enrolments, and the orientation of new students."
	})
	b.open(jobs, "/jobs")
	for _, width := range []int64{1280, 1240, 1239, 760, 360} {
		b.Wide(width)
		b.Until(`[...document.querySelectorAll("#jobs .task")].every((task) => task.scrollWidth <= task.clientWidth)`)
		b.Until(`document.documentElement.scrollWidth <= innerWidth`)
	}
}

func newRowsWait(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs")

	b.Do(chromedp.ScrollIntoView("tbody"))
	b.Eval(`document.querySelector("tbody tr:nth-child(4) a.open").focus()`)
	jobs.add(job.Job{ID: id(40), Task: "sis.check", Description: "Look whether the SIS answers", State: job.Queued, Created: noon, Due: noon})
	b.Until(`document.querySelector(".fresh")?.textContent === "1 new"`)
	b.Until(`document.querySelector("tbody tr").id === "` + id(31) + `"`)
	b.Do(chromedp.Click(".fresh"))
	b.Until(`document.querySelector("tbody tr").id === "` + id(40) + `"`)
}

func choosingStays(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs")

	b.Do(chromedp.Click("[data-all]"))
	b.Until(`document.querySelectorAll("tbody input:checked").length === document.querySelectorAll("tbody input").length && document.querySelector(".chosen").offsetHeight`)
	b.Eval(`document.activeElement.blur()`)
	jobs.add(job.Job{ID: id(40), Task: "sis.check", Description: "Look whether the SIS answers", State: job.Queued, Created: noon, Due: noon})
	b.Until(`document.querySelector(".fresh")?.textContent === "1 new"`)
	b.Eval(`document.querySelector(".fresh").click()`)
	b.Until(`document.querySelector("tbody tr").id === "` + id(40) + `" && [...document.querySelectorAll("tbody input:checked")].every((box) => box.value === box.closest("tr").id)`)
	b.Do(chromedp.Click(`[id="` + id(25) + `"] .errors`))
	b.Do(chromedp.WaitVisible("dialog .mistakes"))
}

func abortAsks(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs?state=running&state=aborted")
	row := `[id="` + id(25) + `"]`

	b.Do(chromedp.Click(row + " .abort"))
	b.Do(chromedp.WaitVisible("dialog form"))
	b.Do(chromedp.Click("dialog [data-close]"))
	b.Do(chromedp.WaitNotPresent("dialog"))
	if j, _ := jobs.Job(b.Context(), id(25)); j.State != job.Running {
		b.Fatalf("the job is %s though nobody confirmed", j.State)
	}

	b.Do(chromedp.Click(row + " .abort"))
	b.Do(chromedp.WaitVisible("dialog form"))
	b.Do(chromedp.Click("dialog button[type=submit]"))
	b.Until(`document.querySelector('` + row + ` .chip')?.textContent === "Aborted" && !document.querySelector('` + row + ` .abort')`)
	b.Until(`location.search === "?state=running&state=aborted"`)
}

func jobFollows(b browser) {
	jobs := campusDay()
	b.open(jobs, "/jobs/"+id(25))

	b.Until(`document.querySelector("h1 + .lead .chip").textContent === "Running"`)
	jobs.change(id(25), func(j *job.Job) { j.State, j.Ended, j.Progress.Created = job.Succeeded, at(0), 4200 })
	b.Until(`document.querySelector("h1 + .lead .chip").textContent === "Succeeded" && document.querySelector(".figures dd").textContent === "4,200"`)
}

func wordsStayUnfolded(b browser) {
	jobs := campusDay()
	jobs.add(nightly(61, job.Running, at(-time.Minute), nil))
	b.open(jobs, "/jobs/"+id(61))
	b.Do(chromedp.Click("#usual summary"))
	b.Until(`document.querySelector("#usual details").open && document.querySelector("#usual tr[aria-current]").innerText.includes("1 min")`)
	jobs.change(id(61), func(j *job.Job) { j.Started = at(-4 * time.Minute) })
	b.Until(`document.querySelector("#usual tr[aria-current]").innerText.includes("4 min") && document.querySelector("#usual details").open`)
	for _, width := range []int64{1280, 1080, 719, 360} {
		b.Wide(width)
		b.Until(`document.documentElement.scrollWidth <= innerWidth`)
	}
	b.Until(`getComputedStyle(document.querySelector("#usual g.now .box")).fill !== "none"`)
}

func breakAsksWhy(b browser) {
	jobs := campusDay()
	b.open(jobs, "/locks")
	for _, width := range []int64{360, 760, 1280} {
		b.Wide(width)
		b.Until(`document.documentElement.scrollWidth <= innerWidth`)
	}
	b.Do(chromedp.Click(`a[href="/jobs/` + id(24) + `/break"]`))
	b.Do(chromedp.WaitVisible("dialog form"))
	b.Do(chromedp.Click("dialog button[type=submit]"))
	b.Until(`document.querySelector("dialog input:invalid")`)
	b.Do(chromedp.SendKeys("dialog input[name=reason]", "The LMS was restored"))
	b.Do(chromedp.Click("dialog button[type=submit]"))
	b.Until(`!document.querySelector("dialog") && location.pathname === "/locks"`)
	if j, _ := jobs.Job(b.Context(), id(24)); j.State != job.Queued || j.Reason != "The LMS was restored, says local" {
		b.Errorf("the job is %s: %s", j.State, j.Reason)
	}
}

func wordsBecomeCron(b browser) {
	f := campusTimetable()
	if _, err := chromedp.Call(b.DevTools(), emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Tokyo"}); err != nil {
		b.Fatal(err)
	}
	b.show(web.Config{Timetable: f, Schedules: f, RunSchedule: f.run}, "/schedules/sis.main")
	b.Until(`document.querySelector("#next th:nth-child(2)")?.textContent === "Your zone, Asia/Tokyo"`)

	b.Do(chromedp.Click(`a[href="/schedules/sis.main/edit"]`))
	b.Do(chromedp.WaitVisible("#cron"))
	b.Eval(`document.querySelector("#cron").value = ""`)
	b.Do(chromedp.SendKeys("#cron", "every weekday at 06:30"))
	b.Until(`document.querySelector("#preview code")?.textContent === "30 6 * * 1-5"`)
	b.Until(`document.querySelector("#preview tbody tr").innerText.includes("Fri 4 Sep, 06:30 EDT")`)
	b.Until(`document.querySelector("#preview tbody tr").innerText.includes("Fri 4 Sep, 19:30 JST")`)
	b.Until(`document.activeElement.id === "cron"`)

	b.Eval(`document.querySelector("#cron").value = ""`)
	b.Do(chromedp.SendKeys("#cron", "0 6 * * *"))
	b.Do(chromedp.WaitVisible(".clashes button"))
	b.Do(chromedp.Click(".clashes button"))
	b.Until(`document.querySelector("#cron").value === "20 5 * * *" && document.querySelector("#preview code")?.textContent === "20 5 * * *"`)
	b.Eval(`document.querySelector("#cron").value = ""`)
	b.Do(chromedp.SendKeys("#cron", "every weekday at 06:30"))
	b.Until(`document.querySelector("#preview code")?.textContent === "30 6 * * 1-5"`)

	b.Do(chromedp.Click("button.main"))
	b.Until(`document.querySelector("#reason:invalid") && location.pathname.endsWith("/edit")`)
	b.Do(chromedp.SendKeys("#reason", "The SIS exports earlier"))
	b.Do(chromedp.Click("button.main"))
	b.Until(`location.pathname === "/schedules/sis.main" && document.querySelector("#history").innerText.includes("The SIS exports earlier")`)
	if s, _ := f.Schedule(b.Context(), "sis.main"); s.Cron != "30 6 * * 1-5" || s.Zone != "America/New_York" {
		b.Errorf("the schedule is %s in %s", s.Cron, s.Zone)
	}

	b.Do(chromedp.Click(`a[href="/schedules/sis.main/revert?field=zone&layer=platform"]`))
	b.Do(chromedp.WaitVisible("dialog form"))
	b.Do(chromedp.SendKeys("dialog input[name=reason]", "It moved back"))
	b.Do(chromedp.Click("dialog button[type=submit]"))
	b.Until(`!document.querySelector("dialog") && document.querySelector("#schedule .meaning").innerText.includes("Europe/Berlin")`)
	if s, _ := f.Schedule(b.Context(), "sis.main"); s.Cron != "30 6 * * 1-5" || s.Zone != "Europe/Berlin" {
		b.Errorf("the schedule is %s in %s", s.Cron, s.Zone)
	}
}

func schedulesFit(b browser) {
	f := campusTimetable()
	b.show(web.Config{Timetable: f, Schedules: f, RunSchedule: f.run}, "/schedules")
	for _, path := range []string{"/schedules", "/schedules/sis.main", "/schedules/sis.main/edit", "/schedules/new", "/recoveries", "/recoveries/9", "/calendars", "/calendars/holidays", "/calendars/holidays/edit"} {
		b.Eval(`location.pathname === "` + path + `" || location.assign("` + path + `")`)
		b.Until(`location.pathname === "` + path + `" && document.readyState === "complete"`)
		for _, width := range []int64{1280, 1160, 1159, 760, 719, 500, 360} {
			b.Wide(width)
			b.Until(`document.documentElement.scrollWidth <= innerWidth`)
		}
	}
}

func recoveriesAreDecided(b browser) {
	f := campusTimetable()
	b.show(web.Config{Timetable: f, Schedules: f, RunSchedule: f.run}, "/recoveries/9")
	b.Do(chromedp.SendKeys(".decide input[name=reason]", "Checked with the registrar"))
	f.mu.Lock()
	f.recoveries[0].Slots = 213
	f.mu.Unlock()
	b.Until(`document.querySelector(".figures dd").textContent === "213"`)
	b.Until(`document.querySelector(".decide input[name=reason]").value === "Checked with the registrar"`)
	b.Do(chromedp.Click(".decide button"))
	b.Until(`document.querySelector("h1 + .lead .chip").textContent === "Running" && document.body.innerText.includes("Checked with the registrar")`)
	b.Do(chromedp.Click(`a[href="/recoveries/9/reject"]`))
	b.Do(chromedp.WaitVisible("dialog form"))
	b.Do(chromedp.SendKeys("dialog input[name=reason]", "The SIS was restored"))
	b.Do(chromedp.Click("dialog button[type=submit]"))
	b.Until(`!document.querySelector("dialog") && document.querySelector("h1 + .lead .chip").textContent === "Rejected"`)
}

// A browser is a tab that looks at dashboards.
type browser struct{ testbrowser.Tab }

// open shows a page of a dashboard.
func (b browser) open(jobs *fakeJobs, path string) {
	b.Helper()
	b.show(web.Config{Jobs: jobs}, path)
}

// show shows a page of a dashboard of that.
func (b browser) show(c web.Config, path string) {
	b.Helper()
	server := httptest.NewServer(dashboard(b, c))
	b.Cleanup(server.Close)
	b.Open(server.URL + path)
}
