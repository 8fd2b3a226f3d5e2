package timetable

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const (
	mostFirings = 1000 // that are foretold at a time
	mostSkipped = 5000 // that are looked through for one that runs
)

// Forecast returns the next n firings strictly after from, or after now if from
// is zero: of a schedule, or of all that run at all if its name is empty.
// Firings that will be skipped are among them, and say why. What is decided
// already is not.
func (b *Book) Forecast(ctx context.Context, schedule string, from time.Time, n int) ([]job.Firing, error) {
	if n < 1 || n > mostFirings {
		return nil, fault.New(fault.Invalid, "The number of firings must be from 1 to %d.", mostFirings).In("n")
	}
	schedules, err := b.foretold(ctx, schedule)
	if err != nil {
		return nil, err
	}
	calendars, err := b.calendars(ctx)
	if err != nil {
		return nil, err
	}
	if from.IsZero() {
		from = b.Now()
	}
	return firings(schedules, calendars, from, n), nil
}

// foretold returns the schedules of a forecast.
func (b *Book) foretold(ctx context.Context, schedule string) (schedules []job.Schedule, err error) {
	if schedule != "" {
		s, err := b.Ledger.Schedule(ctx, schedule)
		return []job.Schedule{s}, err
	}
	all, err := b.Ledger.Schedules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schedules: %w", err)
	}
	for _, s := range all {
		if s.Enabled && !s.Missing && s.Problem == "" {
			schedules = append(schedules, s)
		}
	}
	return schedules, nil
}

func (b *Book) calendars(ctx context.Context) (map[string]job.Calendar, error) {
	all, err := b.Ledger.Calendars(ctx)
	if err != nil {
		return nil, fmt.Errorf("read calendars: %w", err)
	}
	calendars := make(map[string]job.Calendar, len(all))
	for _, c := range all {
		calendars[c.Name] = c
	}
	return calendars, nil
}

// NextOf returns when each of those schedules runs next, by name. One that
// does not run is left out.
func (b *Book) NextOf(ctx context.Context, schedules []job.Schedule) (map[string]time.Time, error) {
	calendars, err := b.calendars(ctx)
	if err != nil {
		return nil, err
	}
	next, zones, now := map[string]time.Time{}, atlas{}, b.Now()
	for _, s := range schedules {
		if !s.Enabled || s.Missing || s.Problem != "" {
			continue
		}
		if t, err := zones.times(s, calendars); err == nil {
			if at, ok := firstRun(t, now); ok {
				next[s.Name] = at
			}
		}
	}
	return next, nil
}

// firstRun returns the first firing of t after now that is not skipped.
func firstRun(t times, now time.Time) (time.Time, bool) {
	if t.PausedUntil != nil {
		now = later(now, t.PausedUntil.Add(-time.Nanosecond))
	}
	c := cursorAt(t, now)
	for range mostSkipped {
		if !c.ok || !c.firing().Skipped {
			break
		}
		c.advance()
	}
	return c.due.At, c.ok && !c.firing().Skipped
}

// firings returns the next n firings of schedules after from, in order.
// Schedules that can have no slots have none.
func firings(schedules []job.Schedule, calendars map[string]job.Calendar, from time.Time, n int) []job.Firing {
	var merged cursors
	zones := atlas{}
	for _, s := range schedules {
		if t, err := zones.times(s, calendars); err == nil && s.Problem == "" {
			if c := cursorAt(t, from); c.ok {
				merged = append(merged, c)
			}
		}
	}
	heap.Init(&merged)
	var all []job.Firing
	for len(merged) > 0 && len(all) < n {
		c := merged[0]
		f := c.firing()
		if !f.Skipped {
			f.Remark = remark(c.times, f.Due)
		}
		all = append(all, f)
		if c.advance(); c.ok {
			heap.Fix(&merged, 0)
		} else {
			heap.Pop(&merged)
		}
	}
	return all
}

// remark says what else there is to know of a firing.
func remark(t times, at time.Time) string {
	var all []string
	if len(t.After) > 0 {
		all = append(all, "after "+enumerated(t.After))
	}
	if odd := oddity(t.trigger, at); odd != "" {
		all = append(all, odd)
	}
	return strings.Join(all, "; ")
}

// A cursor goes through the firings of one schedule.
type cursor struct {
	times
	due  Due
	ok   bool // there is a firing
	left int  // runs that it may have, from this one on
}

// cursorAt returns a cursor at the first firing after from that is not decided.
func cursorAt(t times, from time.Time) *cursor {
	c := &cursor{times: t, left: t.MaxRuns - int(t.Runs)}
	at, ok := t.first(later(from, t.OpenAfter()))
	c.move(at, ok)
	return c
}

func (c *cursor) move(at time.Time, ok bool) {
	c.ok = ok && !c.ended(at) && (c.MaxRuns == 0 || c.left > 0)
	if c.ok {
		c.due = c.times.due(at, time.Time{})
	}
}

func (c *cursor) advance() {
	if !c.firing().Skipped {
		c.left--
	}
	c.move(c.trigger.Next(c.due.At, c.zone))
}

// firing returns what the cursor stands at.
func (c *cursor) firing() job.Firing {
	f := job.Firing{Schedule: c.Name, Due: c.due.At}
	outcome, reason := halted(c.Schedule, c.due.At)
	switch {
	case outcome != "":
		f.Skipped, f.Remark = true, reason
	case c.due.Excluded:
		f.Skipped, f.Remark = true, "left out: "+c.due.Title
	}
	return f
}

// cursors are a heap by time.
type cursors []*cursor

func (c cursors) Len() int { return len(c) }

func (c cursors) Less(i, j int) bool {
	return cmp.Or(c[i].due.At.Compare(c[j].due.At), cmp.Compare(c[i].Name, c[j].Name)) < 0
}

func (c cursors) Swap(i, j int) { c[i], c[j] = c[j], c[i] }

// Push implements [heap.Interface].
func (c *cursors) Push(x any) { *c = append(*c, x.(*cursor)) }

// Pop implements [heap.Interface].
func (c *cursors) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}
