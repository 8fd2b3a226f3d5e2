package web_test

import (
	"net/http/httptest"
	"testing"

	"github.com/beadle-jobs/beadle/internal/testbrowser"
	"github.com/beadle-jobs/beadle/internal/web"
)

// Every page that links lead to is judged by axe-core, in light and in dark.
func TestPagesHaveNoBarriersInABrowser(t *testing.T) {
	f := campusTimetable()
	pages := dashboard(t, web.Config{Timetable: f, Schedules: f, RunSchedule: f.run}).(local)
	server := httptest.NewServer(pages)
	t.Cleanup(server.Close)
	tab := testbrowser.New(t)(t)

	judged := map[string]bool{}
	for todo := []string{"/jobs", "/login"}; len(todo) > 0; todo = todo[1:] {
		route := pages.Route(httptest.NewRequest("GET", todo[0], nil))
		if judged[route] {
			continue
		}
		judged[route] = true
		for _, theme := range []string{"light", "dark"} {
			tab.Prefers("prefers-color-scheme", theme)
			tab.Open(server.URL + todo[0])
			for _, barrier := range tab.Barriers() {
				t.Errorf("%s in %s: %s", todo[0], theme, barrier)
			}
		}
		todo = append(todo, tab.Links()...)
	}
	if len(judged) < 20 {
		t.Errorf("only %d pages were found: %v", len(judged), judged)
	}
}
