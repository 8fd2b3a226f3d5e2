package story_test

import (
	"regexp"
	"strings"
)

// noBarriers: axe-core judges each page that links lead rita to, in light and
// in dark.
func noBarriers(h *house, visit func() visitor) {
	rita := visit()
	rita.to("/login")
	rita.judge(h)
	rita.logIn("rita")
	judged := map[string]bool{}
	for todo := []string{"/jobs"}; len(todo) > 0; todo = todo[1:] {
		if page := pageOf(todo[0]); !judged[page] {
			judged[page] = true
			rita.to(todo[0])
			rita.judge(h)
			todo = append(todo, rita.Links()...)
		}
	}
	if len(judged) < 20 {
		h.Errorf("only %d pages were found: %v", len(judged), judged)
	}
}

// judge has axe-core look at the page.
func (v visitor) judge(h *house) {
	v.Helper()
	v.inTheme("dark")
	barriers := v.Barriers("color-contrast") // all else is as in light
	v.inTheme("light")
	for _, barrier := range append(barriers, v.Barriers()...) {
		h.Errorf("%s: %s", v.Text("location.pathname"), barrier)
	}
}

// inTheme has pages be light or dark at once: colours fade otherwise.
func (v visitor) inTheme(theme string) {
	v.Helper()
	v.Prefers("prefers-color-scheme", theme, "prefers-reduced-motion", "reduce")
}

// A thing is what a path names after a kind of things, and after its sync where it
// is one of a sync.
var thing = regexp.MustCompile(`^(/access/people|/account/tokens|/(?:plans|messages|sections|terms|attendance)/[^/]+|/[a-z]+)/([^/]+)`)

// pageOf returns which page shows a path: what it names left out.
func pageOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return thing.ReplaceAllStringFunc(path, func(found string) string {
		if strings.HasSuffix(found, "/new") || found == "/access/people" {
			return found
		}
		m := thing.FindStringSubmatch(found)
		return m[1] + "/{}"
	})
}
