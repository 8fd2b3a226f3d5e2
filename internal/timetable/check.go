package timetable

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const (
	mostChecked = 200_000     // slots that are checked at a time
	undecided   = time.Minute // how long a slot that is due may take to have an outcome
)

// Check compares the slots that a schedule should have had in [from, to) with
// those that are recorded. What it should have had is only known since its
// times were last changed; from moves there. Slots that came within the last
// minute need no outcome yet.
func (b *Book) Check(ctx context.Context, schedule string, from, to time.Time) (job.SlotCheck, error) {
	s, err := b.Ledger.Schedule(ctx, schedule)
	if err != nil {
		return job.SlotCheck{}, err
	}
	since, err := b.known(ctx, s)
	if err != nil {
		return job.SlotCheck{}, err
	}
	c := job.SlotCheck{Schedule: schedule, From: later(from, since).UTC(), To: b.complete(s, to).UTC()}
	c.To = later(c.From, c.To)
	calendars, err := b.calendars(ctx)
	if err != nil {
		return c, err
	}
	expected, err := expected(s, calendars, since, c)
	if err != nil {
		return c, err
	}
	recorded, err := b.Ledger.SlotTimes(ctx, schedule, c.From, c.To)
	if err != nil {
		return c, fmt.Errorf("read slots of schedule %s: %w", schedule, err)
	}
	compare(&c, expected, recorded)
	return c, nil
}

// known returns the time since which s has the times that it has. It has no
// slot at that time itself.
func (b *Book) known(ctx context.Context, s job.Schedule) (time.Time, error) {
	const most = 1000
	changes, err := b.Ledger.Changes(ctx, s.Name, most)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the changes of schedule %s: %w", s.Name, err)
	}
	i := slices.IndexFunc(changes, func(c job.Change) bool { return slices.Contains(timing, c.Field) || c.Field == trouble })
	if i < 0 && len(changes) == most {
		i = most - 1 // what was before is too long ago
	}
	if i < 0 {
		return s.Created, nil
	}
	return later(s.Created, changes[i].At), nil
}

// complete returns up to when the record of s must be complete, and at most
// to, unless that is zero.
func (b *Book) complete(s job.Schedule, to time.Time) time.Time {
	end := s.Decided.Add(time.Millisecond)
	if over := s.MaxRuns > 0 && s.Runs >= int64(s.MaxRuns); !over {
		end = later(end, b.Now().Add(-undecided))
	}
	if !to.IsZero() && to.Before(end) {
		return to
	}
	return end
}

// expected returns the due times of s that c is about.
func expected(s job.Schedule, calendars map[string]job.Calendar, since time.Time, c job.SlotCheck) (due []time.Time, err error) {
	if s.Problem != "" {
		return nil, nil
	}
	slots, err := Slots(s, calendars, later(since, c.From.Add(-time.Nanosecond)))
	if err != nil {
		return nil, err
	}
	for slot := range slots {
		if !slot.At.Before(c.To) || slot.At.After(s.Decided) && !slot.Start.Before(c.To) {
			break // it may start later than it is due
		}
		if len(due) == mostChecked {
			return nil, fault.New(fault.Invalid, "There are more than %d slots in that time; ask for less of it.", mostChecked).In("from")
		}
		due = append(due, slot.At.UTC())
	}
	return due, nil
}

// compare fills c in. Both lists are in order.
func compare(c *job.SlotCheck, expected []time.Time, recorded []job.Slot) {
	c.Outcomes = map[job.SlotOutcome]int64{}
	has := make(map[int64]bool, len(recorded))
	var lags []time.Duration
	for _, slot := range recorded {
		c.Outcomes[slot.Outcome]++
		has[slot.Due.UnixMilli()] = true
		if slot.Outcome.Ran() {
			lags = append(lags, slot.Lag)
		}
	}
	for _, due := range expected {
		if !has[due.UnixMilli()] {
			c.Gaps = append(c.Gaps, due)
		}
	}
	c.Lag = percentiles(lags)
}

// percentiles returns what the lag was of half of the slots, of all but one in
// a hundred, and of the latest. It is empty if none ran.
func percentiles(lags []time.Duration) map[string]job.Seconds {
	all := map[string]job.Seconds{}
	if len(lags) == 0 {
		return all
	}
	slices.Sort(lags)
	for name, percent := range map[string]int{"p50": 50, "p99": 99, "max": 100} {
		rank := (len(lags)*percent + 99) / 100 // counted from 1
		all[name] = job.Seconds(lags[max(rank, 1)-1])
	}
	return all
}
