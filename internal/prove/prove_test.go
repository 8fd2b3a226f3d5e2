package prove_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app"
	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/prove"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// asWorker makes this program a sandbox worker: it holds the URL of Redis.
const asWorker = "PROVE_TEST_REDIS"

func TestMain(m *testing.M) {
	if url := os.Getenv(asWorker); url != "" {
		if err := beWorker(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	app.ListenToRedis(slog.New(slog.DiscardHandler))
	testservers.Main(m)
}

func beWorker(url string) error {
	all, err := prove.Tasks(prove.Desk{Name: os.Getenv("PROVE_NAME"), Sink: os.Getenv("PROVE_SINK"), Handlers: os.Getenv("PROVE_HANDLERS")})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	rdb, err := app.Connect(ctx, config.Config{Redis: url}, log)
	if err != nil {
		return err
	}
	settings := config.Worker{Concurrency: prove.Concurrency, Drain: prove.Drain}
	return worker.Run(ctx, worker.Options{Redis: rdb, Queue: prove.Queue, Settings: settings, Log: log}, all...)
}

// An installation is a Redis, two schedulers, and a worker with jobs of its own.
type installation struct {
	*testing.T
	redis string
	rdb   *redis.Client
	api   *client.Client
}

func install(t *testing.T) *installation {
	t.Helper()
	in := &installation{T: t}
	in.startRedis()
	location := ledgertest.SQLite(t)
	for range 2 {
		in.startScheduler(location)
	}
	in.startWorker()
	in.eventually("the worker's task is known", func() bool {
		_, err := in.api.Task(t.Context(), "report.send")
		return err == nil
	})
	return in
}

// startRedis starts a redis-server, and again whenever it has ended.
func (in *installation) startRedis() {
	in.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		in.Fatal(err)
	}
	in.redis = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(in.redis)
	number, _ := strconv.Atoi(port)
	dir, ctx := in.TempDir(), in.Context()
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			server := testservers.RedisCommand(dir, number)
			if err := server.Start(); err != nil {
				in.Error(err)
				return
			}
			stop := context.AfterFunc(ctx, func() { _ = server.Process.Kill() })
			_ = server.Wait()
			stop()
		}
	})
	in.Cleanup(running.Wait)
	in.rdb = redis.NewClient(&redis.Options{Addr: in.redis, ContextTimeoutEnabled: true})
	in.Cleanup(func() { in.rdb.Close() })
	in.eventually("Redis answers", func() bool { return in.rdb.Ping(ctx).Err() == nil })
}

func (in *installation) startScheduler(location string) {
	in.Helper()
	records, err := ledger.Open(in.Context(), location)
	if err != nil {
		in.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		in.Fatal(err)
	}
	in.api = client.New("http://"+l.Addr().String(), "")
	in.process(func(ctx context.Context) error {
		defer records.Close()
		return scheduler.Run(ctx, scheduler.Options{Redis: in.rdb, Ledger: records, Listener: l, Settings: config.Default(), Log: slog.New(slog.DiscardHandler)})
	})
}

// startWorker starts a worker whose jobs go on until it is stopped.
func (in *installation) startWorker() {
	task := tasks.Spec[struct{}]{Name: "report.send", Summary: "Send a report.", Run: func(ctx context.Context, _ *tasks.Job[struct{}]) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	in.process(func(ctx context.Context) error {
		settings := config.Worker{Concurrency: 2, Drain: time.Millisecond}
		return worker.Run(ctx, worker.Options{Redis: in.rdb, Queue: "reports", Settings: settings, Log: slog.New(slog.DiscardHandler)}, task)
	})
}

// process runs something until the test ends.
func (in *installation) process(run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	in.Cleanup(func() { cancel(); <-done })
}

func (in *installation) eventually(what string, so func() bool) {
	in.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			in.Fatalf("waited in vain: %s", what)
		}
	}
}

func (in *installation) options(steps ...string) prove.Options {
	_, port, _ := net.SplitHostPort(in.redis)
	return prove.Options{
		API: in.api, Redis: in.rdb, Steps: steps, Jobs: 60 * len(steps), Span: time.Duration(len(steps)) * 12 * time.Second, Seed: 7,
		Restart: "redis-cli -h 127.0.0.1 -p " + port + " shutdown nosave", Say: in.Logf, Log: slog.New(slog.DiscardHandler),
		Worker: func(d prove.Desk) *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), asWorker+"=redis://"+in.redis, "PROVE_NAME="+d.Name, "PROVE_SINK="+d.Sink, "PROVE_HANDLERS="+d.Handlers)
			return cmd
		},
	}
}

// A sight is all that people see of what is not the sandbox's.
type sight struct {
	Jobs      []client.JobDetail
	Clients   []client.Organisation
	Schedules []client.Schedule
	Queues    []client.Queue
	Tasks     []client.Task
	Limits    []client.Limit
	Locks     []client.Lock
}

// see looks at the installation. What is there in vain is an error.
func (in *installation) see() (s sight) {
	in.Helper()
	ctx := in.Context()
	list, err := in.api.Jobs(ctx, client.Filter{Client: job.DefaultClient})
	in.must(err)
	for _, j := range list.Jobs {
		d, err := in.api.Job(ctx, j.ID)
		in.must(err)
		s.Jobs = append(s.Jobs, d)
	}
	s.Clients, err = in.api.Clients(ctx)
	in.must(err)
	s.Clients = slices.DeleteFunc(s.Clients, func(o client.Organisation) bool { return o.Name == prove.Client })
	s.Schedules, err = in.api.Schedules(ctx)
	in.must(err)
	s.Queues, err = in.api.Queues(ctx)
	in.must(err)
	s.Tasks, err = in.api.Tasks(ctx)
	in.must(err)
	s.Limits, err = in.api.Limits(ctx)
	in.must(err)
	s.Locks, err = in.api.Locks(ctx)
	in.must(err)
	return s
}

func (in *installation) must(err error) {
	in.Helper()
	if err != nil {
		in.Fatal(err)
	}
}

// populate gives the installation jobs that run, wait and are due later, a
// schedule, a client, a limit.
func (in *installation) populate() {
	in.Helper()
	ctx := in.Context()
	for i := range 4 {
		_, _, err := in.api.Enqueue(ctx, client.NewJob{Task: "report.send", Key: fmt.Sprint("report ", i)})
		in.must(err)
	}
	_, _, err := in.api.Enqueue(ctx, client.NewJob{Task: "report.send", In: "24h"})
	in.must(err)
	_, err = in.api.CreateClient(ctx, "north", "North Campus")
	in.must(err)
	_, err = in.api.CreateSchedule(ctx, client.NewSchedule{Name: "report.send", Task: "report.send", Reason: "nightly", Rule: map[string]json.RawMessage{"cron": json.RawMessage(`"0 3 1 1 *"`)}})
	in.must(err)
	_, err = in.api.PutLimit(ctx, client.NewLimit{Task: "report.send", Client: "north", Max: 3})
	in.must(err)
	in.eventually("two jobs run, and everybody knows", func() bool {
		running, err := in.api.Jobs(ctx, client.Filter{States: []client.State{job.Running}})
		if err != nil || running.Notice != "" || running.Counts[job.Running] != 2 {
			return false
		}
		workers, err := in.api.Workers(ctx)
		return err == nil && len(workers) == 1 && len(workers[0].Running) == 2
	})
}

func TestASmallProofKeepsEveryPromiseAndTouchesNothingElse(t *testing.T) {
	t.Parallel()
	in := install(t)
	in.populate()
	before := in.see()

	r, err := prove.Run(t.Context(), in.options("kill", "drain", "leader", "redis"))
	if err != nil {
		t.Fatal(err)
	}

	if !r.Kept || len(r.Left) > 0 || len(r.Steps) != len(prove.Steps()) {
		t.Errorf("report = %+v", r)
	}
	for _, s := range r.Steps {
		if s.Name == "freeze" {
			continue
		}
		if s.Skipped != "" || s.Jobs != 60 || s.Slots.Due == 0 || s.Writes == 0 || len(s.Done) == 0 {
			t.Errorf("step = %+v", s)
		}
		if s.Name != "drain" && (s.Recovery.Measured == 0 || s.Recovery.Max <= 0) {
			t.Errorf("recovery of %s = %+v", s.Name, s.Recovery)
		}
	}
	in.unchanged(before)
	in.disabled()
}

// unchanged fails if anything of another client or queue is not as it was, and
// stays so: schedulers know for some seconds which queues there were.
func (in *installation) unchanged(before sight) {
	in.Helper()
	diff := ""
	for range 30 {
		if diff = cmp.Diff(before, in.see(), ignored...); diff == "" {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	in.Errorf("what is not the sandbox's has changed (-before +after):\n%s", diff)
}

// ignored is what changes by itself.
var ignored = []cmp.Option{cmpopts.IgnoreFields(client.JobDetail{}, "Usual"), cmpopts.IgnoreFields(client.Schedule{}, "Decided")}

func TestAnInterruptedProofCleansUpAndTheNextMayBegin(t *testing.T) {
	t.Parallel()
	in := install(t)
	before := in.see()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	o, began := in.options("freeze"), false
	o.Say = func(format string, args ...any) {
		t.Logf(format, args...)
		if strings.Contains(format, "stands still for") { // jobs run by now
			began = true
			interrupt()
		}
	}

	r, err := prove.Run(ctx, o)
	if err == nil || len(r.Left) > 0 || !began {
		t.Errorf("error = %v, left = %v", err, r.Left)
	}
	in.unchanged(before)
	open, err := in.api.Jobs(t.Context(), client.Filter{Client: prove.Client, States: []client.State{job.Queued, job.Running, job.Waiting, job.Retrying}})
	if err != nil || len(open.Jobs) > 0 {
		t.Errorf("open = %+v, error %v", open.Jobs, err)
	}
	in.disabled()
}

// disabled fails if the sandbox's client takes jobs.
func (in *installation) disabled() {
	in.Helper()
	if c, err := in.api.Client(in.Context(), prove.Client); err != nil || !c.Disabled {
		in.Errorf("the sandbox's client = %+v, error %v", c, err)
	}
}

func TestAProofThatIsInterruptedWhileItMakesItsSandboxCleansUp(t *testing.T) {
	t.Parallel()
	in := install(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	server, err := url.Parse(in.api.Server())
	in.must(err)
	door := httputil.NewSingleHostReverseProxy(server)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/retention") {
			interrupt()
		}
		door.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	o := in.options("kill")
	o.API = client.New(front.URL, "")

	r, err := prove.Run(ctx, o)
	if err == nil || len(r.Left) > 0 {
		t.Errorf("error = %v, left = %v", err, r.Left)
	}
	in.disabled()
}

func TestAProofLeavesAloneAClientOfOthersThatIsCalledAsItsOwn(t *testing.T) {
	t.Parallel()
	in := install(t)
	_, err := in.api.CreateClient(t.Context(), prove.Client, "Provence Campus")
	in.must(err)
	_, _, err = in.api.Enqueue(t.Context(), client.NewJob{Task: "report.send", Client: prove.Client, In: "24h"})
	in.must(err)

	r, err := prove.Run(t.Context(), in.options("kill"))
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Message(err), "Provence Campus") || len(r.Left) > 0 {
		t.Errorf("error = %v, left = %v", err, r.Left)
	}
	if c, err := in.api.Client(t.Context(), prove.Client); err != nil || c.Disabled {
		t.Errorf("the client = %+v, error %v", c, err)
	}
	waiting, err := in.api.Jobs(t.Context(), client.Filter{Client: prove.Client, States: []client.State{job.Scheduled}})
	if err != nil || len(waiting.Jobs) != 1 {
		t.Errorf("waiting = %+v, error %v", waiting.Jobs, err)
	}
}

func TestAProofBesideAnotherIsRefused(t *testing.T) {
	t.Parallel()
	in := install(t)
	first := in.options("drain").Worker(prove.Desk{Name: "w", Handlers: t.TempDir() + "/h"})
	in.must(first.Start())
	t.Cleanup(func() { _ = first.Process.Kill(); _ = first.Wait() })
	in.eventually("the other's worker is known", func() bool {
		workers, err := in.api.Workers(t.Context())
		return err == nil && len(workers) == 2
	})
	if _, err := prove.Run(t.Context(), in.options("drain")); fault.KindOf(err) != fault.Conflict {
		t.Errorf("error = %v", err)
	}
}
