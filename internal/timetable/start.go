package timetable

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// remembered is how long the queue knows a job at least, once it has ended.
const remembered = 24 * time.Hour

// A turn is an intended slot whose turn it is to start, or to be given up.
type turn struct {
	job.Slot
	entry  *entry
	opened time.Time       // it may have been started since
	doom   job.SlotOutcome // it is given up with this outcome, unless its job was started before; empty: it starts
	why    string          // it is given up
	held   bool            // it waits for others
	ready  time.Time       // when the last of them had ended; zero if it waits for none
	note   string          // what to say of others that it waited for
}

// doomed returns t, to be given up.
func (t turn) doomed(outcome job.SlotOutcome, why string) turn {
	t.doom, t.why = outcome, why
	return t
}

// old reports whether the queue may have forgotten the job of t.
func (t turn) old(now time.Time) bool { return now.Sub(t.opened) > remembered }

// startOpen starts the jobs of the open slots whose turn it is, whoever
// intended them, and returns the slots that are settled by it. Those that it
// has to leave are w.open.
func (w *Walker) startOpen(ctx context.Context, open []job.Slot) (settled []job.Slot, err error) {
	w.leave(open, nil)
	if err := w.recognise(ctx, open); err != nil {
		return nil, err
	}
	err = w.rule(ctx, open)
	turns, failed := w.recover(ctx, w.turns(open))
	err = errors.Join(err, failed)
	turns, failed = w.behindEarlier(ctx, turns)
	err = errors.Join(err, failed)
	turns, settled, failed = w.startedBefore(ctx, turns)
	err = errors.Join(err, failed)
	var start []turn
	for _, t := range turns {
		if t.doom == "" {
			start = append(start, t)
			continue
		}
		t.Outcome, t.Reason, t.Decided = t.doom, t.why, w.Now()
		settled = append(settled, t.Slot)
	}
	started, failed := w.start(ctx, start)
	settled = append(settled, started...)
	w.leave(open, settled)
	return settled, errors.Join(err, failed)
}

// A line is the open slots of a schedule that start one after the other. Those
// of recoveries do not keep others waiting before it is their turn.
type line struct {
	schedule string
	recovery bool
}

func lineOf(slot job.Slot) line { return line{slot.Schedule, slot.Recovery != 0} }

// turns returns the slots that may start, as far as open slots tell: the
// oldest of each line, or all if jobs of the schedule may overlap. Those that
// are to be given up wait for no turn, and those of recoveries, which start a
// few at a time, take up no place in a portion.
func (w *Walker) turns(open []job.Slot) (turns []turn) {
	taken, ordinary := map[line]bool{}, 0
	for _, slot := range open {
		t, in := w.judge(slot), lineOf(slot)
		switch {
		case t.doom != "":
			turns = append(turns, t)
		case taken[in] && t.entry.Overlap != job.OverlapAllow:
		case t.held:
			taken[in] = true
		case in.recovery:
			turns = append(turns, t)
			taken[in] = true
		case ordinary < w.portion:
			turns = append(turns, t)
			taken[in] = true
			ordinary++
		}
	}
	return turns
}

// judge says whether an open slot may still start.
func (w *Walker) judge(slot job.Slot) turn {
	t := turn{Slot: slot, entry: w.agenda.entries[slot.Schedule], opened: w.openSince(slot)}
	if t.entry == nil {
		return t.doomed(job.SlotMissed, "the schedule was removed")
	}
	if why := w.rejected(slot); why != "" {
		return t.doomed(job.SlotMissed, why)
	}
	if outcome, why := halted(t.entry.Schedule, slot.Due); outcome != "" {
		return t.doomed(outcome, why)
	}
	if tooLate(t.entry.Schedule, w.Now().Sub(t.entry.start(slot.Due))) {
		return t.doomed(job.SlotMissed, tooLateReason(t.entry.Schedule))
	}
	if t.old(w.Now()) && slot.Recovery == 0 && len(t.entry.After) == 0 && (t.entry.Overlap == job.OverlapSkip || t.entry.Overlap == job.OverlapAllow) {
		return t.doomed(job.SlotMissed, "for 24 h it could not be found out whether its job had been started")
	}
	return w.afterOthers(t)
}

// startedBefore settles the slots whose jobs turn out to be there: of those
// that are to be given up, and of those that are old. It returns the other
// turns; without those of which that cannot be found out.
func (w *Walker) startedBefore(ctx context.Context, turns []turn) (left []turn, settled []job.Slot, err error) {
	var ask []turn
	for _, t := range turns {
		if t.doom != "" || t.old(w.Now()) {
			ask = append(ask, t)
		} else {
			left = append(left, t)
		}
	}
	if len(ask) == 0 {
		return left, nil, nil
	}
	jobs, err := w.Queue.Jobs(ctx, ids(ask))
	if err != nil {
		return left, nil, fmt.Errorf("find jobs of open slots: %w", err)
	}
	for _, t := range ask {
		j, there := jobs[t.JobID]
		if !there && t.old(w.Now()) {
			if j, err = w.Ledger.Job(ctx, t.JobID); err != nil && fault.KindOf(err) != fault.NotFound {
				return left, settled, fmt.Errorf("find job %s of an open slot: %w", t.JobID, err)
			}
			there = err == nil
		}
		if there {
			settled = append(settled, w.ran(t, j))
		} else {
			left = append(left, t)
		}
	}
	return left, settled, nil
}

func ids(turns []turn) (all []string) {
	for _, t := range turns {
		all = append(all, t.JobID)
	}
	return all
}

// start enqueues the jobs of slots and returns those that are settled. A slot
// that the queue refuses is missed for that reason.
func (w *Walker) start(ctx context.Context, turns []turn) (settled []job.Slot, err error) {
	if len(turns) == 0 {
		return nil, nil
	}
	requests := make([]job.Request, len(turns))
	for i, t := range turns {
		requests[i] = request(t.Slot, t.entry.Schedule)
		t.entry.last, t.entry.idle, t.entry.met = t.JobID, false, true
	}
	accepted, err := w.Queue.EnqueueBatch(ctx, requests)
	if err != nil {
		return nil, fmt.Errorf("enqueue jobs of slots: %w", err)
	}
	for i, t := range turns {
		switch a := accepted[i]; {
		case a.Err == nil:
			settled = append(settled, w.ran(t, a.Job))
		case refused(a.Err):
			t.Outcome, t.Reason, t.Decided = job.SlotMissed, fault.Message(a.Err), w.Now()
			settled = append(settled, t.Slot)
		default:
			err = fmt.Errorf("enqueue slot %s of schedule %s: %w", t.Due.Format(time.RFC3339), t.Schedule, a.Err) // one is enough
		}
	}
	return settled, err
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

// ran settles a slot with its job. Another job in its place is an unfinished
// one that does the same, where the task wants only one.
func (w *Walker) ran(t turn, j job.Job) job.Slot {
	now := w.Now()
	intended := t.Decided
	t.Decided, t.Reason = now, ""
	if j.ID != t.JobID {
		t.Outcome, t.Reason = job.SlotSkipped, fmt.Sprintf("job %s, which does the same, had not ended", j.ID)
		return t.Slot
	}
	enqueued, start := j.Created, t.Due
	if enqueued.IsZero() {
		enqueued = now
	}
	if t.entry != nil {
		if start = t.entry.start(t.Due); intended.Sub(start) <= onTime {
			start = later(start, t.ready)
		}
		t.entry.Runs++
		t.entry.last, t.entry.idle, t.entry.met = t.JobID, false, true
	}
	if earlier := w.behind[t.JobID]; earlier != "" {
		t.Reason = fmt.Sprintf("it waited for job %s of an earlier slot to end", earlier)
	}
	slot := ran(t.Slot, start, enqueued, w.vigil.since)
	if t.note != "" {
		slot.Reason = t.note
	}
	return slot
}

// leave notes which of the open slots are not settled.
func (w *Walker) leave(open, settled []job.Slot) {
	done := map[string]bool{}
	for _, slot := range settled {
		done[slot.JobID] = true
	}
	w.open, w.waiting = nil, map[string][]job.Slot{}
	for _, slot := range open {
		if !done[slot.JobID] {
			w.open = append(w.open, slot)
			w.waiting[slot.Schedule] = append(w.waiting[slot.Schedule], slot)
		}
	}
	for id := range done {
		delete(w.behind, id)
		delete(w.recovery.yielded, id)
	}
}
