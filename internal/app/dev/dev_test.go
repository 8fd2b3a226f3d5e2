package dev_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/app/dev"
	"github.com/beadle-jobs/beadle/internal/fault"
)

// A trial is a running `jobctl dev`.
type trial struct {
	t    *testing.T
	dir  string
	stop context.CancelFunc
	done chan error

	mu   sync.Mutex
	said strings.Builder
}

func (d *trial) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said.Write(p)
}

// try runs everything in dir until the test ends.
func try(t *testing.T, dir string) *trial {
	ctx, stop := context.WithCancel(t.Context())
	d := &trial{t: t, dir: dir, stop: stop, done: make(chan error, 1)}
	go func() { d.done <- dev.Run(ctx, dev.Options{Listen: "127.0.0.1:0", Data: dir, Demo: "campus"}, d) }()
	t.Cleanup(d.end)
	return d
}

// end stops the trial and waits until it has.
func (d *trial) end() {
	d.stop()
	if err := <-d.done; err != nil {
		d.t.Errorf("ended with %v", err)
	}
	d.done <- nil
}

// url returns an address that the trial printed.
func (d *trial) url(before string) string {
	pattern := regexp.MustCompile(before + `(http://\S+)`)
	var found string
	eventually(d.t, "an address after "+before, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		if m := pattern.FindStringSubmatch(d.said.String()); m != nil {
			found = m[1]
		}
		return found != ""
	})
	return found
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited a minute in vain for %s", what)
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		return 0, ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// attended waits until a day of attendance has been posted.
func (d *trial) attended() {
	d.t.Helper()
	eventually(d.t, "a day of attendance", func() bool {
		posted, err := filepath.Glob(filepath.Join(d.dir, "campus", "attendance", "attendance-*.csv"))
		return err == nil && len(posted) > 0
	})
}

// moodle is what the simulated Moodle holds.
type moodle struct {
	Users      []any          `json:"users"`
	Courses    []any          `json:"courses"`
	Enrolments []any          `json:"enrolments"`
	WriteCalls map[string]int `json:"write_calls"`
}

func (d *trial) moodle() (m moodle) {
	d.t.Helper()
	_, body := get(d.t, d.url("simulated Moodle at ")+"/simulator/state.json")
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		d.t.Fatal(err)
	}
	return m
}

// settled waits until the chain has run to its end that often.
func (d *trial) settled(times int) {
	d.t.Helper()
	url := d.url("Beadle is at ") + "/api/v1/jobs?task=sis.registrations.process&state=succeeded"
	eventually(d.t, "the roster chain", func() bool {
		_, body := get(d.t, url)
		return strings.Count(body, `"state":"succeeded"`) >= times
	})
}

func TestTheDemoRosterArrivesAndSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := try(t, dir)
	eventually(t, "health", func() bool {
		status, _ := get(t, first.url("Beadle is at ")+"/healthz")
		return status == http.StatusOK
	})
	first.settled(1)
	was := first.moodle()
	if len(was.Users) < 50 || len(was.Courses) < 8 || len(was.Enrolments) < 200 {
		t.Errorf("%d users, %d courses, %d enrolments; want a small university", len(was.Users), len(was.Courses), len(was.Enrolments))
	}
	for _, page := range []string{"/jobs", "/messages", "/metrics", "/readyz"} {
		if status, body := get(t, first.url("Beadle is at ")+page); status != http.StatusOK {
			t.Errorf("%s answers %d: %s", page, status, body)
		}
	}
	first.attended()
	first.held() // nothing is half done
	first.end()

	second := try(t, dir)
	second.settled(2)
	if now := second.moodle(); len(now.Users) < len(was.Users) || len(now.Enrolments) < len(was.Enrolments) {
		t.Errorf("after a restart %d users and %d enrolments, before it %d and %d",
			len(now.Users), len(now.Enrolments), len(was.Users), len(was.Enrolments))
	}
}

func TestRefusesWhatItCannotRun(t *testing.T) {
	for name, o := range map[string]dev.Options{
		"an unknown demo":               {Listen: "127.0.0.1:0", Demo: "circus"},
		"the whole network, tokenless":  {Listen: "0.0.0.0:0", Demo: "none"},
		"a settings file that is gone":  {Listen: "127.0.0.1:0", Demo: "none", Config: "gone.yaml"},
		"a Redis URL that is none":      {Listen: "127.0.0.1:0", Demo: "none", Redis: "localhost"},
		"settings of no kind by envvar": {Listen: "127.0.0.1:0", Demo: "none", Environ: []string{"BEADLE_WORKER_DRAIN=soon"}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Data = t.TempDir()
			if err := dev.Run(t.Context(), o, io.Discard); fault.KindOf(err) != fault.Invalid {
				t.Errorf("error = %v, want an invalid one", err)
			}
		})
	}
}
