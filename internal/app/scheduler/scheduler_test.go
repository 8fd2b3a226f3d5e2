package scheduler_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/app/worker"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestMain(m *testing.M) { testservers.Main(m) }

// An installation is a Redis and a ledger that processes share.
type installation struct {
	t        *testing.T
	redis    string
	location string
}

func install(t *testing.T) installation {
	return installation{t, testservers.Redis(t), ledgertest.SQLite(t)}
}

func (i installation) connect() *redis.Client {
	rdb := redis.NewClient(&redis.Options{Addr: i.redis, ContextTimeoutEnabled: true})
	i.t.Cleanup(func() { rdb.Close() })
	return rdb
}

// until runs a process until stop is called, or the test ends.
func (i installation) until(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := <-done; err != nil && ctx.Err() == nil {
			i.t.Errorf("a process ended with %v", err)
		}
	}
	i.t.Cleanup(stop)
	return stop
}

// scheduler starts one and returns its address.
func (i installation) scheduler(token string) (url string, stop func()) {
	i.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		i.t.Fatal(err)
	}
	records, err := ledger.Open(i.t.Context(), i.location)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { records.Close() })
	o := scheduler.Options{Redis: i.connect(), Ledger: records, Listener: l, Token: token, Settings: config.Default(), Log: i.log()}
	return "http://" + l.Addr().String(), i.until(func(ctx context.Context) error { return scheduler.Run(ctx, o) })
}

func (i installation) worker(all ...tasks.Task) {
	o := worker.Options{Redis: i.connect(), Queue: "worker", Settings: config.Default().Worker, Log: i.log()}
	i.until(func(ctx context.Context) error { return worker.Run(ctx, o, all...) })
}

func (i installation) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(i.t.Output(), nil))
}

type greeting struct {
	Name string `json:"name"`
}

var greet = tasks.Spec[greeting]{
	Name:      "greet",
	Summary:   "Greet somebody.",
	Queue:     "greetings",
	Schedules: []tasks.Schedule[greeting]{{Cron: "0 6 1 1 *", Zone: "Europe/Madrid", Args: greeting{Name: "everybody"}}},
	Run: func(_ context.Context, job *tasks.Job[greeting]) error {
		job.Log.Info("hello", "name", job.Args.Name)
		return nil
	},
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// ends enqueues a greeting at that scheduler and waits until the ledger has
// its end.
func ends(t *testing.T, url string) client.JobDetail {
	t.Helper()
	c := client.New(url, "")
	var accepted job.Job
	eventually(t, "a job to be accepted", func() (ok bool) {
		var err error
		accepted, _, err = c.Enqueue(t.Context(), client.NewJob{Task: "greet", Args: json.RawMessage(`{"name":"ann"}`)})
		return err == nil
	})
	var got client.JobDetail
	eventually(t, "the job to end and be recorded", func() (ok bool) {
		var err error
		got, err = c.Job(t.Context(), accepted.ID)
		return err == nil && got.Job.State == job.Succeeded && len(got.Attempts) == 1 && got.Attempts[0].Outcome == job.AttemptSucceeded
	})
	return got
}

func TestAJobGoesThroughTheWholeHouse(t *testing.T) {
	i := install(t)
	url, _ := i.scheduler("")
	i.worker(greet)
	got := ends(t, url)
	if got.Job.Queue != "greetings" || got.Job.Attempt != 1 {
		t.Errorf("job = %+v", got)
	}
	c := client.New(url, "")
	eventually(t, "the schedule that the task declares", func() bool {
		s, err := c.Schedule(t.Context(), "greet")
		return err == nil && s.Cron == "0 6 1 1 *" && s.Client == "default" && s.Enabled
	})
	eventually(t, "the job in the metrics", func() bool {
		_, body := get(t, url+"/metrics", "")
		return strings.Contains(body, `beadle_jobs_ended_total{client="default",outcome="succeeded",queue="greetings",task="greet"} 1`)
	})
}

func TestAnotherSchedulerTakesOver(t *testing.T) {
	i := install(t)
	first, stop := i.scheduler("")
	second, _ := i.scheduler("")
	i.worker(greet)
	ends(t, first)
	stop()
	ends(t, second)
}

func TestATokenIsAskedOfEverybody(t *testing.T) {
	i := install(t)
	url, _ := i.scheduler("s3cret")
	for _, tt := range []struct {
		path, token string
		want        int
	}{
		{"/healthz", "", 200},
		{"/api/v1/jobs", "", 401},
		{"/api/v1/jobs", "wrong", 401},
		{"/api/v1/jobs", "s3cret", 200},
		{"/metrics", "", 401},
		{"/metrics", "s3cret", 200},
		{"/login", "", 200},
	} {
		if status, body := get(t, url+tt.path, tt.token); status != tt.want {
			t.Errorf("%s with token %q answers %d, want %d: %.200s", tt.path, tt.token, status, tt.want, body)
		}
	}
}

func get(t *testing.T, url, token string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
