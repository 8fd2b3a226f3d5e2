package timetable_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// jobless is a ledger whose slots have no job.
type jobless []job.Slot

func (s jobless) Schedule(_ context.Context, name string) (job.Schedule, error) {
	if name == "deleted" {
		return job.Schedule{}, fault.New(fault.NotFound, "There is no schedule %q.", name)
	}
	return job.Schedule{Name: name, Task: "roster.sync", Client: "north", Rule: job.NewRule("0 3 * * *", "UTC", []byte(`{"all":true}`))}, nil
}

func (s jobless) SlotsWithoutJob(_ context.Context, from, to time.Time, _ int) (all []job.Slot, err error) {
	for _, slot := range s {
		if !slot.Decided.Before(from) && slot.Decided.Before(to) {
			all = append(all, slot)
		}
	}
	return all, nil
}

func TestASlotThatRanHasItsJobEnqueuedAgainIfItWasLost(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	ran := func(schedule, id string, ago time.Duration) job.Slot {
		return job.Slot{Schedule: schedule, Due: now.Add(-ago), Outcome: job.SlotRan, JobID: id, Decided: now.Add(-ago)}
	}
	queue := &fakeQueue{jobs: map[string]*job.Job{"known": {ID: "known", Ended: &now}}}
	w := timetable.Warden{
		Ledger: jobless{
			ran("nightly", "lost", time.Minute), ran("nightly", "known", time.Minute), ran("deleted", "nobody's", time.Minute),
			ran("nightly", "just now", time.Second), ran("nightly", "long ago", 2*time.Hour),
		},
		Queue: queue, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	}
	for range 2 {
		if err := w.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(queue.requests) != 1 {
		t.Fatalf("%d jobs were enqueued, want the lost one: %+v", len(queue.requests), queue.requests)
	}
	r := queue.requests[0]
	if r.ID != "lost" || r.Task != "roster.sync" || r.Client != "north" || string(r.Args) != `{"all":true}` || !r.Slot.Equal(now.Add(-time.Minute)) || r.Schedule != "nightly" {
		t.Errorf("the request is %+v", r)
	}
}

func TestAWardenWaitsForAQueueThatIsAway(t *testing.T) {
	away := fault.New(fault.Unavailable, "away")
	now := time.Now()
	queue := &fakeQueue{fail: func(job.Request) error { return away }}
	w := timetable.Warden{
		Ledger: jobless{{Schedule: "nightly", Due: now.Add(-time.Minute), Outcome: job.SlotRan, JobID: "lost", Decided: now.Add(-time.Minute)}},
		Queue:  queue, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	}
	if err := w.Look(t.Context()); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("error %v", err)
	}
	queue.fail = nil
	if err := w.Look(t.Context()); err != nil || len(queue.requests) != 1 {
		t.Errorf("%d jobs, error %v", len(queue.requests), err)
	}
}

// refusing is a queue that says of each job what it is told to.
type refusing struct {
	*fakeQueue
	says timetable.Accepted
}

func (q refusing) EnqueueBatch(_ context.Context, all []job.Request) ([]timetable.Accepted, error) {
	return slices.Repeat([]timetable.Accepted{q.says}, len(all)), nil
}

func TestAJobThatCannotBeEnqueuedAgainIsToldOnce(t *testing.T) {
	for want, says := range map[string]timetable.Accepted{
		"Client north is disabled": {Err: fault.New(fault.Conflict, "Client north is disabled.")},
		"other=another":            {Job: job.Job{ID: "another"}},
	} {
		now := time.Now()
		var said strings.Builder
		w := timetable.Warden{
			Ledger: jobless{{Schedule: "nightly", Due: now.Add(-time.Minute), Outcome: job.SlotRan, JobID: "lost", Decided: now.Add(-time.Minute)}},
			Queue:  refusing{&fakeQueue{}, says}, Log: slog.New(slog.NewTextHandler(&said, nil)), Now: func() time.Time { return now },
		}
		for range 3 {
			if err := w.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(said.String(), "job=lost"); n != 1 || !strings.Contains(said.String(), want) || strings.Contains(said.String(), "is enqueued again") {
			t.Errorf("it was said %d times, want once, with %s:\n%s", n, want, said.String())
		}
	}
}
