package failover_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// The installation, and its schedules: each is due every other second.
const (
	schedulers = 2
	workers    = 3
	timetables = 5
	every      = 2 * time.Second
)

// A site is an installation in one process.
type site struct {
	t      *testing.T
	group  *testservers.Group
	ledger string
	sink   *sink
	log    *slog.Logger
	runs   runs
}

// runs are what the handlers did.
type runs struct {
	mu    sync.Mutex
	begun map[string]int                        // attempts, by job
	ended map[string]int                        // that succeeded, by job
	slots map[string]map[string]map[string]bool // jobs, by schedule and due time
}

func newSite(t *testing.T, g *testservers.Group) *site {
	s := &site{t: t, group: g, ledger: filepath.Join(t.TempDir(), "ledger.db"), sink: newSink()}
	s.runs = runs{begun: map[string]int{}, ended: map[string]int{}, slots: map[string]map[string]map[string]bool{}}
	file, err := os.Create(filepath.Join(t.ArtifactDir(), "log.txt"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	s.log = slog.New(slog.NewTextHandler(file, nil))
	app.ListenToRedis(s.log)
	return s
}

func (s *site) settings() config.Config {
	c := config.Default()
	c.Redis = s.group.URL
	c.RedisReplicas = *replicas
	c.Worker.Concurrency = 16
	c.Worker.Drain = time.Second
	return c
}

func (s *site) connect() *redis.Client {
	s.t.Helper()
	rdb, err := app.Dial(s.settings())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { rdb.Close() })
	return rdb
}

func (s *site) records() *ledger.Ledger {
	s.t.Helper()
	records, err := ledger.Open(s.t.Context(), s.ledger)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { records.Close() })
	return records
}

// start starts everything; it ends with the test.
func (s *site) start() {
	s.t.Helper()
	for range schedulers {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		o := scheduler.Options{Redis: s.connect(), Ledger: s.records(), Listener: l, Settings: s.settings(), Log: s.log}
		s.run(func(ctx context.Context) error { return scheduler.Run(ctx, o) })
	}
	for range workers {
		o := worker.Options{Redis: s.connect(), Queue: "worker", Settings: s.settings().Worker, Replicas: *replicas, Log: s.log}
		s.run(func(ctx context.Context) error { return worker.Run(ctx, o, s.tasks()...) })
	}
	records := s.records()
	for n := range timetables {
		if err := records.PutSchedules(s.t.Context(), []job.Schedule{timetable(n)}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// run runs a process until the test ends.
func (s *site) run(process func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- process(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("a process ended with %v", err)
		}
	})
}

func timetable(n int) job.Schedule {
	rule := job.NewRule(fmt.Sprintf("0/%d * * * * ?", int(every.Seconds())), "UTC", []byte(`{}`))
	rule.Dialect, rule.Overlap, rule.CatchUp = "quartz", job.OverlapAllow, job.CatchUpAll
	return job.Schedule{Name: fmt.Sprintf("tick-%d", n), Task: "tick", Client: "default", Rule: rule, Base: rule, Created: time.Now()}
}

// errand is what the jobs are asked.
type errand struct {
	Resource string `json:"resource,omitempty"`
}

func (s *site) tasks() []tasks.Task {
	return []tasks.Task{
		tasks.Spec[errand]{Name: "plain", Summary: "Take a moment.", Run: s.runs.count(s.plain)},
		tasks.Spec[errand]{Name: "tick", Summary: "Be on time.", Run: s.runs.count(s.plain)},
		tasks.Spec[errand]{
			Name: "locked", Summary: "Write a resource three times.", Run: s.runs.count(s.locked),
			Writes: func(e errand) []string { return []string{e.Resource} },
		},
	}
}

// count notes what a handler does.
func (r *runs) count(run func(context.Context, *tasks.Job[errand]) error) func(context.Context, *tasks.Job[errand]) error {
	return func(ctx context.Context, j *tasks.Job[errand]) error {
		r.mu.Lock()
		r.begun[j.ID]++
		r.mu.Unlock()
		err := run(ctx, j)
		if err == nil {
			r.mu.Lock()
			r.ended[j.ID]++
			r.mu.Unlock()
		}
		return err
	}
}

func (s *site) plain(ctx context.Context, _ *tasks.Job[errand]) error {
	return pause(ctx, 5*time.Millisecond)
}

func (s *site) locked(ctx context.Context, j *tasks.Job[errand]) error {
	for range 3 {
		s.sink.write(j.Args.Resource, fmt.Sprintf("%s/%d", j.ID, j.Fence()), j.Fence())
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// engine is a way to the jobs in flight, as a scheduler has it.
func (s *site) engine() *engine.Engine {
	e := engine.New(s.connect(), s.log)
	e.Confirm(*replicas)
	return e
}
