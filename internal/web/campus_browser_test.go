package web_test

import (
	"github.com/chromedp/chromedp"

	"github.com/beadle-jobs/beadle/internal/web"
)

func sectionsAreLinked(b browser) {
	campus := campusOf(campusMail())
	b.show(web.Config{Campus: campus}, "/sections?state=available")
	b.Do(chromedp.Click(`a[href="/sections/main/CHEM-201-03-2026FA/link"]`))
	b.Do(chromedp.WaitVisible("dialog form"))
	b.Do(chromedp.Click("dialog button[type=submit]"))
	b.Until(`document.querySelector("dialog input:invalid")`)
	b.Do(chromedp.SendKeys("dialog input[name=value]", "CHEM-201"))
	b.Do(chromedp.SendKeys("dialog input[name=reason]", "asked the department"))
	b.Do(chromedp.Click("dialog button[type=submit]"))
	b.Until(`location.pathname === "/sections/main/CHEM-201-03-2026FA" && document.querySelector("#begun .notice").innerText.includes("Running")`)
	if want := `main sis.link {"course":"CHEM-201","reason":"asked the department","section":"CHEM-201-03-2026FA","sync":"main"}`; len(campus.started) != 1 || campus.started[0] != want {
		b.Errorf("started %q, want %s", campus.started, want)
	}
}

func campusFits(b browser) {
	b.show(web.Config{}, "/messages")
	for _, path := range []string{
		"/messages", "/messages/main/" + id(899), "/why?person=S-1007&section=CHEM-201", "/sections", "/sections/main/CHEM-201-03-2026FA",
		"/sections/main/GEO-300-02-2026FA", "/terms", "/attendance", "/attendance/people",
	} {
		b.Eval(`location.pathname + location.search === "` + path + `" || location.assign("` + path + `")`)
		b.Until(`location.pathname + location.search === "` + path + `" && document.readyState === "complete"`)
		for _, width := range []int64{1280, 1160, 760, 719, 360} {
			b.Wide(width)
			b.Until(`document.documentElement.scrollWidth <= innerWidth`)
		}
	}
}
