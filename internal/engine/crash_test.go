package engine

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// dies is the death of a worker: its lease runs out, and the leader finds out.
func (p *puppet) dies(h *clockHouse) {
	h.Helper()
	h.passes(7 * time.Second)
	h.sweeps()
}

// crashes has a job's worker die n times.
func (h *clockHouse) crashes(n int, all ...tasks.Task) {
	h.Helper()
	for range n {
		w := h.puppet("dies", all...)
		h.one(w.claims(1, false))
		w.dies(h)
	}
}

func TestAJobThatKillsThreeWorkersRunsAlone(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	h.declare(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.crashes(3, task)
	got := h.job(id)
	if got.State != job.Waiting || got.Waiting.Kind != job.WaitsForIdle || got.Crashes != 3 || got.Failures != 0 {
		t.Fatalf("job = %+v, want one that waits for an idle worker", got)
	}
	h.enqueue(job.Request{Task: "task"})
	idle := h.puppet("idle", task)
	c := h.one(idle.claims(5, true))
	if c.ID != id || !c.alone {
		t.Errorf("an idle worker was given %s beside others", c.ID)
	}
	if places := h.stands(id); len(places) != 1 {
		t.Errorf("job stands in %v", places)
	}
	if !idle.ends(c, nil) {
		t.Error("its success was not recorded")
	}
	if got := h.job(id); got.State != job.Succeeded || got.Crashes != 0 {
		t.Errorf("job = %+v", got)
	}
}

func TestAJobThatKillsItsFourthWorkerToo(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	h.declare(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.crashes(3, task)
	last4 := h.puppet("fourth", task)
	h.one(last4.claims(5, true))
	last4.dies(h)
	got := h.job(id)
	if got.State != job.Failed || got.Failures != 0 || !strings.Contains(got.Reason, "no other job") {
		t.Errorf("job = %+v, want failed", got)
	}
	if end := last[events.AttemptEnded](h.house, id); end.State != job.Failed || end.Outcome != job.AttemptLost {
		t.Errorf("event = %+v", end)
	}
	h.nothingLeft()
}

func TestProgressForgetsTheDead(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	h.declare(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.crashes(2, task)
	w := h.puppet("gets on", task)
	c := h.one(w.claims(1, false))
	r := newReport(w.Worker, newHold(w.session(), c.record))
	if err := r.write(r.record(), saying{progress: job.Progress{Done: 1}}); err != nil {
		t.Fatal(err)
	}
	w.dies(h)
	if got := h.job(id); got.State != job.Queued || got.Crashes != 1 {
		t.Errorf("job = %+v, want one crash", got)
	}
}

func TestTheDeathOfAWorkerThatStopsDoesNotCount(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	w := h.puppet("stops", task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	w.claims(1, true)
	w.sayStopping()
	w.dies(h)
	if got := h.job(id); got.State != job.Queued || got.Crashes != 0 {
		t.Errorf("job = %+v, want no crash", got)
	}
	if end := last[events.AttemptEnded](h.house, id); end.Outcome != job.AttemptInterrupted {
		t.Errorf("outcome = %s", end.Outcome)
	}
}

func TestAJobWhoseAbortKilledItsWorkerIsAborted(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	w := h.puppet("w", task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	w.claims(1, true)
	h.Abort(t.Context(), id, "ada")
	w.dies(h)
	if got := h.job(id); got.State != job.Aborted {
		t.Errorf("job = %+v, want aborted", got)
	}
	h.nothingLeft()
}

// TestASuspectWithLocksIsNeverLost has the worker die that was to ask what the
// job wants.
func TestASuspectWithLocksIsNeverLost(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	locks := task
	locks.Writes = func(params) []string { return []string{"x"} }
	h.declare(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.crashes(3, task)
	h.rdb.HDel(t.Context(), recordKey("default", id), "wants")
	w := h.puppet("w", locks) // a newer build, with locks
	if _, asked := w.takes(1, true); len(asked) != 1 {
		t.Fatalf("%d jobs were taken", len(asked))
	}
	w.dies(h)
	if places := h.stands(id); len(places) != 1 || strings.Contains(places[0], "held") {
		t.Errorf("job is %s and stands in %v", h.state(id), places)
	}
	if c := h.one(h.puppet("w", locks).claims(5, true)); c.ID != id || !c.alone {
		t.Errorf("claimed %+v", c.record)
	}
}

func TestASuspectThatHasToWaitLetsItsWorkerGoOn(t *testing.T) {
	h := realHouse(t)
	task, begun, let := sits("task")
	task.Writes = func(p params) []string { return []string{p.Name} }
	holder := NewWorker(h.elsewhere().Engine, tasks.NewRegistry(task), WorkerOptions{Name: "holder", Concurrency: 1, Drain: time.Millisecond})
	h.declare(task)
	suspect := h.enqueue(job.Request{Task: "task", Args: raw(`{"name":"x"}`)}).ID
	h.rdb.HSet(t.Context(), recordKey("default", suspect), "alone", "1", "live", "queued 1 0 0 0 0 - -")
	h.rdb.Del(t.Context(), "beadle:{b}:job:line:default:default", "beadle:{b}:job:ring:default")
	other := h.enqueue(job.Request{Task: "task", Args: raw(`{"name":"x"}`)}).ID
	h.start(holder)
	if id := next(h, begun); id != other {
		t.Fatalf("%s runs", id)
	}

	h.rdb.LPush(t.Context(), "beadle:{b}:job:alone:default", suspect)
	w := h.newWorker(task)
	h.start(w)
	h.reaches(suspect, job.Waiting)
	free := h.enqueue(job.Request{Task: "task", Args: raw(`{"name":"y"}`)}).ID
	h.until("another job runs", func() bool { return h.state(free) == job.Running })
	close(let)
	for _, id := range []string{suspect, other, free} {
		h.reaches(id, job.Succeeded)
	}
}

func TestAWorkerTakesNothingBesideASuspect(t *testing.T) {
	h := realHouse(t)
	task, begun, let := sits("task")
	h.declare(task)
	suspect := h.enqueue(job.Request{Task: "task"}).ID
	h.rdb.HSet(t.Context(), recordKey("default", suspect), "alone", "1", "live", "queued 1 0 0 0 0 - -", "wants", "")
	h.rdb.Del(t.Context(), "beadle:{b}:job:line:default:default", "beadle:{b}:job:ring:default")
	h.rdb.LPush(t.Context(), "beadle:{b}:job:alone:default", suspect)
	other := h.enqueue(job.Request{Task: "task"}).ID
	h.start(NewWorker(h.Engine, tasks.NewRegistry(task), WorkerOptions{Name: "w", Drain: time.Millisecond}))
	if id := next(h, begun); id != suspect {
		t.Fatalf("%s runs, want the suspect first", id)
	}
	time.Sleep(100 * time.Millisecond) // time enough to take another
	if got := h.state(other); got != job.Queued {
		t.Errorf("the other job is %s", got)
	}
	close(let)
	h.reaches(suspect, job.Succeeded)
	h.reaches(other, job.Succeeded)
}

func TestOneBusyWorkerMakesRoomForASuspect(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	h.declare(task)
	suspect := h.enqueue(job.Request{Task: "task"}).ID
	h.crashes(3, task)
	h.enqueue(job.Request{Task: "task"})
	h.enqueue(job.Request{Task: "task"})
	first, second := h.puppet("first", task), h.puppet("second", task)

	if got := first.claims(1, false); len(got) != 0 {
		t.Errorf("the worker that is to make room was given %s", got[0].ID)
	}
	if got := second.claims(1, false); len(got) != 1 || got[0].ID == suspect {
		t.Errorf("another worker was given %+v", got)
	}
	h.passes(5 * time.Second)
	second.beats()
	first.beats()
	if got := first.claims(1, false); len(got) != 0 {
		t.Errorf("the worker that is to make room was given %s", got[0].ID)
	}
	if got := first.claims(1, true); len(got) != 1 || got[0].ID != suspect {
		t.Errorf("the idle worker was given %+v", got)
	}
	if got := second.claims(1, false); len(got) != 1 {
		t.Errorf("%d jobs after that, want 1", len(got))
	}
}

// TestAKilledWorkersJobRunsAgainWithinSeconds kills a real process.
func TestAKilledWorkersJobRunsAgainWithinSeconds(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.sweeping()
	task, begun, let := sits("long")
	h.declare(task)
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), victimOf+"="+h.rdb.Options().Addr)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	id := h.enqueue(job.Request{Task: "long"}).ID
	h.until("progress is written", func() bool { return h.job(id).Progress.Done == 1 })

	h.worker(task)
	killed := time.Now()
	victim.Process.Kill()
	victim.Wait()

	next(h, begun)
	if after := time.Since(killed); after > 8*time.Second {
		t.Errorf("the job ran again after %s", after)
	}
	if got := h.job(id); got.Attempt != 2 || got.Failures != 0 || got.Crashes != 1 || got.Worker != "w" {
		t.Errorf("job = %+v, want a second attempt without a failure", got)
	}
	close(let)
	h.reaches(id, job.Succeeded)
	want := []string{"attempt.started", "attempt.ended", "attempt.started", "attempt.ended"}
	if kinds := h.kinds(id); !slices.Equal(kinds[1:], want) {
		t.Errorf("events = %s", kinds)
	}
}

// victimOf names, in the environment, the Redis at which this process is a
// worker that waits to be killed.
const victimOf = "BEADLE_TEST_VICTIM_OF"

func TestVictim(t *testing.T) {
	addr := os.Getenv(victimOf)
	if addr == "" {
		t.Skip("runs in a process of its own, to be killed")
	}
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	task := does("long", func(ctx context.Context, j *tasks.Job[params]) error {
		j.Progress(tasks.Progress{Done: 1})
		<-ctx.Done()
		return ctx.Err()
	})
	e := New(rdb, slog.New(slog.DiscardHandler))
	NewWorker(e, tasks.NewRegistry(task), WorkerOptions{Name: "victim"}).Run(context.Background())
}

// isCutOff is a worker's silence for longer than its lease, by no fault of its
// own; whoever sweeps cannot know.
func (p *puppet) isCutOff(h *clockHouse) {
	h.Helper()
	p.session().cutOff = true
	p.dies(h)
}

func TestAWorkerThatComesBackDidNotDie(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	h.declare(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	first, second := h.puppet("first", task), h.puppet("second", task)
	for _, w := range []*puppet{first, second} {
		w.opens()
		h.one(w.claims(1, false))
		w.isCutOff(h)
	}
	if got := h.job(id); got.Crashes != 2 {
		t.Fatalf("job has %d crashes while nobody has come back", got.Crashes)
	}
	first.opens()
	second.opens()
	if got := h.job(id); got.State != job.Queued || got.Crashes != 0 {
		t.Errorf("job = %+v, want no crash", got)
	}
	first.opens() // says so only once
	h.crashes(3, task)
	if got := h.job(id); got.Waiting.Kind != job.WaitsForIdle || got.Crashes != 3 {
		t.Errorf("job = %+v, want a suspect after three deaths", got)
	}
}

func TestASuspectIsNoneWhenAWorkerComesBack(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	h.declare(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	away := h.puppet("away", task)
	h.one(away.claims(1, false))
	away.isCutOff(h)
	h.crashes(2, task)
	away.opens()
	fourth := h.puppet("fourth", task)
	h.one(fourth.claims(5, true))
	fourth.dies(h)
	if got := h.job(id); got.State != job.Waiting || got.Crashes != 3 {
		t.Errorf("job = %+v, want a suspect, not a poison pill", got)
	}
}

func TestAWorkerThatIsBackBeforeItsLeaseRanOutDidNotDie(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	w := h.puppet("w", task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.one(w.claims(1, true))
	w.session().cutOff = true
	w.opens()
	h.passes(7 * time.Second)
	h.sweeps()
	got := h.job(id)
	if got.State != job.Queued || got.Crashes != 0 || !strings.Contains(got.Reason, "cut off") {
		t.Errorf("job = %+v, want no crash", got)
	}
	if end := last[events.AttemptEnded](h.house, id); end.Outcome != job.AttemptLost {
		t.Errorf("outcome = %s", end.Outcome)
	}
}

func TestAFrozenWorkerIsNotExcused(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	w := h.puppet("w", task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	h.one(w.claims(1, true))
	w.dies(h)
	w.opens()
	if got := h.job(id); got.Crashes != 1 {
		t.Errorf("job has %d crashes, want 1", got.Crashes)
	}
}

func TestAJobIsExcusedTenTimes(t *testing.T) {
	h := newClockHouse(t)
	task := does("task", nothing)
	h.declare(task)
	id := h.enqueue(job.Request{Task: "task"}).ID
	w := h.puppet("w", task)
	for range 11 {
		h.one(w.claims(1, true))
		w.isCutOff(h)
		w.opens()
	}
	if got := h.job(id); got.Crashes != 1 {
		t.Errorf("job has %d crashes, want 1", got.Crashes)
	}
}
