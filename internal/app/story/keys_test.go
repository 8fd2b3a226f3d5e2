package story_test

import (
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// byKeys: paul logs in, finds a job and aborts it, and touches no pointer.
func byKeys(h *house, visit func() visitor) {
	h.enqueue("paul", "north", "roster.check", "latin")
	j := h.report("paul", "north", "maths")
	paul := visit()
	paul.to("/login")
	paul.Until(`document.activeElement.name === "name"`)
	paul.Keys("paul" + kb.Tab)
	paul.focus(`document.activeElement.name === "password"`)
	paul.Keys(passwords["paul"] + kb.Enter)
	paul.at("/jobs")
	paul.Do(chromedp.WaitVisible(row(j.ID)))

	paul.Keys(kb.Tab)
	paul.focus(`document.activeElement.matches(".skip")`)
	paul.Keys("/")
	paul.focus(`document.activeElement.matches("form[role=search] input[name=q]")`)
	paul.Keys("Report" + kb.Enter)
	paul.Until(`location.search === "?q=Report" && document.readyState === "complete"`)
	paul.Do(chromedp.WaitVisible(row(j.ID)))
	paul.Eval(`document.activeElement.blur()`)
	paul.Keys("j")
	paul.focus(`document.activeElement.closest("tr") === document.querySelector("tbody tr")`)
	paul.Keys("jk")
	paul.focus(`document.activeElement.closest('` + row(j.ID) + `')`)
	paul.Keys(kb.Enter)
	paul.at("/jobs/" + j.ID)
	paul.Keys("x")
	paul.Do(chromedp.WaitVisible("dialog form"))
	paul.focus(`document.activeElement.closest("dialog")`)
	paul.Keys(kb.Escape)
	paul.Do(chromedp.WaitNotPresent("dialog"))
	h.stands(j.ID, "running")

	paul.to("/jobs")
	paul.Keys("jx")
	paul.Do(chromedp.WaitVisible("dialog form"))
	paul.Keys(kb.Tab)
	paul.focus(`document.activeElement.matches("dialog button[type=submit]")`)
	paul.Keys(kb.Enter)
	h.stands(j.ID, "aborted")
	paul.Until(`document.querySelector('` + row(j.ID) + ` .chip')?.textContent.includes("Aborted")`)
	paul.Keys("?")
	paul.reads("Keys")
}

// focus waits until the focus is somewhere, and checks that it can be seen.
func (v visitor) focus(where string) {
	v.Helper()
	v.Until(where)
	shown := v.Text(`(() => { const s = getComputedStyle(document.activeElement); return document.activeElement.matches(":focus-visible") + " " + s.outlineStyle + " " + s.boxShadow + " " + s.borderColor })()`)
	if shown == "" || shown[:4] != "true" {
		v.Errorf("the focus cannot be seen where %s: %s", where, shown)
	}
}
