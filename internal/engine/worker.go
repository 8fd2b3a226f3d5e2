package engine

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// WorkerOptions are the settings of a worker. All have defaults.
type WorkerOptions struct {
	Name        string            // what people call it; empty: host and process id
	Queue       string            // of tasks that name none; empty: "default"
	Queues      map[string]int    // to take jobs from, with weights; empty: those of its tasks, all alike
	Concurrency int               // jobs at a time; 0: 10
	Drain       time.Duration     // how long running jobs may go on when it is told to stop; 0: 20 s
	Build       string            // version of the binary
	BuiltAt     time.Time         // of two builds that declare a task, the newer wins
	Labels      map[string]string // what tasks may ask for by their Where
	Observer    Observer          // is told of every turn; nil: nobody is
	Profiler    Profiler          // takes profiles that people ask for; nil: there are none
}

// returnTime is how long code has to return after its context has ended on
// shutdown.
const returnTime = 5 * time.Second

// A Worker runs jobs.
type Worker struct {
	engine   *Engine
	registry *tasks.Registry
	options  WorkerOptions
	declared []job.Declaration
	infos    map[string]tasks.Info
	secrets  map[string]job.Secrets // of the tasks that have any
	plain    string                 // names of the tasks that want nothing
	self     job.Worker
	log      *slog.Logger

	stuckAfter time.Duration // see the constant
	returnTime time.Duration // see the constant

	desk   *desk
	belt   *conveyor
	holds  holds
	lease  atomic.Pointer[session]
	epoch  string                         // of Redis, when the session began
	served atomic.Pointer[map[string]int] // queues that it takes jobs from, with weights

	stopping context.Context
	stop     context.CancelFunc // takes no more jobs
	leave    context.CancelFunc // ends Run
	wish     atomic.Value       // told: what people want of it

	mu       sync.Mutex
	strange  map[string]int64 // held by Redis' account, unknown here: ids and fences
	disowned map[string]int64 // given back unknown: a reply that tells of them comes too late
}

// NewWorker returns a worker that runs the tasks of that registry.
func NewWorker(e *Engine, registry *tasks.Registry, options WorkerOptions) *Worker {
	host, _ := os.Hostname()
	options = withDefaults(options, fmt.Sprintf("%s-%d", host, os.Getpid()), registry)
	w := &Worker{
		engine: e, registry: registry, options: options,
		declared: declare(registry, options), plain: plainTasks(registry),
		log:        e.log.With("worker", options.Name),
		stuckAfter: stuckAfter, returnTime: returnTime,
		desk:  newDesk(options.Concurrency),
		holds: holds{all: map[string][]*hold{}}, strange: map[string]int64{}, disowned: map[string]int64{},
	}
	w.belt = newConveyor(e.rdb, w.passOn)
	w.infos = map[string]tasks.Info{}
	w.stopping, w.stop = context.WithCancel(context.Background())
	w.self = job.Worker{
		Name: options.Name, Host: host, PID: os.Getpid(), Queues: options.Queues,
		Concurrency: options.Concurrency, Build: options.Build, Started: e.now(), Labels: options.Labels,
	}
	for _, info := range registry.Infos() {
		w.infos[info.Name] = info
		w.self.Tasks = append(w.self.Tasks, info.Name)
	}
	w.secrets = secretsOf(w.infos)
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

func (w *Worker) session() *session { return w.lease.Load() }

func (w *Worker) sessionID() string { return w.lease.Load().id }

// Run takes and runs jobs until ctx ends or people have told it to drain. Jobs that run then are told to come
// to their end and may go on for the drain time; after that their contexts
// end, and those that do not finish are put back at the head of the queue, no
// attempt used. A Worker runs once.
func (w *Worker) Run(ctx context.Context) error {
	defer w.stop()
	ctx, w.leave = context.WithCancel(ctx)
	defer w.leave()
	if !w.enlist(ctx) {
		return nil
	}
	background, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.renewals(background) })
	running.Go(func() { w.listen(background) })
	running.Go(w.watch)
	err := w.serve(ctx)
	end()
	running.Wait()
	w.retire()
	return err
}

// serve runs asynq's server until ctx ends and the jobs have been dealt with.
func (w *Worker) serve(ctx context.Context) error {
	server := asynq.NewServerFromRedisClient(w.belt, asynq.Config{
		Concurrency: w.options.Concurrency, Queues: map[string]int{w.options.Queue: 1},
		TaskCheckInterval: time.Millisecond, ShutdownTimeout: firstPause,
		Logger: asynqLog{w.log}, LogLevel: asynq.InfoLevel,
	})
	if err := server.Start(asynq.HandlerFunc(w.process)); err != nil {
		return fmt.Errorf("start worker %s: %w", w.options.Name, err)
	}
	w.log.Info("worker ready", "queues", slices.Sorted(maps.Keys(w.options.Queues)), "concurrency", w.options.Concurrency)
	var turns sync.WaitGroup
	for range lanes {
		turns.Go(w.takeTurns)
	}
	<-ctx.Done()
	w.drain(&turns)
	w.belt.close()
	server.Shutdown()
	w.log.Info("worker stopped")
	return nil
}

// drain takes no more jobs, and waits until those that run have ended and are
// recorded: for the drain time by themselves, then with their contexts ended.
// Code that does not return then is left behind.
func (w *Worker) drain(turns *sync.WaitGroup) {
	w.log.Info("worker stopping", "running", len(w.holds.every()), "drain", w.options.Drain)
	w.stop()
	w.desk.close()
	w.sayStopping()
	for _, h := range w.holds.every() {
		h.hurry()
	}
	done := make(chan struct{})
	go func() { turns.Wait(); close(done) }()
	select {
	case <-done:
		return
	case <-time.After(w.options.Drain):
	}
	for _, h := range w.holds.every() {
		h.tell(errShutdown)
	}
	select {
	case <-done:
	case <-time.After(w.returnTime):
		w.log.Warn("code of jobs has not returned and is left behind", "jobs", len(w.holds.every()))
	}
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
