package engine

import (
	"sync"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestEventsAreReadInOrderAndTrimmed(t *testing.T) {
	t.Run("real", func(t *testing.T) { readAndTrim(realHouse(t)) })
	t.Run("embedded", func(t *testing.T) { readAndTrim(smallHouse(t)) })
}

func readAndTrim(h *house) {
	ctx := h.Context()
	h.declare(does("task", nothing))
	var ids []string
	for range 5 {
		ids = append(ids, h.enqueue(job.Request{Task: "task"}).ID)
	}
	h.rdb.XAdd(ctx, xadd("job.sang", `{}`))
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
	if rest[3].Event != nil {
		h.Errorf("an event of unknown kind = %v, want none", rest[3].Event)
	}
	if none, err := h.Events(ctx, rest[3].ID, 100, 20*time.Millisecond); err != nil || len(none) != 0 {
		h.Errorf("behind the end: %v, error %v", none, err)
	}
	if err := h.Trim(ctx, "yesterday"); err == nil {
		h.Error("trimmed at a position that is none")
	}
}

func TestWaitsForTheNextEvent(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.declare(does("task", nothing))
	var enqueue sync.WaitGroup
	defer enqueue.Wait()
	enqueue.Go(func() {
		time.Sleep(30 * time.Millisecond) // the reader is waiting by then, or need not
		h.Enqueue(t.Context(), job.Request{Task: "task"})
	})

	got, err := h.Events(t.Context(), "", 1, 10*time.Second)

	if err != nil || len(got) != 1 {
		t.Errorf("events = %v, error %v; want one", got, err)
	}
}
