package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// crashes calls f for a process that dies at its first command, at its second,
// and so on, each before and after the command is carried out, until one
// survives.
func crashes(t *testing.T, most int, f func(t *testing.T, n int, executed bool) (survived bool)) {
	for _, executed := range []bool{false, true} {
		survived := false
		for n := 1; n <= most && !survived; n++ {
			t.Run(fmt.Sprintf("command %d executed %t", n, executed), func(t *testing.T) {
				survived = f(t, n, executed)
			})
		}
		if !survived {
			t.Errorf("nobody survived %d commands", most)
		}
	}
}

func TestACrashWhileEnqueueingLosesNothing(t *testing.T) {
	t.Parallel()
	crashes(t, 10, func(t *testing.T, n int, executed bool) bool {
		h := smallHouse(t)
		runs := 0
		w := h.direct(newFakeLocks(), does("task", func(context.Context, *tasks.Job[params]) error { runs++; return nil }))
		dying := h.doomed(n, executed)
		r := job.Request{ID: "0199f000-0000-7000-8000-000000000001", Task: "task"}

		_, err := dying.Enqueue(t.Context(), r)

		if _, lost := h.Job(t.Context(), r.ID); err == nil && lost != nil {
			t.Fatalf("acknowledged and gone: %v", lost)
		}
		if err != nil {
			h.enqueue(r) // the caller tries again
		}
		if _, err := (&Sweeper{h.Engine, -time.Second}).Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := h.rdb.ZCard(t.Context(), intentsKey).Val(); n != 0 {
			t.Errorf("%d intents are left", n)
		}
		if pending := h.rdb.LRange(t.Context(), "asynq:{default}:pending", 0, -1).Val(); len(pending) != 1 || pending[0] != r.ID {
			t.Errorf("asynq has %v, want the job once", pending)
		}
		w.handles(r.ID)
		if got := h.job(r.ID); got.State != job.Succeeded || runs != 1 {
			t.Errorf("state = %s after %d runs", got.State, runs)
		}
		if kinds := h.kinds(r.ID); strings.Join(kinds, " ") != "job.enqueued attempt.started attempt.ended" {
			t.Errorf("events = %v", kinds)
		}
		return err == nil && dying.survived()
	})
}

// survived reports whether a doomed house can still talk.
func (h *house) survived() bool { return h.rdb.Ping(h.Context()).Err() == nil }

func TestACrashWhileRunningEndsInOneOutcome(t *testing.T) {
	t.Parallel()
	crashes(t, 12, func(t *testing.T, n int, executed bool) bool {
		h := smallHouse(t)
		runs := 0
		task := does("task", func(_ context.Context, j *tasks.Job[params]) error {
			runs++
			j.Error("row 1", "BAD", "Bad.")
			j.Log.Info("working")
			return nil
		})
		successor := h.direct(newFakeLocks(), task)
		id := h.enqueue(job.Request{Task: "task"}).ID
		dying := h.doomed(n, executed)
		locks := newFakeLocks()
		locks.lease = leaseMargin + 150*time.Millisecond
		locks.fence = 1000
		first := NewWorker(dying.Engine, locks, tasks.NewRegistry(task), WorkerOptions{Name: "dying"})

		err := first.handles(id)

		acknowledged := err == nil
		if got := h.job(id); acknowledged != got.State.Final() && !executed {
			t.Errorf("asynq heard %v, and the job is %s", err, got.State)
		}
		if err := successor.handles(id); err != nil {
			t.Errorf("asynq hears %v from the successor, want done", err)
		}
		got := h.job(id)
		if got.State != job.Succeeded || got.Failures != 0 || runs < 1 || runs > 2 {
			t.Errorf("state = %s, %d failures, %d runs", got.State, got.Failures, runs)
		}
		ends := strings.Count(strings.Join(h.kinds(id), " "), "attempt.ended")
		if ends != 1 {
			t.Errorf("%d outcomes: %v", ends, h.kinds(id))
		}
		return acknowledged && dying.survived()
	})
}

func TestTheSweeperLeavesWhatHasEnded(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	w := h.direct(newFakeLocks(), does("task", nothing))
	id := h.enqueue(job.Request{Task: "task"}).ID
	w.handles(id)
	for _, left := range []string{id, "0199f000-0000-7000-8000-000000000009"} {
		h.rdb.ZAdd(t.Context(), intentsKey, redis.Z{Score: 1, Member: left})
	}

	n, err := NewSweeper(h.Engine).Sweep(t.Context())

	if err != nil || n != 0 || h.rdb.ZCard(t.Context(), intentsKey).Val() != 0 {
		t.Errorf("%d delivered, error %v, intents %v", n, err, h.rdb.ZRange(t.Context(), intentsKey, 0, -1).Val())
	}
}

func TestTheSweeperWaitsForEnqueuesUnderWay(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("task", nothing))
	rec, sum, err := accept(job.Request{Task: "task"}, job.Declaration{Queue: "default"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.create(t.Context(), rec, sum); err != nil {
		t.Fatal(err)
	}
	if n, err := NewSweeper(h.Engine).Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("%d delivered at once, error %v", n, err)
	}
	if n, err := (&Sweeper{h.Engine, -time.Second}).Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("%d delivered later, error %v; want 1", n, err)
	}
}

// TestAKilledWorkersJobIsRunByAnother kills a real process. What the test
// spares itself is the minute that asynq waits before it gives the job out
// again.
func TestAKilledWorkersJobIsRunByAnother(t *testing.T) {
	s := newServer(t)
	t.Parallel()
	s.start()
	h := newHouse(t, s.addr())
	task, begun, let := sits("long")
	h.until("redis answers", func() bool { return h.rdb.Ping(t.Context()).Err() == nil })
	h.declare(task)
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimOf+"="+h.rdb.Options().Addr)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	id := h.enqueue(job.Request{Task: "long"}).ID
	h.reaches(id, job.Running)
	h.until("progress is written", func() bool { return h.job(id).Progress.Done == 1 })

	victim.Process.Kill()
	victim.Wait()
	h.rdb.ZAdd(t.Context(), "asynq:{default}:lease", redis.Z{Score: 1, Member: id})
	h.worker(task)

	<-begun
	if got := h.job(id); got.Attempt != 2 || got.Failures != 0 || got.Worker != "w" {
		t.Errorf("job = %+v, want a second attempt without a failure", got)
	}
	close(let)
	h.reaches(id, job.Succeeded)
	if kinds := strings.Join(h.kinds(id), " "); !strings.Contains(kinds, "attempt.started attempt.started attempt.ended") &&
		!strings.Contains(kinds, "attempt.started job.waiting attempt.started attempt.ended") {
		t.Errorf("events = %s", kinds)
	}
}

// victim is the worker that is killed: see TestMain.
func victim(addr string) {
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	task := does("long", func(ctx context.Context, j *tasks.Job[params]) error {
		j.Progress(tasks.Progress{Done: 1})
		<-ctx.Done()
		return ctx.Err()
	})
	e := New(rdb, slog.New(slog.DiscardHandler))
	NewWorker(e, lock.New(rdb), tasks.NewRegistry(task), WorkerOptions{Name: "victim"}).Run(context.Background())
}

func TestARedisThatLosesItsDataIsNotFatal(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	task, begun, let := sits("long")
	h.worker(task)
	id := h.enqueue(job.Request{Task: "long"}).ID
	<-begun
	before, _ := h.Epoch(t.Context())
	h.rdb.FlushAll(t.Context())
	close(let)

	if after, err := h.Epoch(t.Context()); err != nil || after == before || before == "" {
		t.Errorf("epoch %q after %q, error %v; want another", after, before, err)
	}
	if _, err := h.Job(t.Context(), id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("error = %v, want not found", err)
	}
	h.until("the worker has announced its tasks again", func() bool {
		all, err := h.Tasks(t.Context())
		return err == nil && len(all) == 1
	})
	later := h.enqueue(job.Request{Task: "long", At: time.Now().Add(time.Hour)}).ID
	h.Hurry(t.Context(), later)
	(&Sweeper{h.Engine, -time.Second}).Sweep(t.Context())
	h.reaches(later, job.Succeeded)
}
