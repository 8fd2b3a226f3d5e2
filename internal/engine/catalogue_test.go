package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func xadd(kind, body string) *redis.XAddArgs {
	return &redis.XAddArgs{Stream: streamKey, Values: []string{"kind", kind, "body", body}}
}

func TestAWorkerAnnouncesItsTasks(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task := does("roster.pull", nothing)
	task.Reads = func(params) []string { return []string{"sis"} }
	task.Schedules = []tasks.Schedule[params]{{Cron: "0 2 * * *", Zone: "Europe/Madrid", Args: params{Name: "x"}}}
	built := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	h.start(NewWorker(h.Engine, lock.New(h.rdb), tasks.NewRegistry(task), WorkerOptions{Queue: "campus", Build: "v1", BuiltAt: built}))

	got, err := h.Tasks(t.Context())

	want := []job.Declaration{{
		Name: "roster.pull", Summary: "Does something.", Queue: "campus", Schema: tasks.Schema[params](),
		Timeout: tasks.DefaultTimeout, Attempts: tasks.DefaultAttempts, Backoff: time.Millisecond, Reads: []string{"sis"},
		Schedules: []job.DeclaredSchedule{{Name: "roster.pull", Cron: "0 2 * * *", Zone: "Europe/Madrid", Client: "default", Args: raw(`{"name":"x"}`)}},
		Build:     "v1", BuiltAt: built,
	}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("catalogue (-want +got), error %v:\n%s", err, diff)
	}
	if j := h.enqueue(job.Request{Task: "roster.pull"}); j.Queue != "campus" || j.Description != "Does something." {
		t.Errorf("job = %+v, want the declared queue and summary", j)
	}
}

func TestTheNewestBuildsDeclarationWins(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	day := func(d int) time.Time { return time.Date(2026, 9, d, 0, 0, 0, 0, time.UTC) }
	for _, step := range []struct {
		build   string
		at      time.Time
		replace bool
		wins    string
	}{
		{"a", day(2), true, "a"},
		{"older", day(1), true, "a"},
		{"same day", day(2), false, "a"},
		{"same day", day(2), true, "same day"},
		{"newer", day(3), false, "newer"},
	} {
		d := job.Declaration{Name: "t", Build: step.build, BuiltAt: step.at}
		if err := h.announce(t.Context(), []job.Declaration{d}, step.replace); err != nil {
			t.Fatal(err)
		}
		if all, err := h.Tasks(t.Context()); err != nil || len(all) != 1 || all[0].Build != step.wins {
			t.Errorf("after %+v: %+v, error %v", step, all, err)
		}
	}
}

func TestListsWorkersWithWhatTheyRun(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, begun, _ := sits("long")
	stop := h.worker(task)
	id := h.enqueue(job.Request{Task: "long"}).ID
	<-begun

	var got []job.Worker
	h.until("the worker says what it runs", func() bool {
		got, _ = h.Workers(t.Context())
		return len(got) == 1 && len(got[0].Running) == 1
	})

	if w := got[0]; w.Name != "w" || w.Running[0] != id || w.Queues["default"] != 1 || w.Concurrency != 10 || w.PID == 0 {
		t.Errorf("worker = %+v", w)
	}
	stop()
	if left, err := h.Workers(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("workers = %v, error %v; want none", left, err)
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
