package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// employs starts a worker of that name.
func (h *house) employs(o WorkerOptions, all ...tasks.Task) (stop func()) {
	h.Helper()
	o.Drain = 10 * time.Millisecond
	return h.start(NewWorker(h.elsewhere().Engine, tasks.NewRegistry(all...), o))
}

func TestAJobRunsWhereItsTaskSays(t *testing.T) {
	h := realHouse(t)
	task := does("render", nothing)
	task.Where = map[string]string{"gpu": "yes", "zone": "a"}
	h.employs(WorkerOptions{Name: "plain", Labels: map[string]string{"gpu": "yes"}}, task)
	id := h.enqueue(job.Request{Task: "render"}).ID
	other := h.enqueue(job.Request{Task: "render"}).ID
	if got := h.job(id); got.State != job.Queued || got.Queue != "default@gpu=yes,zone=a" {
		t.Errorf("job = %+v", got)
	}
	h.employs(WorkerOptions{Name: "gpu", Labels: map[string]string{"gpu": "yes", "zone": "a", "disk": "big"}}, task)
	for _, id := range []string{id, other} {
		h.reaches(id, job.Succeeded)
		if began := last[events.AttemptStarted](h, id); began.Worker != "gpu" {
			t.Errorf("ran on %s", began.Worker)
		}
	}
	h.nothingLeft()
}

// everywhere is a task that runs on each worker. It fails on those named.
func everywhere(fails ...string) tasks.Spec[params] {
	return tasks.Spec[params]{
		Name: "everywhere", Queue: "special", EachWorker: true, Attempts: 1,
		Run: func(_ context.Context, j *tasks.Job[params]) error {
			if slices.Contains(fails, j.Args.Name) {
				return errOnFire
			}
			return nil
		},
	}
}

func TestAJobForEachWorker(t *testing.T) {
	h := realHouse(t)
	h.employs(WorkerOptions{Name: "one"}, everywhere())
	h.employs(WorkerOptions{Name: "two"}, everywhere())
	h.employs(WorkerOptions{Name: "other"}, does("task", nothing))
	began := time.Now()
	id := h.enqueue(job.Request{Task: "everywhere"}).ID
	got := h.reaches(id, job.Succeeded)
	if after := time.Since(began); after > 2*time.Second {
		t.Errorf("it took %s", after)
	}
	if got.Progress.Done != 2 || got.Progress.Total != 2 || got.Attempt != 1 {
		t.Errorf("job = %+v, want 2 of 2 done", got)
	}
	if w := last[events.JobWaiting](h, id); w.Waiting.Kind != job.WaitsForParts || w.Waiting.For != "parts on 2 workers" {
		t.Errorf("it waited for %+v", w.Waiting)
	}
	workers := map[string]int{}
	for _, part := range h.parts(id) {
		if part.State != job.Succeeded || part.Parent != id {
			t.Errorf("part = %+v", part)
		}
		workers[last[events.AttemptStarted](h, part.ID).Worker]++
	}
	if len(workers) != 2 || workers["one"] != 1 || workers["two"] != 1 {
		t.Errorf("parts ran on %v", workers)
	}
	h.nothingLeft()
}

// parts returns the jobs that one was divided into.
func (h *house) parts(id string) (all []job.Job) {
	h.Helper()
	entries, err := h.Events(context.Background(), "", 10_000, 0)
	if err != nil {
		h.Fatal(err)
	}
	for _, entry := range entries {
		if e, ok := entry.Event.(events.JobEnqueued); ok && e.Job.Parent == id {
			all = append(all, h.job(e.Job.ID))
		}
	}
	return all
}

func TestOnePartThatFailsFailsTheWhole(t *testing.T) {
	h := realHouse(t)
	h.employs(WorkerOptions{Name: "one"}, everywhere("x"))
	h.employs(WorkerOptions{Name: "two"}, everywhere())
	id := h.enqueue(job.Request{Task: "everywhere", Args: raw(`{"name":"x"}`)}).ID
	got := h.reaches(id, job.Failed)
	if got.Error != "1 of 2 workers did not succeed; the parts say why" || got.Progress.Done != 2 {
		t.Errorf("job = %+v", got)
	}
	h.nothingLeft()
}

func TestThePartOfADeadWorkerExpires(t *testing.T) {
	h := newClockHouse(t)
	one, dead := h.puppet("one", everywhere()), h.puppet("dead", everywhere())
	id := h.enqueue(job.Request{Task: "everywhere", Expires: h.now.Add(20 * time.Second)}).ID
	_, asked := one.takes(1, true)
	one.divide(one.session(), h.one(asked))
	if got := h.job(id); got.State != job.Waiting || got.Progress.Total != 2 || got.Progress.Done != 0 {
		t.Fatalf("job = %+v", got)
	}
	if !one.ends(h.one(one.claims(5, true)), nil) {
		t.Fatal("the first part's end does not count")
	}
	if got := h.job(id); got.State != job.Waiting || got.Progress.Done != 1 {
		t.Errorf("job = %+v, want one of two done", got)
	}
	h.one(dead.claims(5, true))
	for range 12 {
		h.passes(2 * time.Second)
		one.beats()
		h.sweeps()
	}
	got := h.job(id)
	if got.State != job.Queued || got.Progress.Done != 2 {
		t.Fatalf("job = %+v, want one that is to be united, though its time to start has passed", got)
	}
	_, asked = one.takes(1, true)
	c := h.one(asked)
	c.united = true
	united := h.one(one.starts(c))
	if err := united.parts.verdict(); err == nil || !strings.HasPrefix(err.Error(), "1 of 2") {
		t.Errorf("verdict = %v", err)
	}
	for _, part := range h.parts(id) {
		if part.State != job.Succeeded && part.State != job.Expired {
			t.Errorf("part = %+v", part)
		}
	}
}

func TestTheQueueOfAWorkerThatIsGoneIsForgotten(t *testing.T) {
	h := newClockHouse(t)
	w := h.puppet("w", everywhere())
	h.enqueue(job.Request{Task: "everywhere"})
	_, asked := w.takes(1, true)
	w.divide(w.session(), h.one(asked))
	own := "special@worker=" + w.sessionID()
	listed := func() bool {
		return h.rdb.SIsMember(t.Context(), queuesKey, own).Val() || h.rdb.SIsMember(t.Context(), asynqQueuesKey, asynqQueue(own)).Val()
	}
	h.sweeps()
	if !listed() {
		t.Fatalf("no list of queues has %s", own)
	}
	for range 2 { // the jobs expire, and then there are none
		h.passes(time.Minute)
		h.sweeps()
	}
	h.passes(time.Hour + time.Second)
	for i := range 3 {
		h.sweeps()
		if listed() {
			t.Errorf("after search %d a list of queues still has %s", i+1, own)
		}
	}
}

func TestAJobWaitsForAWorkerThatKnowsItsTask(t *testing.T) {
	h := realHouse(t)
	h.employs(WorkerOptions{Name: "old"}, does("other", nothing))
	h.declare(does("new", nothing))
	var ids []string
	for range 5 {
		ids = append(ids, h.enqueue(job.Request{Task: "new"}).ID)
	}
	for _, id := range ids {
		got := h.reaches(id, job.Waiting)
		if got.Waiting.Kind != job.WaitsForWorker || got.Attempt != 0 || got.Reason != "Waits for a worker that knows the task new." {
			t.Errorf("job = %+v", got)
		}
	}
	h.employs(WorkerOptions{Name: "new"}, does("new", nothing))
	for _, id := range ids {
		if got := h.reaches(id, job.Succeeded); got.Attempt != 1 {
			t.Errorf("job = %+v", got)
		}
	}
	h.nothingLeft()
}

func TestAWorkerThatKnowsTheTaskIsFoundAmongThoseThatDoNot(t *testing.T) {
	h := realHouse(t)
	for i := range 3 {
		h.employs(WorkerOptions{Name: fmt.Sprint("old", i)}, does("other", nothing))
	}
	h.employs(WorkerOptions{Name: "new"}, does("new", nothing))
	began := time.Now()
	for range 20 {
		h.reaches(h.enqueue(job.Request{Task: "new"}).ID, job.Succeeded)
	}
	if after := time.Since(began); after > 5*time.Second {
		t.Errorf("20 jobs took %s", after)
	}
}

func TestExpiredJobsNeverStart(t *testing.T) {
	h := newClockHouse(t)
	lock := does("task", nothing)
	lock.Writes = func(params) []string { return []string{"x"} }
	w := h.puppet("w", lock)
	soon := h.now.Add(time.Second)
	holder := h.enqueue(job.Request{Task: "task", Expires: soon})
	c := h.one(w.claims(1, true))
	waits := h.enqueue(job.Request{Task: "task", Expires: soon})
	w.claims(1, false)
	later := h.enqueue(job.Request{Task: "task", Expires: soon, At: h.now.Add(time.Hour)})
	queued := h.enqueue(job.Request{Task: "task", Expires: soon})
	taken := h.enqueue(job.Request{Task: "task", Expires: soon})
	_, asked := w.takes(5, false)
	late := h.enqueue(job.Request{Task: "task", Expires: soon})
	h.passes(2 * time.Second)
	if got := w.claims(1, false); len(got) != 0 {
		t.Errorf("%+v was started after its time", got[0].record)
	}
	h.sweeps()
	if got := w.starts(asked...); len(got) != 0 {
		t.Errorf("%+v was started after its time", got[0].record)
	}
	for _, j := range []job.Job{waits, later, queued, taken, late} {
		if got := h.job(j.ID); got.State != job.Expired || got.Reason != "It was not started in time." {
			t.Errorf("job = %+v", got)
		}
	}
	if !w.ends(c, errors.New("again")) || h.state(holder.ID) != job.Retrying {
		t.Errorf("a job that was started in time is %s", h.state(holder.ID))
	}
	if !w.ends(h.one(h.hurried(w, holder.ID)), nil) {
		t.Error("its second attempt does not count")
	}
	h.nothingLeft()
}

// hurried is a job's next attempt, right now.
func (h *house) hurried(w *puppet, id string) []claimed {
	if _, err := h.Hurry(context.Background(), id); err != nil {
		return nil
	}
	return w.claims(1, true)
}

func TestOrphansAreQueuedAgain(t *testing.T) {
	h := realHouse(t)
	h.declare(does("task", nothing))
	ctx := t.Context()
	var ids []string
	for _, put := range []func(id string){
		func(id string) { h.rdb.LPush(ctx, "asynq:{b}:default}:active", id) },
		func(id string) {
			h.rdb.LPush(ctx, "asynq:{b}:default}:active", id)
			h.rdb.ZAdd(ctx, "asynq:{b}:default}:lease", redis.Z{Score: 1, Member: id})
		},
		func(id string) { h.rdb.ZAdd(ctx, "asynq:{b}:default}:lease", redis.Z{Score: 1, Member: id}) },
		func(id string) { h.rdb.ZAdd(ctx, "asynq:{b}:default}:archived", redis.Z{Score: 1, Member: id}) },
	} {
		id := h.enqueue(job.Request{Task: "task"}).ID
		h.rdb.LRem(ctx, "beadle:{b}:job:line:default:default", 1, id)
		h.rdb.LRem(ctx, "asynq:{b}:default}:pending", 1, id)
		put(id)
		ids = append(ids, id)
	}
	h.rdb.LPush(ctx, "asynq:{b}:default}:active", "01a20000-0000-7000-8000-000000000000") // without a record
	ended := h.enqueue(job.Request{Task: "task"}).ID
	if _, err := h.Abort(ctx, ended, "ada"); err != nil {
		t.Fatal(err)
	}
	h.rdb.LPush(ctx, "asynq:{b}:default}:active", ended)
	h.sweeps()
	for id, at := range h.places() {
		if len(at) != 1 || !slices.Contains(ids, id) {
			t.Errorf("%s stands in %v", id, at)
		}
	}
	h.worker(does("task", nothing))
	for _, id := range ids {
		h.reaches(id, job.Succeeded)
	}
	if n := h.rdb.Exists(ctx, "asynq:{b}:default}:active", "asynq:{b}:default}:lease", "asynq:{b}:default}:archived").Val(); n != 0 {
		t.Errorf("%d of asynq's own keys are left", n)
	}
}

// TestAnIDWithoutARecordIsPassedOver has a record evicted or deleted.
func TestAnIDWithoutARecordIsPassedOver(t *testing.T) {
	h := realHouse(t)
	task := does("task", nothing)
	h.declare(task)
	gone := h.enqueue(job.Request{Task: "task"}).ID
	h.rdb.Del(t.Context(), recordKey("default", gone))
	h.worker(task)
	h.reaches(h.enqueue(job.Request{Task: "task"}).ID, job.Succeeded)
	if n := h.rdb.Exists(t.Context(), recordKey("default", gone)).Val(); n != 0 {
		t.Error("the record came back, with nothing in it")
	}
}

// TestTheHoldStaysWhenAsynqGivesUp has asynq take a job for canceled, which it
// also does when its own lease ran out.
func TestTheHoldStaysWhenAsynqGivesUp(t *testing.T) {
	h := realHouse(t)
	task, begun, let := sits("task")
	w := NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "w", Concurrency: 1, Drain: time.Millisecond})
	h.start(w)
	id := h.enqueue(job.Request{Task: "task"}).ID
	next(h, begun)
	other := h.enqueue(job.Request{Task: "task"}).ID
	h.until("asynq listens", func() bool { return h.rdb.Publish(t.Context(), "asynq:cancel", id).Val() > 0 })
	time.Sleep(50 * time.Millisecond) // time enough to take another
	if got := h.job(id); got.State != job.Running || h.state(other) != job.Queued || len(w.holds.of(id)) != 1 {
		t.Errorf("job = %+v, the other is %s", got, h.state(other))
	}
	close(let)
	for _, id := range []string{id, other} {
		if got := h.reaches(id, job.Succeeded); got.Attempt != 1 {
			t.Errorf("job = %+v, want one attempt", got)
		}
	}
	h.nothingLeft()
}
