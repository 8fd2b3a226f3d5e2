package story_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/beadle-jobs/beadle/internal/app/dev"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/internal/testbrowser"
	"github.com/beadle-jobs/beadle/internal/testmail"
	"github.com/beadle-jobs/beadle/pkg/client"
)

var pictures = flag.String("pictures", "", "a folder for pictures of the demo campus")

// settings are those of a trial in which people log in.
const trialSettings = `
access: {people: true}
notify: {smtp: {host: %q, port: %d, from: beadle@example.edu, tls: none}}
`

// The pictures of the manual: go test ./internal/app/story -run Pictures -args -pictures docs/img
func TestPicturesOfTheDemoCampusInABrowser(t *testing.T) {
	if *pictures == "" {
		t.Skip("no -pictures")
	}
	h := trial(t)
	rita := visitor{testbrowser.New(t)(t), h}
	rita.setUp(h.said.find(`http://\S+/setup/\S+`), "rita", true)
	rita.logIn("rita")
	h.token["rita"] = rita.makeToken()
	rita.invite("paul", "Paul Power", "power-user", "")
	rita.invite("vera", "Vera View", "viewer", "default")
	_, err := h.as("rita").EditPerson(h.Context(), "rita", client.PersonEdit{Email: new("rita@example.edu")})
	h.must(err)
	failing, writing := writingJob(h)
	_, err = h.as("rita").NotifyMe(h.Context(), writing)
	h.must(err)
	rita.picture("/jobs", "jobs-narrow", "light", 360)
	for _, page := range []struct{ name, path string }{
		{"jobs", "/jobs"},
		{"overview", "/overview"},
		{"job", "/jobs/" + failing},
		{"schedules", "/schedules"},
		{"errors", "/errors"},
		{"queues", "/queues"},
		{"access", "/access"},
		{"notices", "/notices"},
	} {
		rita.picture(page.path, page.name, "light", 1280)
		rita.picture(page.path, page.name+"-dark", "dark", 1280)
	}
	h.eventually("a section to link, and a day that is posted", campusSettled(h))
	for _, page := range []struct{ name, path string }{
		{"messages", "/messages?state=waiting"},
		{"sections", "/sections"},
		{"plans", "/plans"},
		{"attendance", "/attendance"},
	} {
		rita.picture(page.path, page.name, "light", 1280)
	}
}

// campusSettled tells whether the demo campus shows all that it has to show.
func campusSettled(h *house) func() bool {
	return func() bool {
		sections, err := h.as("rita").Sections(h.Context(), client.SectionFilter{Sync: "demo", State: sync.SectionAvailable})
		h.must(err)
		days, err := h.as("rita").AttendanceSections(h.Context(), client.AttendanceFilter{Sync: "demo"}, "")
		h.must(err)
		return len(sections.Sections) > 0 && days.Counts[sync.AttPosted] > 0
	}
}

// trial runs the demo campus until the test ends.
func trial(t *testing.T) *house {
	h := &house{T: t, box: testmail.New(t, ""), said: &notes{}, token: map[string]string{}}
	file := filepath.Join(t.TempDir(), "beadle.yaml")
	h.must(os.WriteFile(file, fmt.Appendf(nil, trialSettings, h.box.Host, h.box.Port), 0o600))
	dir := t.TempDir()
	h.until(func(ctx context.Context) error {
		return dev.Run(ctx, dev.Options{Listen: "127.0.0.1:0", Data: dir, Config: file, Demo: "campus"}, h.said)
	})
	h.eventually("the address and the link", func() bool {
		h.url = strings.TrimPrefix(h.said.find(`Beadle is at http://\S+`), "Beadle is at ")
		return h.url != "" && h.said.find(`/setup/\S+`) != ""
	})
	return h
}

// writingJob waits until a job of the demo campus writes to the LMS, and
// another has errors.
func writingJob(h *house) (failing, writing string) {
	h.Helper()
	h.eventually("a job that writes, and one with errors", func() bool {
		list, err := h.as("rita").Jobs(h.Context(), client.Filter{})
		h.must(err)
		for _, j := range list.Jobs {
			if j.Errors > 0 {
				failing = j.ID
			}
			if j.State == "running" && j.Progress.Done > 0 {
				writing = j.ID
			}
		}
		return failing != "" && writing != ""
	})
	return failing, writing
}

// picture keeps how a page looks.
func (v visitor) picture(path, name, theme string, width int64) {
	v.Helper()
	v.Wide(width)
	v.inTheme(theme)
	v.to(path)
	v.Until(`document.readyState === "complete" && document.fonts.status === "loaded"`)
	shot, err := chromedp.Run(v.DevTools(), chromedp.CaptureScreenshot())
	v.h.must(err)
	v.h.must(os.WriteFile(filepath.Join(*pictures, name+".png"), shot, 0o644))
}
