package timetable

import (
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// What is fixed about slots.
const (
	onTime        = 5 * time.Second // a slot enqueued this long after it was due ran as planned
	catchUpWithin = 24 * time.Hour  // an older slot is not caught up
	planAtMost    = 500             // slots of a schedule that are decided in one transaction
)

// A plan is what is to become of the slots of one schedule that are due.
type plan struct {
	slots   []job.Slot // in order; only the last may be intended
	decided time.Time  // every slot up to here has its outcome
	next    time.Time  // the first slot that is left; in the past if there are too many for one plan, zero if there is none
}

// planFor decides on the slots of s that are due at now. The scheduler has
// been up since since. It fails if s can have no slots.
func planFor(s job.Schedule, now, since time.Time) (plan, error) {
	rule, zone, err := parse(s.Cron, s.Zone)
	if err != nil {
		return plan{}, err
	}
	p := plan{decided: s.OpenAfter()}
	due, ok := rule.Next(p.decided, zone)
	for ok && !due.After(now) && len(p.slots) < planAtMost {
		following, more := rule.Next(due, zone)
		latest := !more || following.After(now)
		p.slots = append(p.slots, decide(s, due.UTC(), now, since, latest))
		p.decided, due, ok = due, following, more
	}
	if ok {
		p.next = due
	}
	return p, nil
}

// parse reads an expression of the unix dialect and the name of a zone.
func parse(expr, zoneName string) (cron.Trigger, *time.Location, error) {
	return parseTrigger(string(cron.Unix), expr, zoneName)
}

func parseTrigger(dialect, expr, zoneName string) (cron.Trigger, *time.Location, error) {
	trigger, err := cron.ParseDialect(cron.Dialect(dialect), expr)
	if err != nil {
		return nil, nil, err
	}
	zone, err := cron.Zone(zoneName)
	return trigger, zone, err
}

// decide says what is to become of one slot, the latest that is due or not.
func decide(s job.Schedule, due, now, since time.Time, latest bool) job.Slot {
	slot := job.Slot{Schedule: s.Name, Due: due, Decided: now}
	switch {
	case !s.Enabled:
		slot.Outcome, slot.Reason = job.SlotPaused, "the schedule was switched off"
	case s.Missing:
		slot.Outcome, slot.Reason = job.SlotMissed, "no worker announced the schedule any more"
	case now.Sub(due) > catchUpWithin, !latest && due.Before(since):
		slot.Outcome, slot.Reason = job.SlotMissed, "the scheduler was down"
	case !latest:
		slot.Outcome, slot.Reason = job.SlotMissed, "the scheduler could not decide on it before the next slot was due"
	default:
		slot.Outcome, slot.JobID = job.SlotIntended, SlotID(s.Name, due)
	}
	return slot
}

// skip gives up the intended slot of p because of a job that has not ended.
func (p plan) skip(jobID string) {
	slot := &p.slots[len(p.slots)-1]
	slot.Outcome, slot.JobID = job.SlotSkipped, ""
	slot.Reason = fmt.Sprintf("job %s of an earlier slot had not ended", jobID)
}

// intends reports whether p wants a job.
func (p plan) intends() bool {
	return len(p.slots) > 0 && p.slots[len(p.slots)-1].Outcome == job.SlotIntended
}

// ran returns the outcome of slot, whose job was enqueued at that time.
func ran(slot job.Slot, enqueued, since time.Time) job.Slot {
	slot.Lag = max(enqueued.Sub(slot.Due), 0).Truncate(time.Millisecond)
	switch {
	case slot.Lag <= onTime:
		slot.Outcome = job.SlotRan
	case slot.Due.Before(since):
		slot.Outcome = job.SlotCaughtUp
	default:
		slot.Outcome = job.SlotRanLate
	}
	return slot
}

// Next returns when s fires next after now, for display; nil if it does not.
func Next(s job.Schedule, now time.Time) *time.Time {
	if !s.Enabled || s.Missing || s.Problem != "" {
		return nil
	}
	rule, zone, err := parse(s.Cron, s.Zone)
	if err != nil {
		return nil
	}
	next, ok := rule.Next(later(now, s.OpenAfter()), zone)
	if !ok {
		return nil
	}
	return &next
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
