package timetable

import (
	"context"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// lateAfter is how long after its time a slot is late that is still open.
const lateAfter = time.Minute

// tell tells of slots that are settled.
func (w *Walker) tell(ctx context.Context, slots []job.Slot) {
	var missed []job.Slot
	for _, slot := range slots {
		if !slot.Outcome.Final() {
			continue
		}
		if w.Observe != nil {
			w.Observe(slot)
		}
		id := SlotID(slot.Schedule, slot.Due)
		if slot.Outcome == job.SlotMissed && !w.alarmed[id] {
			missed = append(missed, slot)
			w.alarm(slot)
		}
		delete(w.alarmed, id)
	}
	w.sayMissed(ctx, missed)
}

// sayMissed lets the log hear of slots that were missed. After a long time
// without a scheduler there are many: those of one schedule that follow each
// other, for the same reason, are one line.
func (w *Walker) sayMissed(ctx context.Context, missed []job.Slot) {
	for len(missed) > 0 {
		first, n := missed[0], 1
		for n < len(missed) && missed[n].Schedule == first.Schedule && missed[n].Reason == first.Reason {
			n++
		}
		if n == 1 {
			w.Log.WarnContext(ctx, "a slot was missed", "schedule", first.Schedule, "due", first.Due, "reason", first.Reason)
		} else {
			w.Log.WarnContext(ctx, "slots were missed", "schedule", first.Schedule, "slots", n, "from", first.Due, "to", missed[n-1].Due, "reason", first.Reason)
		}
		missed = missed[n:]
	}
}

func (w *Walker) alarm(slot job.Slot) {
	if w.Alarm != nil {
		w.Alarm(slot)
	}
}

// sayLate raises the alarm about the slots that are late and still open, once
// about each. One that waits for others is not late before its limit.
func (w *Walker) sayLate(ctx context.Context) {
	then := w.Now().Add(-lateAfter)
	for _, slot := range w.open {
		if e := w.agenda.entries[slot.Schedule]; e != nil && !w.holds(slot) && !e.start(slot.Due).After(then) {
			slot.Reason = w.lateReason(slot)
			w.sayLateSlot(ctx, slot)
		}
	}
	for e := range w.agenda.until(then) {
		w.sayLateSlot(ctx, job.Slot{Schedule: e.Name, Due: e.next.At.UTC(), Outcome: job.SlotIntended, Reason: "nothing could be decided about it yet"})
	}
}

func (w *Walker) lateReason(slot job.Slot) string {
	if with := w.recovery.yielded[slot.JobID]; with != "" {
		return "it waits for " + with
	}
	if slot.Recovery != 0 {
		return fmt.Sprintf("it waits for its turn in recovery %d", slot.Recovery)
	}
	if earlier := w.behind[slot.JobID]; earlier != "" {
		return fmt.Sprintf("it waits for job %s of an earlier slot to end", earlier)
	}
	return "its job could not be enqueued yet"
}

func (w *Walker) sayLateSlot(ctx context.Context, slot job.Slot) {
	id := SlotID(slot.Schedule, slot.Due)
	if w.alarmed[id] {
		return
	}
	w.alarmed[id] = true
	w.Log.WarnContext(ctx, "a slot is late", "schedule", slot.Schedule, "due", slot.Due, "reason", slot.Reason)
	w.alarm(slot)
}
