package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// Locks are what a worker asks of the resource locks.
type Locks interface {
	// Take grants all or nothing, and says who stands in the way.
	Take(ctx context.Context, holder, worker string, reads, writes []string) (job.Grant, []job.Holder, error)
	// Renew extends the leases of all that the worker holds, and returns the
	// holders that have lost theirs.
	Renew(ctx context.Context, worker string, holders []string) (lost []string, err error)
	// Release gives back what was granted under that fence.
	Release(ctx context.Context, holder string, fence int64) error
}

// WorkerOptions are the settings of a worker. All have defaults.
type WorkerOptions struct {
	Name        string         // what people call it; empty: host and process id
	Queue       string         // of tasks that name none; empty: "default"
	Queues      map[string]int // to take jobs from, with weights; empty: those of its tasks, all alike
	Concurrency int            // jobs at a time; 0: 10
	Drain       time.Duration  // how long running jobs may go on when it is told to stop; 0: 20 s
	Build       string         // version of the binary
	BuiltAt     time.Time      // of two builds that declare a task, the newer wins
}

// The paces of a worker.
const (
	renewEvery   = 2 * time.Second        // leases, heartbeat and abort flags
	leaseMargin  = time.Second            // contexts end that long before the lease
	returnTime   = 5 * time.Second        // for code to return after its context has ended on shutdown
	pollEvery    = 200 * time.Millisecond // looking for jobs when there were none
	forwardEvery = time.Second            // moving jobs that have become due
)

// A Worker runs jobs.
type Worker struct {
	engine   *Engine
	locks    Locks
	registry *tasks.Registry
	options  WorkerOptions
	declared []job.Declaration
	self     job.Worker
	log      *slog.Logger
	forward  time.Duration

	slots    chan struct{} // one for each job whose code has not returned
	stopping context.Context
	stop     context.CancelFunc // takes no more jobs

	mu    sync.Mutex
	holds map[string]*hold // by job id
}

// NewWorker returns a worker that runs the tasks of that registry.
func NewWorker(e *Engine, locks Locks, registry *tasks.Registry, options WorkerOptions) *Worker {
	host, _ := os.Hostname()
	options = withDefaults(options, fmt.Sprintf("%s-%d", host, os.Getpid()), registry)
	w := &Worker{
		engine: e, locks: locks, registry: registry, options: options,
		declared: declare(registry, options),
		log:      e.log.With("worker", options.Name),
		forward:  forwardEvery,
		slots:    make(chan struct{}, options.Concurrency),
		holds:    map[string]*hold{},
	}
	w.stopping, w.stop = context.WithCancel(context.Background())
	w.self = job.Worker{
		ID: uuid.NewString(), Name: options.Name, Host: host, PID: os.Getpid(), Queues: options.Queues,
		Concurrency: options.Concurrency, Build: options.Build, Started: now(),
	}
	return w
}

func withDefaults(o WorkerOptions, name string, registry *tasks.Registry) WorkerOptions {
	o.Name = first(o.Name, name)
	o.Queue = first(o.Queue, "default")
	if o.Concurrency <= 0 {
		o.Concurrency = 10
	}
	if o.Drain <= 0 {
		o.Drain = 20 * time.Second
	}
	o.Queues = maps.Clone(o.Queues)
	if len(o.Queues) == 0 {
		o.Queues = map[string]int{}
		for _, info := range registry.Infos() {
			o.Queues[first(info.Queue, o.Queue)] = 1
		}
	}
	if len(o.Queues) == 0 {
		o.Queues[o.Queue] = 1
	}
	return o
}

// Run takes and runs jobs until ctx ends. Jobs that run then may go on for the
// drain time; after that their contexts end, and those that do not finish are
// put back into the queue, no attempt used. A Worker runs once.
func (w *Worker) Run(ctx context.Context) error {
	stopNow := context.AfterFunc(ctx, w.stop)
	defer stopNow()
	defer w.stop()
	if !w.awaitRedis(ctx) {
		return nil
	}
	background, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.renewals(background) })
	running.Go(func() { w.listen(background) })
	err := w.serve(ctx)
	end()
	running.Wait()
	w.retire()
	return err
}

// serve runs asynq's server until ctx ends and the jobs have been dealt with.
func (w *Worker) serve(ctx context.Context) error {
	client := &calmClient{UniversalClient: w.engine.rdb, stopping: w.stopping}
	server := asynq.NewServerFromRedisClient(client, asynq.Config{
		Concurrency: w.options.Concurrency, Queues: w.options.Queues,
		TaskCheckInterval: pollEvery, DelayedTaskCheckInterval: w.forward,
		ShutdownTimeout: w.options.Drain + returnTime,
		RetryDelayFunc:  putBackDelay, IsFailure: func(error) bool { return false },
		Logger: asynqLog{w.log}, LogLevel: asynq.InfoLevel,
	})
	if err := server.Start(asynq.HandlerFunc(w.process)); err != nil {
		return fmt.Errorf("start worker %s: %w", w.options.Name, err)
	}
	w.log.Info("worker ready", "queues", slices.Sorted(maps.Keys(w.options.Queues)), "concurrency", w.options.Concurrency)
	<-ctx.Done()
	w.log.Info("worker stopping", "running", len(w.running()), "drain", w.options.Drain)
	drained := time.AfterFunc(w.options.Drain, func() { w.endAll(errShutdown) })
	defer drained.Stop()
	server.Shutdown()
	w.log.Info("worker stopped")
	return nil
}

// awaitRedis announces the worker and its tasks, however long Redis needs to
// be there. It reports false if ctx ended first.
func (w *Worker) awaitRedis(ctx context.Context) bool {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := w.engine.announce(ctx, w.declared, true)
		if err == nil {
			w.heartbeat(ctx)
			return true
		}
		if ctx.Err() == nil {
			w.log.Warn("redis does not answer, trying again", "after", pause, "err", err)
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

func (w *Worker) retire() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := w.engine.retire(ctx, w.self.ID); err != nil {
		w.log.Warn("worker stays listed for a few seconds", "err", err)
	}
}

// putBack asks asynq to deliver a task again later. It is no failure.
type putBack struct {
	after time.Duration
	why   string
}

func (p putBack) Error() string { return p.why }

// putBackDelay is asynq's RetryDelayFunc: how soon a task is delivered again
// that its worker did not acknowledge.
func putBackDelay(_ int, err error, _ *asynq.Task) time.Duration {
	if p, ok := errors.AsType[putBack](err); ok {
		return p.after
	}
	if errors.Is(err, asynq.ErrLeaseExpired) {
		return 0
	}
	return time.Second + rand.N(time.Second)
}

// asynqLog takes what asynq has to say into our log. Its good news is ours
// already.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(...any)      {}
func (l asynqLog) Info(args ...any)  { l.say(slog.LevelDebug, args) }
func (l asynqLog) Warn(args ...any)  { l.say(slog.LevelWarn, args) }
func (l asynqLog) Error(args ...any) { l.say(slog.LevelError, args) }
func (l asynqLog) Fatal(args ...any) { l.say(slog.LevelError, args) }

func (l asynqLog) say(level slog.Level, args []any) {
	l.log.Log(context.Background(), level, "asynq", "said", fmt.Sprint(args...))
}
