package roster_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestMain(m *testing.M) {
	// A world takes a tenth of a second, and several with the race detector on;
	// -rapid.checks on the command line looks at more of them.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	testservers.Main(m)
}

var madrid = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		panic(err)
	}
	return zone
}()

// A campus is a sync with its source, its target and its ledger.
type campus struct {
	t      testing.TB
	sis    *fakeSIS
	lms    sis.Target
	ledger *ledger.Ledger
	store  roster.Store
	source sis.Source
	sync   sync.Sync
	batch  int    // see [roster.Config]
	client string // of the jobs
	jobs   int
}

func newCampus(t testing.TB, from *fakeSIS, to sis.Target, settings ...func(*sync.Sync)) *campus {
	t.Helper()
	return newCampusAt(t, ledgertest.SQLite(t), from, to, settings...)
}

// newCampusAt is newCampus with its ledger at that place.
func newCampusAt(t testing.TB, ledgerURL string, from *fakeSIS, to sis.Target, settings ...func(*sync.Sync)) *campus {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledgerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := &campus{t: t, client: "default", sis: from, source: from, lms: to, ledger: l, store: l}
	c.sync = sync.Sync{Name: "main", Client: "default", Source: "sis", Target: "lms", CreateCourses: true, Zone: madrid, AsOf: date("2026-09-15")}
	for _, set := range settings {
		set(&c.sync)
	}
	return c
}

func (c *campus) registry() *tasks.Registry {
	return tasks.NewRegistry(roster.New(roster.Config{
		Store: c.store, Sources: map[string]sis.Source{"sis": c.source}, Targets: map[string]sis.Target{"lms": c.lms},
		Syncs: []sync.Sync{c.sync}, Batch: c.batch, Log: slog.New(slog.DiscardHandler),
	})...)
}

// An outcome is what jobs that followed each other left behind.
type outcome struct {
	err      error // of the last one
	tasks    []string
	errors   []tasks.RecordError
	progress map[string]tasks.Progress // the last of each task
}

func (o outcome) codes() (codes []string) {
	for _, e := range o.errors {
		codes = append(codes, e.Code)
	}
	slices.Sort(codes)
	return codes
}

// run starts the chain, and makes one attempt at each job that the one before
// has enqueued.
func (c *campus) run(args roster.Args) outcome {
	c.sis.snapshot++
	args.Sync = c.sync.Name
	return c.follow(roster.TermsPull, args)
}

func (c *campus) follow(task string, args any) outcome {
	o := outcome{progress: map[string]tasks.Progress{}}
	raw, err := json.Marshal(args)
	if err != nil {
		c.t.Fatal(err)
	}
	for waiting := []tasks.SinkRequest{{Task: task, Args: raw}}; len(waiting) > 0 && o.err == nil; {
		var next []tasks.SinkRequest
		next, o.err = c.attempt(c.jobID(), waiting[0], &o)
		waiting = append(waiting[1:], next...)
	}
	return o
}

func (c *campus) jobID() string {
	c.jobs++
	return fmt.Sprintf("%s-job-%06d", c.sync.Name, c.jobs)
}

// attempt makes one attempt at a job, and returns the jobs it enqueued.
func (c *campus) attempt(id string, r tasks.SinkRequest, o *outcome) ([]tasks.SinkRequest, error) {
	task, ok := c.registry().Lookup(r.Task)
	if !ok {
		c.t.Fatalf("there is no task %s", r.Task)
	}
	s := &sink{task: r.Task, outcome: o}
	o.tasks = append(o.tasks, r.Task)
	err := task.Attempt(c.t.Context(), tasks.Attempt{
		JobID: id, Client: c.client, Number: 1, Args: r.Args, Sink: s, Log: slog.New(slog.DiscardHandler),
	})
	return s.next, err
}

type sink struct {
	task string
	*outcome
	next []tasks.SinkRequest
}

func (s *sink) Progress(p tasks.Progress) { s.progress[s.task] = p }
func (s *sink) Error(e tasks.RecordError) { s.errors = append(s.errors, e) }
func (s *sink) Enqueue(_ context.Context, r tasks.SinkRequest) (string, error) {
	s.next = append(s.next, r)
	return fmt.Sprintf("next-%d", len(s.next)), nil
}

// must runs the chain to its end.
func (c *campus) must(args roster.Args) outcome {
	c.t.Helper()
	o := c.run(args)
	if o.err != nil {
		c.t.Fatalf("%s: %v", o.tasks[len(o.tasks)-1], o.err)
	}
	return o
}

// messages returns the newest messages about a key, as "state CODE".
func (c *campus) messages(stream sis.Stream, key string) (words []string) {
	c.t.Helper()
	all, err := c.ledger.SISMessages(c.t.Context(), sync.MessageFilter{Sync: c.sync.Name, Stream: stream, Text: key})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, m := range all {
		word := string(m.State)
		if m.Code != "" {
			word += " " + m.Code
		}
		words = append(words, word)
	}
	return words
}

// reason returns why the newest message about a key is in its state.
func (c *campus) reason(stream sis.Stream, key string) string {
	c.t.Helper()
	all, err := c.ledger.SISMessages(c.t.Context(), sync.MessageFilter{Sync: c.sync.Name, Stream: stream, Text: key, Limit: 1})
	if err != nil || len(all) == 0 {
		c.t.Fatalf("%d messages about %s, %v", len(all), key, err)
	}
	return all[0].Reason
}

func (c *campus) plan() sync.Plan {
	c.t.Helper()
	p, err := c.ledger.SISPlan(c.t.Context(), c.sync.Name, "")
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}
