package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

func TestTheEventOfAnAcceptedJobSaysAllOfIt(t *testing.T) { inBoth(t, acceptedEvent) }

func acceptedEvent(h *house) {
	single := does("single", nothing)
	single.Unique = &tasks.Unique{}
	h.declare(does("any", nothing), single)
	hour := time.Now().Add(time.Hour)
	for name, r := range map[string]job.Request{
		"plain":     {Task: "any", Args: raw(`{"name": "a"}`)},
		"described": {Task: "any", Description: "Greet Ada.", Client: "north", Owner: "ada", Trace: "00-1-2-01"},
		"later":     {Task: "any", At: hour},
		"long due":  {Task: "any", At: time.Now().Add(-time.Hour)},
		"expiring":  {Task: "any", Expires: hour},
		"slot":      {Task: "any", Schedule: "nightly", Slot: hour.Truncate(time.Second)},
		"keyed":     {Task: "any", Key: "k"},
		"named":     {Task: "any", ID: "0199f000-0000-7000-8000-000000000003"},
		"unique":    {Task: "single"},
	} {
		accepted := h.enqueue(r)
		if diff := cmp.Diff(events.JobEnqueued{Job: accepted}, last[events.JobEnqueued](h, accepted.ID)); diff != "" {
			h.Errorf("%s (-accepted +event):\n%s", name, diff)
		}
		if diff := cmp.Diff(accepted, h.job(accepted.ID)); diff != "" {
			h.Errorf("%s (-accepted +read):\n%s", name, diff)
		}
	}
}

// TestAPortionThatWasSentTwiceIsAcceptedOnce does what the client does whose
// reply gets lost.
func TestAPortionThatWasSentTwiceIsAcceptedOnce(t *testing.T) { inBoth(t, sentTwice) }

func sentTwice(h *house) {
	h.declare(does("any", nothing))
	for _, n := range []int{1, 3} {
		p := h.portion(n + 1)
		for i := range n {
			p.add(i, h.accepting(job.Request{Task: "any"}))
		}
		if err := h.create(h.Context(), p, make([]Accepted, n)); err != nil {
			h.Fatal(err)
		}
		p.add(n, h.accepting(job.Request{Task: "any"}))
		done := make([]Accepted, n+1)

		if err := h.create(h.Context(), p, done); err != nil {
			h.Fatal(err)
		}

		for i, a := range done {
			if a.Err != nil || a.Job.ID != p.jobs[i].ID {
				h.Errorf("job %d = %+v", i, a)
			}
			if kinds := h.kinds(p.jobs[i].ID); len(kinds) != 1 {
				h.Errorf("events = %v, want one", kinds)
			}
		}
	}
	if depths, err := h.Depths(h.Context()); err != nil || depths["default"][job.Queued] != 6 {
		h.Errorf("depths = %v, %v; want 6 queued", depths, err)
	}
}

func (h *house) accepting(r job.Request) creation {
	h.Helper()
	x, err := h.accept(h.Context(), &r)
	if err != nil {
		h.Fatal(err)
	}
	return x
}
