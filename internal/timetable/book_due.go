package timetable

import (
	"context"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// keepDue writes what becomes of the slots of was that are due by now, before
// its times change: nobody would find them by the new ones. One that jitter
// holds back starts at once.
func (b *Book) keepDue(ctx context.Context, was job.Schedule, now time.Time) error {
	calendars, err := b.calendars(ctx)
	if err != nil {
		return err
	}
	t, err := atlas{}.times(was, calendars)
	if err != nil || was.Problem != "" {
		return nil // it can have no slots
	}
	for p := (plan{next: Due{At: now}}); !p.next.At.IsZero() && !p.next.At.After(now); {
		p = planFor(t, view{now: now, early: true})
		if len(p.slots) == 0 {
			return nil
		}
		batch := job.SlotBatch{Schedule: was.Name, Decided: p.decided, Slots: p.slots}
		if err := b.Ledger.PutManySlots(ctx, []job.SlotBatch{batch}); err != nil {
			return fmt.Errorf("write slots of schedule %s: %w", was.Name, err)
		}
		t.Decided = p.decided
	}
	return nil
}
