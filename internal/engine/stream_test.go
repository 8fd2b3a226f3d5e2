package engine

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

// xadd appends an entry of several events: kind, body, kind, body, ….
func (h *house) xadd(words ...string) (position string) {
	h.Helper()
	position, err := h.rdb.XAdd(h.Context(), &redis.XAddArgs{Stream: streamKey, Values: words}).Result()
	if err != nil {
		h.Fatal(err)
	}
	return position
}

func TestEventsAreReadInOrderAndTrimmed(t *testing.T) { inBoth(t, readAndTrim) }

func readAndTrim(h *house) {
	ctx := h.Context()
	h.declare(does("task", nothing))
	var ids []string
	for range 5 {
		ids = append(ids, h.enqueue(job.Request{Task: "task"}).ID)
	}
	sang := h.xadd("job.sang", `{}`)
	first, err := h.Events(ctx, "", 2, 0)
	if err != nil || len(first) != 2 || first[0].Event.JobID() != ids[0] {
		h.Fatalf("first = %v, error %v", first, err)
	}
	if ago := time.Since(first[0].At); ago < -time.Second || ago > time.Minute {
		h.Errorf("appended at %s", first[0].At)
	}

	if err := h.Trim(ctx, first[1].ID); err != nil {
		h.Fatal(err)
	}

	if n, err := h.Backlog(ctx); n != 4 || err != nil {
		h.Errorf("backlog = %d, error %v; want 4", n, err)
	}
	rest, err := h.Events(ctx, first[1].ID, 100, time.Minute)
	if err != nil || len(rest) != 4 || rest[0].Event.JobID() != ids[2] {
		h.Fatalf("rest = %v, error %v", rest, err)
	}
	if rest[3].Event != nil || rest[3].ID != sang {
		h.Errorf("an event of unknown kind = %v, want none", rest[3])
	}
	if none, err := h.Events(ctx, sang, 100, 20*time.Millisecond); err != nil || len(none) != 0 {
		h.Errorf("behind the end: %v, error %v", none, err)
	}
	if err := h.Trim(ctx, sang); err != nil {
		h.Fatal(err)
	}
	if err := h.Trim(ctx, "yesterday"); err == nil {
		h.Error("trimmed at a position that is none")
	}
}

// TestEventsOfOneStepShareAPosition reads entries of several events, which a
// page never divides, in both protocols.
func TestEventsOfOneStepShareAPosition(t *testing.T) {
	addr := testservers.Redis(t)
	for _, protocol := range []int{2, 3} {
		h := newHouse(t, addr)
		h.rdb = redis.NewClient(&redis.Options{Addr: addr, Protocol: protocol})
		h.Engine = New(h.rdb, h.log)
		h.rdb.Del(t.Context(), streamKey)
		at := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
		one := h.xadd("job.queued", `{"id":"a","at":"2026-09-01T12:00:00Z"}`)
		two := h.xadd("job.queued", `{"id":"b","at":"2026-09-01T12:00:00Z"}`, "job.sang", `{}`, "job.queued", `{"id":"c","at":"2026-09-01T12:00:00Z"}`)
		three := h.xadd("job.queued", `{"id":"d","at":"2026-09-01T12:00:00Z"}`)

		page, err := h.Events(t.Context(), "", 2, 0)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := h.Events(t.Context(), two, 2, 0)
		if err != nil {
			t.Fatal(err)
		}

		var got []events.Entry
		for _, entry := range append(page, rest...) {
			if entry.At.IsZero() {
				t.Errorf("entry %s has no time", entry.ID)
			}
			entry.At = time.Time{}
			got = append(got, entry)
		}
		want := []events.Entry{
			{ID: one, Event: events.JobQueued{ID: "a", At: at}},
			{ID: two, Event: events.JobQueued{ID: "b", At: at}},
			{ID: two},
			{ID: two, Event: events.JobQueued{ID: "c", At: at}},
			{ID: three, Event: events.JobQueued{ID: "d", At: at}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("RESP%d (-want +got):\n%s", protocol, diff)
		}
		h.rdb.Close()
	}
}

func TestABatchOfJobsIsOneEntry(t *testing.T) { inBoth(t, oneEntry) }

func oneEntry(h *house) {
	h.declare(does("task", nothing))
	all, err := h.EnqueueBatch(h.Context(), make([]job.Request, 3))
	if err != nil || all[0].Err == nil {
		h.Fatalf("accepted %v, %v", all, err)
	}
	r := job.Request{Task: "task"}
	if all, err = h.EnqueueBatch(h.Context(), []job.Request{r, r, r}); err != nil {
		h.Fatal(err)
	}
	entries, err := h.Events(h.Context(), "", 1, 0)
	if err != nil || len(entries) != 3 || entries[0].ID != entries[2].ID {
		h.Fatalf("entries = %v, %v; want 3 in one", entries, err)
	}
	for i, entry := range entries {
		if entry.Event.JobID() != all[i].Job.ID {
			h.Errorf("event %d is of job %s, want %s", i, entry.Event.JobID(), all[i].Job.ID)
		}
	}
}

func TestWaitsForTheNextEvent(t *testing.T) { inBoth(t, waitsForEvent) }

func waitsForEvent(h *house) {
	h.declare(does("task", nothing))
	var enqueue sync.WaitGroup
	defer enqueue.Wait()
	enqueue.Go(func() {
		time.Sleep(30 * time.Millisecond) // the reader is waiting by then, or need not
		h.Enqueue(h.Context(), job.Request{Task: "task"})
	})

	got, err := h.Events(h.Context(), "", 1, 10*time.Second)

	if err != nil || len(got) != 1 {
		h.Errorf("events = %v, error %v; want one", got, err)
	}
}

func TestAnEventThatMakesNoSenseHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("after", nothing))
	h.xadd("kind", "job.queued", "body", "{") // as an earlier version wrote it, too
	h.xadd("job.queued", "{")
	h.xadd("job.queued", "{", "job.queued", `{"id":"a"}`, "odd", "")
	h.enqueue(job.Request{Task: "after"})
	entries, err := h.Events(t.Context(), "", 10, 0)
	if err != nil || len(entries) == 0 || entries[len(entries)-1].Event == nil {
		t.Fatalf("entries = %+v, %v", entries, err)
	}
	known := 0
	for _, entry := range entries {
		if entry.Event != nil {
			known++
		}
	}
	if known != 2 {
		t.Errorf("%d events make sense, want 2", known)
	}
}

func TestTheEpochLastsAsLongAsTheData(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	epoch := func() string {
		got, err := h.Epoch(t.Context())
		if err != nil || got == "" {
			t.Fatalf("epoch = %q, %v", got, err)
		}
		return got
	}
	before := epoch()
	if again := epoch(); again != before {
		t.Errorf("epoch = %s, then %s", before, again)
	}
	h.rdb.FlushAll(t.Context())
	if epoch() == before {
		t.Error("the epoch outlived the data")
	}
}
