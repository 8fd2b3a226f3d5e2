package timetable

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"time"
)

// The bounds of a forecast of clashes: it ends before it looks at more slots.
const (
	mostOwn      = 20_000 // of the schedule in question; there are 10,080 minutes
	mostRivals   = 300_000
	firstStretch = 10 * time.Minute // that is looked at
)

// A stint is the time for which the job of a slot is likely to run, up to and
// without its end, in milliseconds.
type stint struct {
	due, start, end int64
	of              int // place of its schedule
}

// stint returns that of a slot of c.
func (c *claimant) stint(due *Due, place int) stint {
	start := due.At
	if c.Jitter > 0 {
		start = c.start(due.At)
	}
	return stint{due.At.UnixMilli(), start.UnixMilli(), start.Add(c.long).UnixMilli(), place}
}

// walk returns when jobs run of the schedule in question, and of its rivals. If
// that are too many, c ends before them.
func (c *contest) walk() (own []stint, rivals field) {
	due := []*cursor{cursorAt(c.subject.times, c.from)}
	own, until := stints([]claimant{c.subject}, due, c.from, c.to, mostOwn)
	c.shorten(until, c.to)

	due = nil
	for i := range c.rivals {
		due = append(due, c.rivals[i].running(c.from))
	}
	end := c.to.Add(c.subject.long + time.Duration(c.subject.Jitter)) // of its last job
	theirs, until := stints(c.rivals, due, c.from, end, mostRivals)
	c.shorten(until, end)
	own = slices.DeleteFunc(own, func(s stint) bool { return s.due >= c.to.UnixMilli() })
	c.remarkEnd(len(own))
	return own, newField(theirs)
}

// shorten lets c end at the time that was come to, if that is not what was to
// be looked at.
func (c *contest) shorten(until, end time.Time) {
	if until.Before(end) {
		c.cut = true
	}
	if until.Before(c.to) {
		c.to = until
	}
}

// remarkEnd says what is not known because c ends.
func (c *contest) remarkEnd(runs int) {
	end := "what comes after " + c.to.In(c.subject.zone).Format(time.DateTime)
	switch {
	case c.cut:
		c.remark(end, ": too many slots are due by then")
	case runs == 0 && len(c.rivals) > 0:
		c.remark(end, ": it does not run before then")
	}
}

// running returns a cursor at the first slot of c whose job may still run at a
// time, though it was decided on.
func (c *claimant) running(at time.Time) *cursor {
	t := c.times
	if t.MaxRuns == 0 { // else it would be counted twice
		t.Decided = time.Time{}
	}
	return cursorAt(t, at.Add(-c.long-time.Duration(t.Jitter)))
}

// stints goes through the slots of claimants, each with its cursor, that are due
// before a time, and returns how far it came before there were too many. It
// takes longer and longer stretches, so that it is soon through with few.
func stints(claimants []claimant, at []*cursor, from, to time.Time, most int) (all []stint, until time.Time) {
	looked, stretch := 0, firstStretch
	for until = from; until.Before(to); stretch *= 2 {
		known, end := len(all), until.Add(stretch)
		if end.After(to) {
			end = to
		}
		for i, c := range at {
			for ; c.ok && c.due.At.Before(end); c.advance() {
				if looked++; looked > most {
					return all[:known], until
				}
				if !c.firing().Skipped {
					all = append(all, claimants[i].stint(&c.due, i))
				}
			}
		}
		until = end
	}
	return all, until
}

// A field is when the resources of a schedule are wanted by others.
type field struct {
	stints  []stint // by start
	ends    []int64 // in order
	longest int64
}

func newField(stints []stint) field {
	f := field{stints: stints, ends: make([]int64, len(stints))}
	slices.SortFunc(stints, func(a, b stint) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.of, b.of))
	})
	for i, s := range stints {
		f.ends[i] = s.end
		f.longest = max(f.longest, s.end-s.start)
	}
	slices.Sort(f.ends)
	return f
}

// count returns how many of f overlap with s: those that start before its end,
// without those that end before its start.
func (f field) count(s stint) int {
	over := sort.Search(len(f.ends), func(i int) bool { return f.ends[i] > s.start })
	return f.from(s.end) - over
}

// from returns the place of the first of f that does not start before a time.
func (f field) from(start int64) int {
	return sort.Search(len(f.stints), func(i int) bool { return f.stints[i].start >= start })
}

// overlapping returns those of f that overlap with s, by start.
func (f field) overlapping(s stint) iter.Seq[stint] {
	return func(yield func(stint) bool) {
		for _, other := range f.stints[f.from(s.start-f.longest):f.from(s.end)] {
			if other.end > s.start && !yield(other) {
				return
			}
		}
	}
}
