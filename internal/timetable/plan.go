package timetable

import (
	"cmp"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// What is fixed about slots.
const (
	onTime     = 5 * time.Second // a slot that starts this long after its time ran as planned
	planAtMost = 2000            // slots of a schedule that are decided at a time
)

// A view is what a plan is made from, besides the schedule.
type view struct {
	now     time.Time
	since   time.Time  // nobody was watching before
	waiting []job.Slot // that are intended, of no recovery, and have not started, the oldest first

	recovery int64 // which slots join that went by before; zero: none
	promised int   // slots that wait in recoveries
	early    bool  // slots that are due are decided, though jitter lets them start later
}

// opens returns when a slot is to be decided.
func (v view) opens(due Due) time.Time {
	if v.early {
		return due.At
	}
	return due.Start
}

// A plan is what is to become of the slots of one schedule that are due.
type plan struct {
	slots   []job.Slot // in order
	decided time.Time  // every slot up to here has its outcome
	next    Due        // the first slot that is left; due already if there are too many for one plan; zero if there is none
}

// planFor decides on the slots that are due. It does not look at jobs: those
// of the slots that it intends start in order, when the overlap of the
// schedule lets them.
func planFor(t times, v view) plan {
	p, kept := plan{decided: t.OpenAfter()}, newBacklog(t.Schedule, v)
	if kept.room == 0 {
		return p
	}
	for due := range t.after(p.decided) {
		if p.next = due; v.opens(due).After(v.now) {
			break
		}
		if len(p.slots) == planAtMost {
			kept.part(&p)
			break
		}
		p.slots = append(p.slots, decide(t.Schedule, due, v))
		kept.add(&p, due)
		p.next = Due{}
	}
	kept.end(&p)
	if n := len(p.slots); n > 0 {
		p.decided = p.slots[n-1].Due
	}
	return p
}

// decide says what is to become of a slot that is due, if no other slot that
// is due takes its place.
func decide(s job.Schedule, due Due, v view) job.Slot {
	slot := job.Slot{Schedule: s.Name, Due: due.At.UTC(), Decided: v.now}
	slot.Outcome, slot.Reason = halted(s, due.At)
	switch lag := v.now.Sub(due.Start); {
	case slot.Outcome != "":
	case due.Excluded:
		slot.Outcome, slot.Reason = job.SlotExcluded, due.Title
	case tooLate(s, lag):
		slot.Outcome, slot.Reason = job.SlotMissed, tooLateReason(s)
	case lag > catchUpWithin(s):
		slot.Outcome, slot.Reason = job.SlotMissed, unseen(slot, v.since)
	case len(v.waiting) > 0 && !waitsInLine(s):
		slot.Outcome, slot.Reason = job.SlotSkipped, notEnded(v.waiting[0].JobID)
	default:
		slot.Outcome, slot.JobID = job.SlotIntended, SlotID(s.Name, due.At)
		if due.Start.Before(v.since) {
			slot.Recovery = v.recovery
		}
	}
	return slot
}

// halted returns the outcome of slots that come while s does not run; empty if
// it does.
func halted(s job.Schedule, due time.Time) (job.SlotOutcome, string) {
	switch {
	case !s.Enabled:
		return job.SlotPaused, "the schedule was switched off"
	case s.PausedUntil != nil && due.Before(*s.PausedUntil):
		return job.SlotPaused, cmp.Or(s.PauseNote, "the schedule was paused")
	case s.Missing:
		return job.SlotMissed, "no worker announced the schedule any more"
	}
	return "", ""
}

func tooLate(s job.Schedule, lag time.Duration) bool {
	return s.LatestStart > 0 && lag > time.Duration(s.LatestStart)
}

func tooLateReason(s job.Schedule) string {
	return fmt.Sprintf("it could not start within %s of its time", time.Duration(s.LatestStart))
}

// waitsInLine reports whether a slot of s may wait behind another that waits.
func waitsInLine(s job.Schedule) bool {
	return s.Overlap == job.OverlapAllow || s.Overlap == job.OverlapQueueAll
}

// unseen says why nobody decided on slot when it was due.
func unseen(slot job.Slot, since time.Time) string {
	if slot.Due.Before(since) {
		return "the scheduler was down"
	}
	return "the scheduler could not decide on it in time"
}

func notEnded(jobID string) string {
	return fmt.Sprintf("job %s of an earlier slot had not ended", jobID)
}

// ran returns the outcome of slot, which was to start at that time and whose
// job was enqueued.
func ran(slot job.Slot, start, enqueued, since time.Time) job.Slot {
	slot.Lag = max(enqueued.Sub(slot.Due), 0).Truncate(time.Millisecond)
	switch {
	case enqueued.Sub(start).Truncate(time.Millisecond) <= onTime:
		slot.Outcome, slot.Reason = job.SlotRan, ""
	case start.Before(since):
		slot.Outcome = job.SlotCaughtUp
	default:
		slot.Outcome = job.SlotRanLate
	}
	return slot
}
