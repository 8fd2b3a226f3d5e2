package engine

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

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
		"unknown task":   {job.Request{Task: "unknown"}, "task", `There is no task "unknown"`},
		"prefix of task": {job.Request{Task: "know"}, "task", `There is no task "know"`},
		"no task":        {job.Request{}, "task", `There is no task ""`},
		"array":          {job.Request{Task: "known", Args: raw(`[1]`)}, "args", "one JSON object"},
		"null":           {job.Request{Task: "known", Args: raw(`null`)}, "args", "one JSON object"},
		"half a JSON":    {job.Request{Task: "known", Args: raw(`{"a":`)}, "args", "one JSON object"},
		"two objects":    {job.Request{Task: "known", Args: raw(`{} {}`)}, "args", "one JSON object"},
		"an object, }":   {job.Request{Task: "known", Args: raw(`{} }`)}, "args", "one JSON object"},
		"too large":      {job.Request{Task: "known", Args: raw(`{"name":"` + strings.Repeat("x", 256<<10) + `"}`)}, "args", "at most 262144"},
		"id":             {job.Request{Task: "known", ID: "17"}, "id", "UUID"},
		"long key":       {job.Request{Task: "known", Key: strings.Repeat("k", 201)}, "key", "200 bytes"},
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

func TestTheSameIDAgainChangesNothing(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("once", nothing))
	r := job.Request{Task: "once", ID: "0199F000-0000-7000-8000-000000000001", Args: raw(`{"name": "a"}`)}
	before := h.enqueue(r)
	r.Args = raw(`{"name": "b"}`)

	again := h.enqueue(r)

	if diff := cmp.Diff(before, again); diff != "" {
		t.Errorf("job (-first +again):\n%s", diff)
	}
	if kinds := h.kinds(before.ID); len(kinds) != 1 {
		t.Errorf("events = %v, want one", kinds)
	}
}

func TestAnIdempotencyKeyStandsForOneRequest(t *testing.T) {
	t.Run("real", func(t *testing.T) { idempotencyKey(realHouse(t)) })
	t.Run("embedded", func(t *testing.T) { idempotencyKey(smallHouse(t)) })
}

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

func TestARequestIsRememberedBeyondItsRecord(t *testing.T) {
	t.Run("real", func(t *testing.T) { remembered(realHouse(t)) })
	t.Run("embedded", func(t *testing.T) { remembered(smallHouse(t)) })
}

func remembered(h *house) {
	w := h.direct(newFakeLocks(), does("mail", nothing))
	parent := h.enqueue(job.Request{Task: "mail"})
	for _, r := range []job.Request{
		{Task: "mail", Key: "k"},
		{Task: "mail", ID: childID(parent.ID, "mail", "1"), Parent: parent.ID},
		{Task: "mail", ID: childID(parent.ID, "mail", "2"), Schedule: "nightly", Slot: time.Unix(0, 0)},
	} {
		before := h.enqueue(r)
		w.handles(before.ID)
		if ttl, _ := h.rdb.TTL(h.Context(), recordKey(before.ID)).Result(); ttl <= 0 || ttl > time.Hour {
			h.Errorf("the record is kept for %s, want an hour", ttl)
		}
		h.rdb.Del(h.Context(), recordKey(before.ID)) // the hour is over

		again := h.enqueue(r)

		if again.ID != before.ID || again.State != job.Succeeded {
			h.Errorf("job = %+v, want %s as it ended", again, before.ID)
		}
		if _, err := h.Job(h.Context(), before.ID); fault.KindOf(err) != fault.NotFound {
			h.Errorf("error = %v, want no second job", err)
		}
	}
}

func TestAChildIsEnqueuedOnceByAllAttempts(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	var children []string
	parent := does("parent", func(ctx context.Context, j *tasks.Job[params]) error {
		id, err := j.Enqueue(ctx, tasks.Request{Task: "child", Key: "a", Args: params{Name: "x"}, Description: "A child."})
		children = append(children, id)
		if err != nil || j.Attempt == 1 {
			return errBroken
		}
		return nil
	})
	w := h.direct(newFakeLocks(), parent, does("child", nothing))
	id := h.enqueue(job.Request{Task: "parent", Client: "north", Owner: "ada"}).ID

	w.handles(id)
	h.until("the second attempt is due", func() bool { return !time.Now().Before(wholeSecond(h.job(id).Due)) })
	w.handles(id)

	if len(children) != 2 || children[0] != children[1] {
		t.Fatalf("children = %v, want the same one twice", children)
	}
	child := h.job(children[0])
	want := job.Job{
		ID: children[0], Task: "child", Description: "A child.", Client: "north", Owner: "job " + id, Queue: "default",
		Args: json.RawMessage(`{"name":"x"}`), State: job.Queued, Parent: id, Root: id, Due: child.Due, Created: child.Created,
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

func TestSaysThatTheQueueIsAway(t *testing.T) {
	t.Parallel()
	h := smallHouse(t).cut()
	_, enqueue := h.Enqueue(t.Context(), job.Request{Task: "any"})
	_, read := h.Job(t.Context(), "0199f000-0000-7000-8000-000000000000")
	_, depths := h.Depths(t.Context())
	for _, err := range []error{enqueue, read, depths} {
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Kind != fault.Unavailable || f.After <= 0 {
			t.Errorf("error = %v, want unavailable, with a time to come back", err)
		}
	}
}

func TestAJobThatRedisLostComesBackWithItsNumbers(t *testing.T) {
	t.Parallel()
	h := smallHouse(t) // where no worker has announced anything
	born := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	r := job.Request{
		ID: "0199f000-0000-7000-8000-000000000002", Task: "lost", Args: raw(`{"name":"a"}`),
		Resume: &job.Resume{Queue: "reports", Created: born, Attempt: 3, Failures: 2, Errors: 5, Lines: 7},
	}
	got, err := h.Enqueue(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	type numbers struct {
		Queue             string
		Created           time.Time
		Attempt, Failures int
		Errors            int64
	}
	want := numbers{"reports", born, 3, 2, 5}
	if diff := cmp.Diff(want, numbers{got.Queue, got.Created, got.Attempt, got.Failures, got.Errors}); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
	if rec, err := h.read(t.Context(), r.ID); err != nil || rec.lines != 7 {
		t.Errorf("log lines go on behind %d (%v), want 7", rec.lines, err)
	}
}

func TestAnEventThatMakesNoSenseHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("after", nothing))
	if err := h.rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: streamKey, Values: []any{"kind", "job.queued", "body", "{"}}).Err(); err != nil {
		t.Fatal(err)
	}
	h.enqueue(job.Request{Task: "after"})
	entries, err := h.Events(t.Context(), "", 10, 0)
	if err != nil || len(entries) != 2 || entries[0].Event != nil || entries[1].Event == nil {
		t.Errorf("entries = %+v, %v; want an empty one and the job's", entries, err)
	}
}
