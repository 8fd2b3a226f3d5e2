package prove

import (
	"context"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// lateAfter is when a slot that ran is late.
const lateAfter = 5 * time.Second

// page is how long a stretch of slots is asked for at once: fewer than the API
// answers with.
const page = 10 * time.Minute

// judgeSlots gives each step the slots that were due from its beginning to that
// of the next.
func (p *proof) judgeSlots(ctx context.Context) error {
	if p.report.scheduled.IsZero() {
		return nil
	}
	p.Say("slots: waiting until all have their outcome")
	to := time.Now().Truncate(time.Second)
	r, err := p.readSlots(ctx, to)
	if err != nil {
		return err
	}
	next := to
	for i := len(p.report.Steps) - 1; i >= 0; i-- {
		if s := &p.report.Steps[i]; s.Skipped == "" {
			s.Slots = r.within(s.Began, next)
			next = s.Began
		}
	}
	return nil
}

// A roll is every slot of the schedule, and the jobs that they became.
type roll struct {
	slots []client.Slot
	gaps  []time.Time
	jobs  []client.Job
}

// readSlots reads the roll up to a time, once nothing of it is open any more. What
// stays open is read as it is.
func (p *proof) readSlots(ctx context.Context, to time.Time) (r roll, err error) {
	err = until(ctx, "an outcome of every slot", patience, func() (bool, error) {
		if r, err = p.rollUpTo(ctx, to); err != nil {
			return false, err
		}
		return r.settled(to), nil
	})
	if err != nil && ctx.Err() == nil && r.slots != nil {
		p.Say("%v", err)
		return r, nil
	}
	return r, err
}

func (p *proof) rollUpTo(ctx context.Context, to time.Time) (r roll, err error) {
	from := p.report.scheduled.Truncate(time.Second).Add(time.Second)
	for at := from; at.Before(to); at = at.Add(page) {
		some, err := p.API.Slots(ctx, Schedule, at, earlier(at.Add(page), to), 500)
		if err != nil {
			return r, err
		}
		r.slots = append(r.slots, some...)
	}
	check, err := p.API.CheckSlots(ctx, Schedule, from, to)
	if err != nil {
		return r, err
	}
	r.gaps = check.Gaps
	for before := ""; ; {
		list, err := p.API.Jobs(ctx, client.Filter{Schedule: Schedule, Client: Client, Created: job.Period{From: from}, Before: before, Limit: 500})
		if err != nil {
			return r, err
		}
		r.jobs = append(r.jobs, list.Jobs...)
		if before = list.Next; before == "" {
			return r, nil
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// settled reports whether nothing is open.
func (r roll) settled(to time.Time) bool {
	for _, s := range r.slots {
		if !s.Outcome.Final() {
			return false
		}
	}
	for _, j := range r.jobs {
		if !j.State.Final() && j.Slot != nil && j.Slot.Before(to) {
			return false
		}
	}
	return len(r.gaps) == 0 && len(r.slots) > 0
}

// within counts the slots that were due in a time.
func (r roll) within(from, to time.Time) (n Slots) {
	in := func(at time.Time) bool { return !at.Before(from) && at.Before(to) }
	jobs := map[string][]client.Job{}
	for _, j := range r.jobs {
		if j.Slot != nil {
			jobs[key(*j.Slot)] = append(jobs[key(*j.Slot)], j)
		}
	}
	seen := map[string]bool{}
	for _, s := range r.slots {
		if !in(s.Due) {
			continue
		}
		became := jobs[key(s.Due)]
		if seen[key(s.Due)] {
			n.Doubled++
			continue
		}
		seen[key(s.Due)] = true
		n.Due++
		n.Doubled += max(0, len(became)-1)
		n.count(s, became)
	}
	for _, at := range r.gaps {
		if in(at) {
			n.Due++
			n.Missing++
		}
	}
	return n
}

// count counts one slot and its job.
func (n *Slots) count(s client.Slot, became []client.Job) {
	switch {
	case !s.Outcome.Final(), s.Outcome.Ran() && (len(became) == 0 || became[0].State != job.Succeeded):
		n.Missing++
	case !s.Outcome.Ran(), s.Lag > lateAfter:
		n.Late++
	}
}

func key(due time.Time) string { return fmt.Sprint(due.UnixMilli()) }
