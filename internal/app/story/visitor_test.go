package story_test

import (
	"net/http"
	"strings"

	"github.com/chromedp/chromedp"

	"github.com/beadle-jobs/beadle/internal/testbrowser"
)

// passwords are those of the people of the stories.
var passwords = map[string]string{
	"rita": "correct horse battery",
	"paul": "staple of the library",
	"vera": "looks but never touches",
}

// A visitor is somebody in front of a browser of their own.
type visitor struct {
	testbrowser.Tab
	h *house
}

// to opens a page.
func (v visitor) to(path string) {
	v.Helper()
	v.Open(v.h.url + path)
}

// at waits for a page.
func (v visitor) at(path string) {
	v.Helper()
	v.Until(`location.pathname === "` + path + `" && document.readyState === "complete"`)
}

// reads waits until the page says all of that.
func (v visitor) reads(texts ...string) {
	v.Helper()
	for _, text := range texts {
		v.Until("document.body.innerText.includes(`" + text + "`)")
	}
}

// fill types into fields: a selector, what to type, and so on.
func (v visitor) fill(fields ...string) {
	v.Helper()
	for i := 0; i < len(fields); i += 2 {
		v.Do(chromedp.SendKeys(fields[i], fields[i+1]))
	}
}

// choose chooses in a list.
func (v visitor) choose(list, value string) {
	v.Helper()
	v.Do(chromedp.SetValue(list, value))
}

// press presses a button, or follows a link.
func (v visitor) press(what string) {
	v.Helper()
	v.Do(chromedp.Click(what))
}

// logIn goes through the login page.
func (v visitor) logIn(name string) {
	v.Helper()
	v.to("/login")
	v.fill("input[name=name]", name, "input[name=password]", passwords[name])
	v.press("form button.main")
	v.at("/jobs")
}

// setUp chooses a password at a one-time link.
func (v visitor) setUp(link, name string, first bool) {
	v.Helper()
	v.Open(link)
	if first {
		v.fill("input[name=name]", name)
	}
	v.fill("input[name=password]", passwords[name], "input[name=password_again]", passwords[name])
	v.press("button.main")
	v.at("/login")
}

// makeToken makes an API token of whoever is logged in, on their page.
func (v visitor) makeToken() (secret string) {
	v.Helper()
	v.to("/account")
	v.fill("#for", "scripts")
	v.press(`form[action="/account/tokens"] button`)
	v.Do(chromedp.WaitVisible("p.what.mono"))
	return v.Text(`document.querySelector("p.what.mono").textContent`)
}

// row is the selector of a job in the list.
func row(id string) string { return `[id="` + id + `"]` }

// cookie is the session of whoever is logged in, as another program would send
// it.
func (v visitor) cookie() http.Header {
	v.Helper()
	for name, value := range v.Cookies() {
		if strings.Contains(name, "session") {
			return http.Header{"Cookie": {name + "=" + value}}
		}
	}
	v.Fatalf("there is no session in %v", v.Cookies())
	return nil
}
