package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestRefusesRequestsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("known", nothing))
	for name, tc := range map[string]struct {
		request job.Request
		field   string
		says    string
	}{
		"unknown task":     {job.Request{Task: "unknown"}, "task", `There is no task "unknown"`},
		"prefix of task":   {job.Request{Task: "know"}, "task", `There is no task "know"`},
		"no task":          {job.Request{}, "task", `There is no task ""`},
		"array":            {job.Request{Task: "known", Args: raw(`[1]`)}, "args", "one JSON object"},
		"null":             {job.Request{Task: "known", Args: raw(`null`)}, "args", "one JSON object"},
		"half a JSON":      {job.Request{Task: "known", Args: raw(`{"a":`)}, "args", "one JSON object"},
		"two objects":      {job.Request{Task: "known", Args: raw(`{} {}`)}, "args", "one JSON object"},
		"an object, }":     {job.Request{Task: "known", Args: raw(`{} }`)}, "args", "one JSON object"},
		"too large":        {job.Request{Task: "known", Args: raw(`{"name":"` + strings.Repeat("x", 256<<10) + `"}`)}, "args", "at most 262144"},
		"id":               {job.Request{Task: "known", ID: "17"}, "id", "UUID"},
		"long key":         {job.Request{Task: "known", Key: strings.Repeat("k", 201)}, "key", "at most 200"},
		"long client":      {job.Request{Task: "known", Client: strings.Repeat("c", 101)}, "client", "at most 100"},
		"long description": {job.Request{Task: "known", Description: strings.Repeat("d", 2001)}, "description", "at most 2000"},
		"long trace":       {job.Request{Task: "known", Trace: strings.Repeat("t", 101)}, "trace", "at most 100"},
		"client of two":    {job.Request{Task: "known", Client: "a\nb"}, "client", "control character"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.Enqueue(t.Context(), tc.request)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Kind != fault.Invalid {
				t.Fatalf("error = %v, want invalid", err)
			}
			if f.Field != tc.field || !strings.Contains(f.Msg, tc.says) {
				t.Errorf("field %q: %s; want %q: %s", f.Field, f.Msg, tc.field, tc.says)
			}
		})
	}
	if n, err := h.Backlog(t.Context()); n != 0 || err != nil {
		t.Errorf("%d events, error %v; want nothing enqueued", n, err)
	}
}

func TestTheLargestArgumentsArriveWhole(t *testing.T) {
	h := realHouse(t)
	name := strings.Repeat("ä", (256<<10-len(`{"name":""}`))/2)
	got := make(chan string, 1)
	h.worker(does("large", func(_ context.Context, j *tasks.Job[params]) error { got <- j.Args.Name; return nil }))
	h.enqueue(job.Request{Task: "large", Args: raw(`{"name":"` + name + `"}`)})
	if next(h, got) != name {
		t.Error("the arguments are not what was asked")
	}
}

func TestTheSameIDAgainChangesNothing(t *testing.T) { inBoth(t, sameID) }

func sameID(h *house) {
	h.declare(does("once", nothing))
	r := job.Request{Task: "once", ID: "0199F000-0000-7000-8000-000000000001", Args: raw(`{"name": "a"}`)}
	before := h.enqueue(r)
	r.Args = raw(`{"name": "b"}`)

	again := h.enqueue(r)

	if diff := cmp.Diff(before, again); diff != "" {
		h.Errorf("job (-first +again):\n%s", diff)
	}
	if kinds := h.kinds(before.ID); len(kinds) != 1 {
		h.Errorf("events = %v, want one", kinds)
	}
	depths, err := h.Depths(h.Context())
	if err != nil || depths["default"][job.Queued] != 1 {
		h.Errorf("depths = %v, %v; want it queued once", depths, err)
	}
}

func TestAnIdempotencyKeyStandsForOneRequest(t *testing.T) { inBoth(t, idempotencyKey) }

func idempotencyKey(h *house) {
	h.declare(does("mail", nothing), does("post", nothing))
	r := job.Request{Task: "mail", Key: "k", Args: raw(`{"name": "a", "n": 12345678901234567890}`)}
	before := h.enqueue(r)
	same, other, task, elsewhere := r, r, r, r
	same.Args = raw(` {"n":12345678901234567890,"name":"a"}`)
	other.Args = raw(`{"name": "a", "n": 12345678901234567891}`)
	task.Task = "post"
	elsewhere.Client = "another"

	if again := h.enqueue(same); again.ID != before.ID {
		h.Errorf("the same request made job %s beside %s", again.ID, before.ID)
	}
	if j := h.enqueue(elsewhere); j.ID == before.ID {
		h.Error("the key of one client stands for another client's job")
	}
	for _, r := range []job.Request{other, task} {
		_, err := h.Enqueue(h.Context(), r)
		if fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.Message(err), before.ID) {
			h.Errorf("error = %v, want a conflict that names %s", err, before.ID)
		}
	}
}

func TestARequestIsRememberedBeyondItsRecord(t *testing.T) { inBoth(t, rememberedBeyond) }

func rememberedBeyond(h *house) {
	h.worker(does("mail", nothing))
	parent := h.enqueue(job.Request{Task: "mail"})
	for _, r := range []job.Request{
		{Task: "mail", Key: "k"},
		{Task: "mail", ID: childID(parent.ID, "mail", "1"), Parent: parent.ID},
		{Task: "mail", ID: childID(parent.ID, "mail", "2"), Schedule: "nightly", Slot: time.Unix(0, 0)},
	} {
		before := h.enqueue(r)
		h.reaches(before.ID, job.Succeeded)
		if err := h.Forget(h.Context(), []string{before.ID}); err != nil {
			h.Fatal(err)
		}

		again := h.enqueue(r)

		if again.ID != before.ID || again.State != job.Succeeded {
			h.Errorf("job = %+v, want %s as it ended", again, before.ID)
		}
		if _, err := h.Job(h.Context(), before.ID); fault.KindOf(err) != fault.NotFound {
			h.Errorf("error = %v, want no second job", err)
		}
	}
	memos, err := h.rdb.Keys(h.Context(), prefix+"[ks]e[ey]*:*").Result()
	if err != nil || len(memos) != 3 {
		h.Fatalf("memos = %v, %v; want 3", memos, err)
	}
	for _, memo := range memos {
		if ttl := h.rdb.TTL(h.Context(), memo).Val(); ttl < 23*time.Hour || ttl > 24*time.Hour {
			h.Errorf("%s is kept for %s, want a day", memo, ttl)
		}
	}
}

func TestAScheduledRequestComesBackAsItIs(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("later", nothing))
	at := time.Now().Add(time.Hour)
	r := job.Request{Task: "later", Key: "k", At: at, Expires: at.Add(time.Hour)}
	before := h.enqueue(r)
	if !before.Due.Equal(at.Truncate(time.Millisecond)) || before.State != job.Scheduled || !before.Expires.Equal(r.Expires.Truncate(time.Millisecond)) {
		t.Errorf("job = %+v", before)
	}
	if diff := cmp.Diff(before, h.enqueue(r)); diff != "" {
		t.Errorf("job (-before +again):\n%s", diff)
	}
}

func TestAChildIsEnqueuedOnceByAllAttempts(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("child", nothing))
	children := make(chan string, 9)
	h.worker(does("parent", func(ctx context.Context, j *tasks.Job[params]) error {
		id, err := j.Enqueue(ctx, tasks.Request{Task: "child", Key: "a", Args: params{Name: "x"}, Description: "A child."})
		children <- id
		if err != nil || j.Attempt == 1 {
			return errOnFire
		}
		return nil
	}))
	id := h.enqueue(job.Request{Task: "parent", Client: "north", Owner: "ada", Trace: "00-1-2-01"}).ID
	h.reaches(id, job.Succeeded)

	first, second := <-children, <-children

	if first != second {
		t.Fatalf("children %s and %s, want the same one twice", first, second)
	}
	child := h.reaches(first, job.Waiting) // for a worker that brings it
	child.Waiting, child.Reason = nil, ""
	want := job.Job{
		ID: first, Task: "child", Description: "A child.", Client: "north", Owner: "job " + id, Queue: "default", Trace: "00-1-2-01",
		Args: raw(`{"name":"x"}`), State: job.Waiting, Parent: id, Root: id, Due: child.Due, Created: child.Created,
	}
	if diff := cmp.Diff(want, child); diff != "" {
		t.Errorf("child (-want +got):\n%s", diff)
	}
}

func TestChildrenSortWithTheirParents(t *testing.T) {
	const parent = "0199f000-0000-7000-8000-000000000000"
	a, b := childID(parent, "mail", "1"), childID(parent, "mail", "2")
	if a == b || a[:15] != parent[:15] || a != childID(parent, "mail", "1") {
		t.Errorf("children of %s: %s, %s", parent, a, b)
	}
}

// losing is a client whose scripts are carried out, but whose first reply gets
// lost.
type losing struct {
	redis.Hook
	left int
}

var errLost = errors.New("read: connection reset by peer")

func (l *losing) DialHook(next redis.DialHook) redis.DialHook { return next }

func (l *losing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (l *losing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if name := cmd.Name(); (name == "eval" || name == "evalsha") && err == nil && l.left > 0 {
			l.left--
			cmd.SetErr(errLost)
			return errLost
		}
		return err
	}
}

func TestALostReplyDoesNotEnqueueTwice(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	h, flaky := newHouse(t, m.Addr()), newHouse(t, m.Addr())
	ran := make(chan string, 9)
	h.worker(does("mail", func(_ context.Context, j *tasks.Job[params]) error { ran <- j.ID; return nil }))
	flaky.rdb.AddHook(&losing{left: 1})
	r := job.Request{Task: "mail", ID: "0199f000-0000-7000-8000-000000000001", Key: "k"}
	if _, err := flaky.Enqueue(t.Context(), r); !errors.Is(err, errLost) {
		t.Fatalf("error = %v, want the lost reply's", err)
	}

	got := flaky.enqueue(r) // the caller tries again

	h.reaches(got.ID, job.Succeeded)
	if id := next(h, ran); id != r.ID || len(ran) != 0 {
		t.Errorf("ran %s, and %d more", id, len(ran))
	}
	if kinds := h.kinds(r.ID); len(kinds) != 3 {
		t.Errorf("events = %v", kinds)
	}
}

func TestSaysThatTheQueueIsAway(t *testing.T) {
	t.Parallel()
	h := smallHouse(t).cut()
	_, enqueue := h.Enqueue(t.Context(), job.Request{Task: "any"})
	_, read := h.Job(t.Context(), "0199f000-0000-7000-8000-000000000000")
	_, depths := h.Depths(t.Context())
	_, abort := h.Abort(t.Context(), "0199f000-0000-7000-8000-000000000000", "ada")
	forget := h.Forget(t.Context(), []string{"0199f000-0000-7000-8000-000000000000"})
	_, events := h.Events(t.Context(), "", 1, 0)
	for _, err := range []error{enqueue, read, depths, abort, forget, events} {
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Kind != fault.Unavailable || f.After <= 0 {
			t.Errorf("error = %v, want unavailable, with a time to come back", err)
		}
	}
}

// cut is a Redis whose clients get nothing but network errors.
func (h *house) cut() *house {
	m := miniredis.NewMiniRedis()
	if err := m.Start(); err != nil {
		h.Fatal(err)
	}
	addr := m.Addr()
	m.Close()
	rdb := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	h.Cleanup(func() { rdb.Close() })
	return &house{h.T, New(rdb, h.log), rdb}
}

func TestAJobThatRedisLostComesBackWithItsNumbers(t *testing.T) { inBoth(t, resumes) }

func resumes(h *house) { // where no worker has announced anything
	born := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	r := job.Request{
		ID: "0199f000-0000-7000-8000-000000000002", Task: "lost", Args: raw(`{"name":"a"}`),
		Resume: &job.Resume{Queue: "reports", Created: born, Attempt: 3, Failures: 2, Errors: 5, Lines: 7},
	}
	accepted := h.enqueue(r)
	if diff := cmp.Diff(accepted, h.job(r.ID)); diff != "" {
		h.Errorf("accepted (-), read (+):\n%s", diff)
	}
	if accepted.Queue != "reports" || !accepted.Created.Equal(born) || accepted.Attempt != 3 || accepted.Failures != 2 || accepted.Errors != 5 {
		h.Errorf("job = %+v", accepted)
	}
	task := does("lost", func(_ context.Context, j *tasks.Job[params]) error {
		j.Log.Info("again")
		j.Error("row", "BAD", "Bad.")
		return errOnFire
	})
	task.Queue, task.Attempts = "reports", 3
	h.worker(task)
	got := h.reaches(r.ID, job.Failed)
	if got.Attempt != 4 || got.Failures != 3 || got.Errors != 6 {
		h.Errorf("job = %+v, want numbers that go on", got)
	}
	if errors, lines := h.said(r.ID); len(errors) != 1 || errors[0].Seq != 6 || len(lines) != 1 || lines[0].Seq != 8 {
		h.Errorf("errors %v, lines %v; want numbers 6 and 8", errors, lines)
	}
}
