package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestAWorkerAnnouncesItsTasks(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task := does("roster.pull", nothing)
	task.Reads = func(params) []string { return []string{"sis"} }
	task.Unique = &tasks.Unique{Args: []string{"name"}}
	task.Where = map[string]string{"zone": "eu"}
	task.Limit, task.ClientLimit, task.Warn = 5, 2, time.Minute
	task.Schedules = []tasks.Schedule[params]{{Cron: "0 2 * * *", Zone: "Europe/Madrid", Args: params{Name: "x"}}}
	built := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	h.start(NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Queue: "campus", Build: "v1", BuiltAt: built}))

	got, err := h.Tasks(t.Context())

	want := []job.Declaration{{
		Name: "roster.pull", Summary: "Does something.", Queue: "campus", Schema: tasks.Schema[params](),
		Timeout: tasks.DefaultTimeout, Attempts: tasks.DefaultAttempts, Backoff: time.Millisecond,
		Locks: true, Reads: []string{"sis"}, Warn: time.Minute, Where: map[string]string{"zone": "eu"},
		Unique: &job.Unique{Args: []string{"name"}, Policy: job.Skip},
		Limits: []job.Limit{{Task: "roster.pull", Max: 5, From: "task"}, {Task: "roster.pull", Client: "*", Max: 2, From: "task"}},
		Schedules: []job.DeclaredSchedule{{
			Name: "roster.pull", Cron: "0 2 * * *", Zone: "Europe/Madrid", Client: "default", Args: raw(`{"name":"x"}`), Wants: &job.Wants{Reads: []string{"sis"}},
		}},
		Build: "v1", BuiltAt: built,
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("catalogue (-want +got), error %v:\n%s", err, diff)
	}
	if j := h.enqueue(job.Request{Task: "roster.pull"}); j.Queue != "campus@zone=eu" || j.Description != "Does something." {
		t.Errorf("job = %+v, want the declared queue and summary", j)
	}
}

func TestTheNewestBuildsDeclarationWins(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	day := func(d int) time.Time { return time.Date(2026, 9, d, 0, 0, 0, 0, time.UTC) }
	limits := func(n int) []job.Limit { return []job.Limit{{Task: "t", Max: n}} }
	for n, step := range []struct {
		build   string
		at      time.Time
		replace bool
		wins    string
		limit   int
	}{
		{"a", day(2), true, "a", 1},
		{"older", day(1), true, "a", 1},
		{"same day", day(2), false, "a", 1},
		{"same day", day(2), true, "same day", 4},
		{"newer", day(3), false, "newer", 5},
	} {
		d := job.Declaration{Name: "t", Build: step.build, BuiltAt: step.at, Limits: limits(n + 1)}
		other := job.Declaration{Name: "o", Build: step.build, BuiltAt: day(9 + n)} // always newer
		if err := h.announce(t.Context(), []job.Declaration{d, other}, step.replace); err != nil {
			t.Fatal(err)
		}
		if all, err := h.Tasks(t.Context()); err != nil || len(all) != 2 || all[1].Build != step.wins {
			t.Errorf("after %+v: %+v, error %v", step, all, err)
		}
		if all, err := lock.New(h.rdb).Limits(t.Context()); err != nil || len(all) != 1 || all[0].Max != step.limit {
			t.Errorf("after %+v: limits %+v, error %v", step, all, err)
		}
	}
}

func TestADescriptionIsTheTasksOrTheJobsOwn(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("t", nothing))
	plain := h.enqueue(job.Request{Task: "t"})
	own := h.enqueue(job.Request{Task: "t", Description: "My own."})
	if got := h.job(plain.ID); got.Description != "Does something." || plain.Description != got.Description {
		t.Errorf("descriptions %q, %q", plain.Description, got.Description)
	}
	if got := h.job(own.ID); got.Description != "My own." || own.Description != got.Description {
		t.Errorf("descriptions %q, %q", own.Description, got.Description)
	}
}

func TestListsWorkersWithWhatTheyRun(t *testing.T) { inBoth(t, listsWorkers) }

func listsWorkers(h *house) {
	task, begun, _ := sits("long")
	stop := h.worker(task)
	id := h.enqueue(job.Request{Task: "long"}).ID
	next(h, begun)

	var got []job.Worker
	h.until("the worker says what it runs", func() bool {
		got, _ = h.Workers(h.Context())
		return len(got) == 1 && len(got[0].Running) == 1
	})

	if w := got[0]; w.Name != "w" || w.Running[0] != id || w.Queues["default"] != 1 || w.Concurrency != 10 || w.PID == 0 || w.Tasks[0] != "long" {
		h.Errorf("worker = %+v", w)
	}
	stop()
	if left, err := h.Workers(h.Context()); err != nil || len(left) != 0 {
		h.Errorf("workers = %v, error %v; want none", left, err)
	}
}

func TestTellsWhatRedisIs(t *testing.T) {
	real, err := realHouse(t).Facts(t.Context())
	if err != nil || !real.Answers || real.Role != "master" || real.Persistence != "aof" || real.Version == "" || real.Memory == nil || *real.Memory == 0 || real.Keys == nil {
		t.Errorf("real: %+v, error %v", real, err)
	}
	embedded, err := smallHouse(t).Facts(t.Context())
	if err != nil || !embedded.Answers || embedded.Keys == nil || embedded.Persistence != "" || embedded.Memory != nil {
		t.Errorf("embedded: %+v, error %v; want little known", embedded, err)
	}
	if f, err := smallHouse(t).cut().Facts(t.Context()); err == nil || f.Answers {
		t.Errorf("a Redis that is away is %+v", f)
	}
}

func TestTellsWhetherRedisKeepsWhatItAcknowledged(t *testing.T) {
	real, err := realHouse(t).Health(t.Context())
	if want := (Health{Known: true, Persistent: true, NoEviction: true}); real != want || err != nil {
		t.Errorf("real: %+v, error %v; want %+v", real, err, want)
	}
	embedded, err := smallHouse(t).Health(t.Context())
	if embedded.Known || err != nil {
		t.Errorf("embedded: %+v, error %v; want unknown", embedded, err)
	}
	if _, err := smallHouse(t).cut().Health(t.Context()); err == nil {
		t.Error("a Redis that is away has no health")
	}
}

func TestAQueueAndItsTasksAreRetiredOnceTheirJobsHaveEnded(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	stop := h.start(NewWorker(h.Engine, tasks.NewRegistry(does("trial.run", nothing)), WorkerOptions{Queue: "trial"}))
	stop()
	h.start(NewWorker(h.Engine, tasks.NewRegistry(does("report.send", nothing)), WorkerOptions{Queue: "reports"}))
	h.enqueue(job.Request{Task: "report.send"})
	left := h.enqueue(job.Request{Task: "trial.run"})

	if err := h.Retire(t.Context(), "trial", "trial.run"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("with a job left: %v", err)
	}
	if _, err := h.Abort(t.Context(), left.ID, "kim"); err != nil {
		t.Fatal(err)
	}
	if err := h.Retire(t.Context(), "trial", "trial.run"); err != nil {
		t.Fatal(err)
	}

	all, err := h.Tasks(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "report.send" {
		t.Errorf("catalogue = %+v, error %v", all, err)
	}
	depths, err := h.Depths(t.Context())
	if _, there := depths["trial"]; there || len(depths) != 1 || err != nil {
		t.Errorf("queues = %v, error %v", depths, err)
	}
}
