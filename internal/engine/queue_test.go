package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestQueuesSayHowTheyStand(t *testing.T) {
	h := smallHouse(t)
	elsewhere := does("elsewhere", nothing)
	elsewhere.Where = map[string]string{"gpu": "yes"}
	p := h.puppet("p", does("any", nothing), elsewhere)
	oldest := h.enqueue(job.Request{Task: "any", Client: "north"})
	running := p.claims(1, true)
	second := h.enqueue(job.Request{Task: "any", Client: "south"})
	h.enqueue(job.Request{Task: "elsewhere"})
	h.enqueue(job.Request{Task: "any", At: time.Now().Add(time.Hour)})
	pause := pauseOf(job.EveryQueue)
	h.pauses(pause, pauseOf("idle"))
	p.beats()

	got, err := h.Queues(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if h.one(running).ID != oldest.ID || len(got) != 2 || got[0].Name != "default" || got[1].Name != "idle" || got[1].Pause == nil {
		t.Fatalf("queues = %+v", got)
	}
	want := map[job.State]int64{job.Running: 1, job.Queued: 2, job.Scheduled: 1, job.Waiting: 0, job.Retrying: 0}
	if diff := cmp.Diff(want, got[0].Counts); diff != "" {
		t.Errorf("counts (-want +got)\n%s", diff)
	}
	q := got[0]
	if q.Oldest == nil || !q.Oldest.Equal(second.Created) || q.Slots != 10 || len(q.Workers) != 1 || q.Pause.Queue != job.EveryQueue {
		t.Errorf("queue = %+v, want the oldest of %s", q, second.Created)
	}
}

func TestAJobThatWasOnlyDueLaterHasNotBeenQueuedSinceItWasAccepted(t *testing.T) {
	h := smallHouse(t)
	p := h.puppet("p", does("any", nothing))
	due := time.Now().Add(100 * time.Millisecond).Truncate(time.Millisecond)
	h.enqueue(job.Request{Task: "any", At: due})
	next := h.enqueue(job.Request{Task: "any", At: due.Add(time.Millisecond)})
	time.Sleep(time.Until(due.Add(20 * time.Millisecond)))
	if got := p.claims(1, true); len(got) != 1 {
		t.Fatalf("%d jobs were claimed, want 1", len(got))
	}
	all, err := h.Queues(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := all[0].Oldest; got == nil || !got.Equal(next.Due) || !next.Due.After(next.Created) {
		t.Errorf("the oldest is of %v, want %v, when it was due", got, next.Due)
	}
}
