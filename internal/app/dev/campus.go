package dev

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/app"
	demo "github.com/beadle-jobs/beadle/internal/campus"
	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/roster"
)

// The demo campus in the settings.
const (
	demoSync   = "demo"
	demoSIS    = "simulated-sis"
	demoMoodle = "simulated-moodle"
	demoToken  = "demo"
	moodleAddr = "127.0.0.1:8081" // unless something else is there
	saveEvery  = time.Second
	demoSeed   = 3 // of a university whose sections are neither tiny nor huge

	// A real Moodle takes about a second for a call of fifty rows. The demo is
	// as slow as that, so that there is progress to be seen.
	demoLatency = 150 * time.Millisecond
	demoBatch   = 15
)

// startCampus starts the simulators in g, keeps what they know in dir, and
// adds them to the settings. It returns the address of the simulated Moodle.
func startCampus(ctx context.Context, g *errgroup.Group, dir string, c *config.Config, rdb redis.UniversalClient, log *slog.Logger) (url string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	token := filepath.Join(dir, "moodle.token")
	if err := os.WriteFile(token, []byte(demoToken+"\n"), 0o600); err != nil {
		return "", err
	}
	inbox := filepath.Join(dir, "inbox")
	sis := demo.SIS{Dir: inbox, Seed: demoSeed, Log: log}
	site, err := openSite(filepath.Join(dir, "moodle.json"), sis.Options())
	if err != nil {
		return "", err
	}
	l, err := listenMoodle()
	if err != nil {
		return "", err
	}
	if err := sis.Publish(); err != nil {
		return "", err
	}
	g.Go(func() error { return app.Serve(ctx, l, site) })
	g.Go(func() error { return keep(ctx, site, filepath.Join(dir, "moodle.json")) })
	g.Go(func() error { return sis.Run(ctx) })
	g.Go(func() error { return goOn(ctx, site, sis, rdb, log) })

	url = "http://" + l.Addr().String()
	addDemo(c, inbox, url, token)
	addAttendance(c, dir)
	g.Go(func() error { return attend(ctx, site, dir, rdb, log) })
	return url, nil
}

// addDemo adds the demo's source, target and sync to the settings.
func addDemo(c *config.Config, inbox, url, token string) {
	c.Sources, c.Targets, c.Syncs, c.Sinks = maps.Clone(c.Sources), maps.Clone(c.Targets), maps.Clone(c.Syncs), maps.Clone(c.Sinks)
	put(&c.Sources, demoSIS, config.Source{Driver: "oneroster-csv", Path: inbox})
	put(&c.Targets, demoMoodle, config.Target{Driver: "moodle", URL: url, TokenFile: token, Batch: demoBatch})
	put(&c.Syncs, demoSync, config.Sync{
		Source: demoSIS, Target: demoMoodle, CreateCourses: true, OrientationCourse: demo.OrientationCourse,
		TimeZone: demoZone, Schedule: "*/5 * * * *",
	})
}

func put[V any](m *map[string]V, name string, v V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[name] = v
}

// listenMoodle opens the simulated Moodle's usual address, or any other.
func listenMoodle() (net.Listener, error) {
	l, err := net.Listen("tcp", moodleAddr)
	if err == nil {
		return l, nil
	}
	return app.Listen("127.0.0.1:0", false)
}

// openSite returns the simulated Moodle as it was left, or a new one that has
// an orientation course, and two courses of which only a person knows which is
// the one of a section: this year's has the section's code as its id number,
// and last year's as its short name.
func openSite(file string, o demo.Options) (*moodlesim.Site, error) {
	site := moodlesim.New(moodlesim.Options{Token: demoToken})
	site.SetFaults(moodlesim.Faults{Latency: demoLatency})
	err := site.Load(file)
	if errors.Is(err, os.ErrNotExist) {
		section := demo.Unlinked(o)
		for _, c := range []moodlesim.Course{
			{Shortname: demo.OrientationCourse, Fullname: "Orientation", Idnumber: demo.OrientationCourse},
			{Shortname: section.Code + " new", Fullname: section.Course, Idnumber: section.Code},
			{Shortname: section.Code, Fullname: section.Course + " (last year)"},
		} {
			c.Category = 1
			site.AddCourse(c)
		}
		return site, nil
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "The simulated Moodle cannot read %s; delete it to start afresh.", file).Because(err)
	}
	return site, nil
}

// keep saves the simulated Moodle every second while it changes, and at the
// end.
func keep(ctx context.Context, site *moodlesim.Site, file string) error {
	var saved map[string]int
	for {
		select {
		case <-ctx.Done():
			return site.Save(file)
		case <-time.After(saveEvery):
		}
		calls := site.WriteCalls()
		if maps.Equal(calls, saved) {
			continue
		}
		if err := site.Save(file); err != nil {
			return fmt.Errorf("save simulated moodle: %w", err)
		}
		saved = calls
	}
}

// goOn has the simulated SIS publish its second version, and syncs it, as soon
// as the first one is in the simulated Moodle.
func goOn(ctx context.Context, site *moodlesim.Site, sis demo.SIS, rdb redis.UniversalClient, log *slog.Logger) error {
	for there := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookForWork):
		}
		if version, _ := sis.Version(); version > 0 {
			return nil
		}
		if n := len(site.Enrolments()); n == 0 || n != there {
			there = n
			continue
		}
		if err := sis.Publish(); err != nil {
			return err
		}
		return runAtOnce(ctx, rdb, log)
	}
}

// runAtOnce starts the demo's sync as soon as a worker has announced its
// tasks; until then the engine refuses.
func runAtOnce(ctx context.Context, rdb redis.UniversalClient, log *slog.Logger) error {
	e := engine.New(rdb, log)
	request := job.Request{
		Task: roster.TermsPull, Args: []byte(`{"sync":"` + demoSync + `"}`), Owner: "jobctl dev",
	}
	for {
		if _, err := e.Enqueue(ctx, request); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(50 * time.Millisecond):
		}
	}
}
