package timetable

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// The pace of a warden.
const (
	wardEvery = 10 * time.Second
	wardAfter = 30 * time.Second // a slot's job is recorded by then
	wardFor   = time.Hour        // for so long the queue knows a job that the ledger does not
	wardAtOne = 500              // slots in one step
)

// WardenLedger is what a warden reads.
type WardenLedger interface {
	Schedule(ctx context.Context, name string) (job.Schedule, error)
	// SlotsWithoutJob returns slots whose job was enqueued in [from, to),
	// however long after they were due, and is not recorded.
	SlotsWithoutJob(ctx context.Context, from, to time.Time, limit int) ([]job.Slot, error)
}

// A Warden sees to it that a slot which ran has its job: a Redis whose master
// died may have lost one that it had acknowledged, before it was recorded. The
// job is enqueued again, which changes nothing if the queue has it.
type Warden struct {
	Ledger WardenLedger
	Queue  Queue
	Log    *slog.Logger
	Now    func() time.Time

	told map[string]bool // the jobs that could not be enqueued when it last looked
}

// Run looks again and again until ctx is done.
func (w *Warden) Run(ctx context.Context) error {
	tick := time.NewTicker(wardEvery)
	defer tick.Stop()
	for {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "jobs of slots are not looked after for now", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look enqueues the jobs of slots that have none.
func (w *Warden) Look(ctx context.Context) error {
	now := w.Now()
	slots, err := w.Ledger.SlotsWithoutJob(ctx, now.Add(-wardFor), now.Add(-wardAfter), wardAtOne)
	if err != nil {
		return fmt.Errorf("look for slots without a job: %w", err)
	}
	lost, err := w.unknown(ctx, slots)
	if err != nil {
		return err
	}
	requests, err := w.requests(ctx, lost)
	if err != nil || len(requests) == 0 {
		return err
	}
	accepted, err := w.Queue.EnqueueBatch(ctx, requests)
	if err != nil {
		return fmt.Errorf("enqueue jobs of slots again: %w", err)
	}
	w.tell(ctx, requests, accepted)
	return nil
}

// tell says what became of each job; once, if it cannot be enqueued: that is
// tried again each time, and seldom ends otherwise.
func (w *Warden) tell(ctx context.Context, requests []job.Request, accepted []Accepted) {
	told := map[string]bool{}
	for i, a := range accepted {
		r := requests[i]
		log := w.Log.With("schedule", r.Schedule, "due", r.Slot, "job", r.ID)
		if a.Err == nil && a.Job.ID == r.ID {
			log.WarnContext(ctx, "the job of a slot was lost and is enqueued again")
			continue
		}
		told[r.ID] = true
		switch {
		case w.told[r.ID]:
		case a.Err != nil:
			log.WarnContext(ctx, "the job of a slot was lost and cannot be enqueued again", "err", a.Err)
		default:
			log.WarnContext(ctx, "the job of a slot was lost, and another that does the same has not ended", "other", a.Job.ID)
		}
	}
	w.told = told
}

// requests are those of the slots whose schedule is still there.
func (w *Warden) requests(ctx context.Context, lost []job.Slot) (all []job.Request, err error) {
	for _, slot := range lost {
		s, err := w.Ledger.Schedule(ctx, slot.Schedule)
		switch {
		case fault.KindOf(err) == fault.NotFound:
		case err != nil:
			return nil, fmt.Errorf("read schedule %s of a slot: %w", slot.Schedule, err)
		default:
			all = append(all, request(slot, s))
		}
	}
	return all, nil
}

// unknown are the slots whose jobs the queue does not have either.
func (w *Warden) unknown(ctx context.Context, slots []job.Slot) (lost []job.Slot, err error) {
	if len(slots) == 0 {
		return nil, nil
	}
	var ids []string
	for _, slot := range slots {
		ids = append(ids, slot.JobID)
	}
	known, err := w.Queue.Jobs(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("find jobs of slots: %w", err)
	}
	for _, slot := range slots {
		if _, there := known[slot.JobID]; !there {
			lost = append(lost, slot)
		}
	}
	return lost, nil
}
