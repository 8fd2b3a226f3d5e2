// Package worker puts together the data plane: a process that runs jobs.
//
// A worker needs Redis and nothing else; what its tasks need they bring along.
package worker

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/logs"
	"github.com/beadle-jobs/beadle/internal/metric"
	"github.com/beadle-jobs/beadle/internal/profile"
	"github.com/beadle-jobs/beadle/internal/trace"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Tasks are what a worker brings, and how to let go of what they hold open.
type Tasks struct {
	All   []tasks.Task
	Close func() error // may be nil

	// Check reports whether the ledger answers that they need; may be nil.
	Check func(context.Context) error
}

// Provide makes a worker's tasks from the settings. Watch is to see their calls to
// other systems.
type Provide func(ctx context.Context, c config.Config, watch Watch, log *slog.Logger) (Tasks, error)

// Main runs a worker process with those tasks and returns its exit code. Its
// queue is named after the binary.
func Main(provide Provide) int {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	return app.Process{
		Name:  name,
		Short: "Run jobs",
		Long: `Runs jobs until it is told to stop. SIGTERM lets running jobs end, for as long
as worker.drain says, and puts the others back unharmed.`,
		Flags: func(cmd *cobra.Command, c *config.Config) {
			cmd.Flags().StringVar(&c.Worker.Metrics, "metrics", "", "serve /metrics, /healthz and /readyz there, such as 127.0.0.1:9090")
			cmd.Flags().IntVar(&c.Worker.Concurrency, "concurrency", 0, "jobs at a time")
			cmd.AddCommand(app.HealthCmd(name, "http://127.0.0.1:9090"))
		},
		Run: func(ctx context.Context, c config.Config, log *slog.Logger) error {
			return run(ctx, name, c, log, provide)
		},
	}.Main()
}

func run(ctx context.Context, name string, c config.Config, log *slog.Logger, provide Provide) error {
	defer engine.CollectLess()()
	rdb, err := app.Dial(c)
	if err != nil {
		return err
	}
	defer rdb.Close()
	h := &health{metrics: metric.New(app.Version(), metric.Bounds(c.Metrics)), redis: rdb}
	g, ctx := errgroup.WithContext(ctx)
	serving, end := context.WithCancel(context.WithoutCancel(ctx)) // health is told until the last job has ended
	g.Go(func() error {
		defer end()
		return h.work(ctx, name, c, log, provide)
	})
	if c.Worker.Metrics != "" {
		g.Go(func() error { return h.serve(serving, c.Worker) })
	}
	return g.Wait()
}

// work runs jobs once Redis answers.
func (h *health) work(ctx context.Context, name string, c config.Config, log *slog.Logger, provide Provide) error {
	if err := app.Await(ctx, h.redis, log); err != nil {
		return err
	}
	provided, err := provide(ctx, c, counting(h.metrics), log)
	if err != nil {
		return err
	}
	if provided.Close != nil {
		defer func() {
			if err := provided.Close(); err != nil {
				log.Error("cannot close what the tasks hold open", "error", err)
			}
		}()
	}
	tracer, flush, err := app.StartTraces(ctx, c, name, log)
	if err != nil {
		return err
	}
	defer flush()
	h.needs.Store(&provided)
	return Run(ctx, Options{
		Redis: h.redis, Queue: name, Settings: c.Worker, Replicas: c.RedisReplicas, Log: log, Tracer: tracer,
		Observer: h.metrics.Worker(c.Worker.Concurrency, h.running), Began: h.worker.Store,
	}, provided.All...)
}

// Options are what a worker runs with.
type Options struct {
	Redis    redis.UniversalClient
	Queue    string // its own; tasks that name no queue go there
	Settings config.Worker
	Replicas int // of Redis that must have a job of a job before it is acknowledged
	Log      *slog.Logger
	Observer engine.Observer // may be nil
	Tracer   *trace.Tracer   // nil: nothing is traced

	// Began is told of the worker before it takes its first job; may be nil.
	Began func(*engine.Worker)
}

// Run runs jobs of these tasks until ctx is done and running jobs have ended
// or were put back.
func Run(ctx context.Context, o Options, all ...tasks.Task) error {
	e, registry := engine.New(o.Redis, o.Log), tasks.NewRegistry(all...)
	e.Confirm(o.Replicas)
	if o.Tracer != nil {
		e.Trace(o.Tracer)
	}
	name := identity(o.Queue)
	defer attend(ctx, e, name, o.Log)()
	w := engine.NewWorker(e, registry, engine.WorkerOptions{
		Name:        name,
		Queue:       o.Queue,
		Queues:      queues(o, registry),
		Concurrency: o.Settings.Concurrency,
		Drain:       o.Settings.Drain,
		Build:       app.Version(),
		BuiltAt:     app.BuiltAt(),
		Labels:      o.Settings.Labels,
		Observer:    o.Observer,
		Profiler:    profile.Take,
	})
	if o.Began != nil {
		o.Began(w)
	}
	return w.Run(ctx)
}

// attend lists this process until what it returns is called: it is there until
// its last job has ended, and logs what people want until then.
func attend(ctx context.Context, e *engine.Engine, name string, log *slog.Logger) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var attending sync.WaitGroup
	attending.Go(func() { e.Attend(ctx, job.Process{Name: name, Kind: job.KindWorker}, logs.LevelOf(log)) })
	return func() { cancel(); attending.Wait() }
}

// queues are those that a worker serves, all alike: its own, those that its
// tasks name, and those of the settings.
func queues(o Options, registry *tasks.Registry) map[string]int {
	all := map[string]int{o.Queue: 1}
	for _, task := range registry.Infos() {
		all[cmp.Or(task.Queue, o.Queue)] = 1
	}
	for _, name := range o.Settings.Queues {
		all[name] = 1
	}
	return all
}

// identity names this process to people: binary@host:pid.
func identity(binary string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s@%s:%d", binary, host, os.Getpid())
}
