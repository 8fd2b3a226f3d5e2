package timetable

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// startOpen starts the job of every intended slot, whoever intended it. It
// returns the jobs that could not be started yet, by schedule.
func (w *Walker) startOpen(ctx context.Context, schedules []job.Schedule) (stuck map[string]string, err error) {
	open, err := w.Ledger.OpenSlots(ctx)
	if err != nil {
		return nil, fmt.Errorf("read open slots: %w", err)
	}
	byName := map[string]job.Schedule{}
	for _, s := range schedules {
		byName[s.Name] = s
	}
	stuck = map[string]string{}
	away := false
	for _, slot := range open {
		if !away {
			failed := w.start(ctx, slot, byName[slot.Schedule])
			if failed == nil {
				continue
			}
			away = fault.KindOf(failed) == fault.Unavailable // and for the others too
			err = errors.Join(err, failed)
		}
		stuck[slot.Schedule] = slot.JobID
	}
	return stuck, err
}

// start enqueues the job of an intended slot and writes the slot's outcome. A
// slot that the queue refuses is missed for that reason.
func (w *Walker) start(ctx context.Context, slot job.Slot, s job.Schedule) error {
	switch {
	case s.Name == "":
		return w.miss(ctx, slot, "the schedule was removed")
	case w.Now().Sub(slot.Due) > catchUpWithin:
		return w.miss(ctx, slot, "for 24 h it could not be found out whether its job had been started")
	}
	j, err := w.Queue.Enqueue(ctx, request(slot, s))
	if refused(err) {
		return w.miss(ctx, slot, fault.Message(err))
	}
	if err != nil {
		return fmt.Errorf("enqueue slot %s of schedule %s: %w", slot.Due.Format(time.RFC3339), s.Name, err)
	}
	w.last[s.Name] = slot.JobID
	slot.Decided = w.Now()
	enqueued := j.Created
	if enqueued.IsZero() {
		enqueued = slot.Decided
	}
	return w.record(ctx, s.Name, time.Time{}, ran(slot, enqueued, w.since))
}

func request(slot job.Slot, s job.Schedule) job.Request {
	return job.Request{
		ID: slot.JobID, Task: s.Task, Args: s.Args, Client: s.Client, Owner: "schedule " + s.Name,
		Schedule: s.Name, Slot: slot.Due,
	}
}

// refused reports whether asking again would be of no use.
func refused(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.Denied:
		return true
	}
	return false
}

func (w *Walker) miss(ctx context.Context, slot job.Slot, reason string) error {
	slot.Outcome, slot.Reason, slot.Decided = job.SlotMissed, reason, w.Now()
	return w.record(ctx, slot.Schedule, time.Time{}, slot)
}
