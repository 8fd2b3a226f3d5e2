package timetable

import (
	"context"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A waiter is an open slot that comes after others.
type waiter struct {
	slot  job.Slot
	entry *entry
	spans []job.SlotSpan // of each of the others
}

// rule decides on the open slots that come after others. What it decides
// follows from the ledger, so that a successor goes on with the same.
func (w *Walker) rule(ctx context.Context, open []job.Slot) error {
	waiters := w.waiters(open)
	if len(waiters) == 0 {
		w.rulings, w.awaited = nil, nil
		return nil
	}
	var spans []job.SlotSpan
	for _, one := range waiters {
		spans = append(spans, one.spans...)
	}
	stands, err := w.Ledger.SlotStands(ctx, spans)
	if err != nil {
		return fmt.Errorf("read the slots that others wait for: %w", err)
	}
	w.rulings, w.awaited = map[string]ruling{}, map[string]bool{}
	for _, stand := range stands {
		if stand.Outcome.Ran() && stand.Open() {
			w.awaited[stand.JobID] = true
		}
	}
	for _, one := range waiters {
		w.rulings[one.slot.JobID] = w.ruleOn(one, stands[:len(one.spans)])
		stands = stands[len(one.spans):]
	}
	return nil
}

// waiters returns the open slots that come after others: the oldest of each
// line, or all if jobs of the schedule may overlap.
func (w *Walker) waiters(open []job.Slot) (all []waiter) {
	seen := map[line]bool{}
	for _, slot := range open {
		e := w.agenda.entries[slot.Schedule]
		if e == nil || len(e.After) == 0 || !w.planned(e) || seen[lineOf(slot)] && e.Overlap != job.OverlapAllow {
			continue
		}
		seen[lineOf(slot)] = true
		all = append(all, waiter{slot, e, e.spans(slot.Due)})
	}
	return all
}

func (w *Walker) ruleOn(one waiter, stands []job.SlotStand) ruling {
	var priors []prior
	for i, span := range one.spans {
		p := one.entry.prior(w.other(span.Schedule), one.slot.Due, span, stands[i])
		if together := one.slot.Recovery; together != 0 && together == stands[i].Recovery {
			p.turn = turnOf(stands[i], w.Now())
		}
		priors = append(priors, p)
	}
	return ruleOn(one.entry.Schedule, one.entry.start(one.slot.Due), w.openSince(one.slot), w.Now(), priors)
}

// turnOf returns when the turn of a slot of a recovery came: not yet, while it
// is open.
func turnOf(s job.SlotStand, now time.Time) time.Time {
	if s.Outcome.Final() {
		return s.Decided
	}
	return now
}

// other returns a schedule by name.
func (w *Walker) other(name string) other {
	if e := w.agenda.entries[name]; e != nil && w.planned(e) {
		return other{&e.times}
	}
	return other{}
}

// planned reports whether e can have slots.
func (w *Walker) planned(e *entry) bool { return e.Problem == "" && w.agenda.broken[e.Name] == "" }

// afterOthers returns t with what was decided on it because of others. Without
// a decision it is held.
func (w *Walker) afterOthers(t turn) turn {
	if len(t.entry.After) == 0 || !w.planned(t.entry) {
		return t
	}
	r, known := w.rulings[t.JobID]
	if known && r.doom != "" {
		return t.doomed(r.doom, r.why)
	}
	t.held, t.ready, t.note = !known || r.waits != "", r.ready, r.why
	return t
}

// holds reports whether an open slot waits for others, or behind one that does.
func (w *Walker) holds(slot job.Slot) bool {
	e := w.agenda.entries[slot.Schedule]
	if e == nil || len(e.After) == 0 {
		return false
	}
	r, known := w.rulings[slot.JobID]
	return !known || r.waits != ""
}

// announce lets the slots that a plan intends say what they wait for.
func (w *Walker) announce(e *entry, p plan) {
	if len(e.After) == 0 {
		return
	}
	for i := range p.slots {
		slot := &p.slots[i]
		if slot.Outcome == job.SlotIntended {
			slot.Reason = w.waitingReason(e, slot.Due)
		}
	}
}

// waitingReason says what a slot waits for, as far as the times of schedules tell.
func (w *Walker) waitingReason(e *entry, due time.Time) string {
	var what []string
	for _, span := range e.spans(due) {
		o, at := w.other(span.Schedule), time.Time{}
		if o.times != nil && !span.Any {
			if at = o.latest(span.To); at.Before(span.From) {
				continue // there is nothing to wait for
			}
		}
		what = append(what, e.named(at, due, span))
	}
	if len(what) == 0 {
		return ""
	}
	return waitsFor(what)
}
