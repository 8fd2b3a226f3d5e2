package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// inspector is asynq's tool, once it has been told of the queues.
func (h *house) inspector() *asynq.Inspector {
	h.Helper()
	if err := NewSweeper(h.Engine).Search(h.Context()); err != nil {
		h.Fatal(err)
	}
	return asynq.NewInspectorFromRedisClient(h.rdb)
}

// TestAsynqReadsWhatWeEnqueue fails when asynq's keys or its message change.
func TestAsynqReadsWhatWeEnqueue(t *testing.T) { inBoth(t, asynqReads) }

func asynqReads(h *house) {
	h.declare(does("roster.sync", nothing))
	at := time.Now().Add(time.Hour).Truncate(time.Second)
	now := h.enqueue(job.Request{Task: "roster.sync", Args: raw(`{"name": "Ada"}`), Client: "north", Owner: "ada"})
	later := h.enqueue(job.Request{Task: "roster.sync", At: at})

	one, err := h.inspector().GetTaskInfo("b}:default", now.ID)
	if err != nil {
		h.Fatal(err)
	}
	if one.ID != now.ID || one.Type != "roster.sync" || one.Queue != "default" || string(one.Payload) != `{"name":"Ada"}` || one.State != asynq.TaskStatePending {
		h.Errorf("asynq reads %+v", one)
	}
	if diff := cmp.Diff(map[string]string{"client": "north", "owner": "ada"}, one.Headers); diff != "" {
		h.Errorf("headers (-want +got):\n%s", diff)
	}
	two, err := h.inspector().GetTaskInfo("b}:default", later.ID)
	if err != nil {
		h.Fatal(err)
	}
	if two.State != asynq.TaskStateScheduled || !two.NextProcessAt.Equal(at) || len(two.Payload) != 0 {
		h.Errorf("asynq reads %+v, want it scheduled at %s", two, at)
	}
}

// TestAsynqSeesWhatStandsInItsKeys fails when asynq looks elsewhere. Jobs that
// run or have ended do not stand there, and asynq's tools do not list them.
func TestAsynqSeesWhatStandsInItsKeys(t *testing.T) {
	h := realHouse(t)
	task, begun, let := sits("long")
	fails := does("fails", func(context.Context, *tasks.Job[params]) error { return errOnFire })
	fails.Backoff = time.Hour
	w := NewWorker(h.Engine, tasks.NewRegistry(task, fails), WorkerOptions{Concurrency: 1})
	h.start(w)
	retrying := h.enqueue(job.Request{Task: "fails"}).ID
	h.reaches(retrying, job.Retrying)
	h.enqueue(job.Request{Task: "long"})
	next(h, begun)
	h.enqueue(job.Request{Task: "long", At: time.Now().Add(time.Hour)})
	queued := h.enqueue(job.Request{Task: "long"}).ID

	info, err := h.inspector().GetQueueInfo("b}:default")

	if err != nil || info.Retry != 1 || info.Scheduled != 1 || info.Paused {
		t.Errorf("queue = %+v, error %v", info, err)
	}
	for id, want := range map[string]asynq.TaskState{
		retrying: asynq.TaskStateRetry, queued: asynq.TaskStatePending,
	} {
		if one, err := h.inspector().GetTaskInfo("b}:default", id); err != nil || one.State != want {
			t.Errorf("asynq says %+v (%v) of a job that is %s", one, err, want)
		}
	}
	close(let)
	h.reaches(queued, job.Succeeded)
}

func TestAQueueThatAsynqPausedStandsStill(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(does("any", nothing))
	h.reaches(h.enqueue(job.Request{Task: "any"}).ID, job.Succeeded)
	if err := h.inspector().PauseQueue("b}:default"); err != nil {
		t.Fatal(err)
	}
	id := h.enqueue(job.Request{Task: "any"}).ID
	time.Sleep(100 * time.Millisecond) // it must not start meanwhile
	if got := h.job(id); got.State != job.Queued {
		t.Errorf("state = %s while paused", got.State)
	}
	if err := h.inspector().UnpauseQueue("b}:default"); err != nil {
		t.Fatal(err)
	}
	h.enqueue(job.Request{Task: "any"})
	h.reaches(id, job.Succeeded)
}

// TestATaskThatAsynqsOwnClientEnqueued runs if its payload fits a task, and
// harms no other job in any case.
func TestATaskThatAsynqsOwnClientEnqueuedRuns(t *testing.T) { inBoth(t, foreignTasks) }

func foreignTasks(h *house) {
	ran := make(chan string, 100)
	h.declare(does("greet", nothing))
	locked := does("greet.locked", func(_ context.Context, j *tasks.Job[params]) error { ran <- j.Args.Name; return nil })
	locked.Writes = func(params) []string { return []string{"door"} }
	client := asynq.NewClientFromRedisClient(h.rdb)
	enqueue := func(task *asynq.Task, options ...asynq.Option) string {
		info, err := client.Enqueue(task, append(options, asynq.Queue("b}:default"))...)
		if err != nil {
			h.Fatal(err)
		}
		return info.ID
	}
	before := h.enqueue(job.Request{Task: "greet"}).ID
	plain := enqueue(asynq.NewTask("greet", []byte(`{"name":"plain"}`)))
	empty := enqueue(asynq.NewTask("greet.locked", nil))
	broken := enqueue(asynq.NewTask("greet", []byte("\x00\xff no JSON")), asynq.MaxRetry(3))
	long := enqueue(asynq.NewTask("greet", []byte(`{"name":"`+strings.Repeat("x", 1000)+`"}`)))
	unknown := enqueue(asynq.NewTask(strings.Repeat("unknown", 50), []byte(`{}`)))
	after := h.enqueue(job.Request{Task: "greet"}).ID

	h.worker(does("greet", func(_ context.Context, j *tasks.Job[params]) error { ran <- j.Args.Name; return nil }), locked)

	for _, id := range []string{before, plain, empty, long, after} {
		h.reaches(id, job.Succeeded)
	}
	h.reaches(broken, job.Failed)
	h.reaches(unknown, job.Waiting)
	if n := len(ran); n != 5 {
		h.Errorf("%d jobs ran, want 5", n)
	}
	if got := h.job(plain); got.Client != "default" || got.Task != "greet" || string(got.Args) != `{"name":"plain"}` {
		h.Errorf("job = %+v", got)
	}
}

func TestAMessageSaysAllThatWasAsked(t *testing.T) {
	id := uuid.Must(uuid.NewV7()).String()
	born := idTime(id)
	full := record{
		described: "One line.", unique: "digest", memo: "beadle:{b}:job:key:north:k", whole: "default " + id,
		Job: job.Job{
			ID: id, Task: strings.Repeat("t", 100), Queue: "campus", Args: raw(`{"a":[1,2]}`), Client: strings.Repeat("c", 100),
			Owner: "ada", Description: "One line.", Parent: id[:35] + "1", Root: id[:35] + "2", RetryOf: id[:35] + "3",
			Schedule: "nightly", Slot: new(born.Add(-time.Minute)), Trace: "00-1-2-01", Due: born.Add(time.Hour), Created: born.Add(time.Second),
		},
	}
	least := record{Job: job.Job{
		ID: id, Task: "t", Queue: "q", Args: raw(`{}`), Client: "c", Root: id, Description: "t", Due: born, Created: born,
	}}
	for name, want := range map[string]record{"all": full, "least": least} {
		var got record
		if err := got.readMessage(string(want.message())); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Job, got.Job); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got.described != want.described || got.unique != want.unique || got.memo != want.memo || got.whole != want.whole {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// TestScriptsReadWhatTheyNeedFromAMessage holds the scripts' own reader of
// messages to the one in Go.
func TestScriptsReadWhatTheyNeedFromAMessage(t *testing.T) {
	h := realHouse(t)
	look := script(`
local task, client = head(ARGV[1])
local h = headers(ARGV[1])
return {task, client, h.owner or '', h.unique or '', h.memo or '', h.whole or '', h.trace or ''}
`)
	long := strings.Repeat("d", maxDescription)
	for _, want := range [][]string{
		{"t", "c", "", "", "", "", ""},
		{strings.Repeat("t", 100), strings.Repeat("c", 100), long, "digest", "memo:" + strings.Repeat("k", 300), "q id", "trace"},
		{"roster.sync", "north", "", "u", "", "", strings.Repeat("x", 100)},
	} {
		r := record{unique: want[3], memo: want[4], whole: want[5], described: long, Job: job.Job{
			ID: uuid.NewString(), Task: want[0], Client: want[1], Owner: want[2], Trace: want[6], Queue: "q", Args: raw(`{"zzz":"z"}`),
		}}
		got, err := runScript(t.Context(), h.Engine, look, r.message()).StringSlice()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("script reads (-want +got), error %v:\n%s", err, diff)
		}
	}
}

func TestAMessageThatIsDamagedIsAnErrorAndNoPanic(t *testing.T) {
	whole := string((&record{Job: job.Job{ID: uuid.NewString(), Task: "t", Client: "c", Queue: "q", Args: raw(`{"a":1}`)}}).message())
	for n := range len(whole) {
		var r record
		if err := r.readMessage(whole[:n]); err == nil && r.Queue == "q" && n < len(whole)-12 {
			t.Errorf("%d of %d bytes were taken for all", n, len(whole))
		}
	}
}
