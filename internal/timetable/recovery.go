package timetable

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// RecoveryRules say when slots that went by while nobody was watching become a
// recovery, and how that goes on.
type RecoveryRules struct {
	After    time.Duration // nobody was watching for longer; 0: they never do
	Approve  int           // one with more slots is held for a person
	Most     int           // slots that it has; the oldest of more are missed
	Together int           // jobs of it that are unfinished at a time
}

const approvedByItself = "beadle"

// A step is a slot of a recovery, and what its place and its start depend on.
type step struct {
	job.Slot
	priors []job.SlotSpan // what it comes after
	wants  job.Wants
	usual  time.Duration
}

// inOrder returns steps by due time, each behind those that it comes after.
func inOrder(steps []step) []step {
	slices.SortFunc(steps, func(a, b step) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Schedule, b.Schedule)) })
	o := ordering{steps: steps, of: map[string][]int{}, seen: make([]bool, len(steps))}
	for i, s := range steps {
		o.of[s.Schedule] = append(o.of[s.Schedule], i)
	}
	for i := range steps {
		o.visit(i)
	}
	return o.done
}

// An ordering is steps on their way into order.
type ordering struct {
	steps []step
	of    map[string][]int // places, by schedule
	seen  []bool
	done  []step
}

// visit puts a step behind those that it comes after.
func (o *ordering) visit(i int) {
	if o.seen[i] {
		return
	}
	o.seen[i] = true
	for _, span := range o.steps[i].priors {
		for _, prior := range o.of[span.Schedule] {
			if inSpan(o.steps[prior].Due, span) {
				o.visit(prior)
			}
		}
	}
	o.done = append(o.done, o.steps[i])
}

func inSpan(due time.Time, span job.SlotSpan) bool {
	return !due.Before(span.From) && due.Before(span.To)
}

// howLong returns how long steps take that are in order, if each takes as long
// as usual: each after those that it comes after, not along with one that it
// clashes with, and so many at a time.
func howLong(steps []step, together int) (all time.Duration) {
	f := future{
		ended: map[string][]int{}, ends: make([]time.Duration, len(steps)), free: make(places, max(together, 1)),
		writes: map[string]time.Duration{}, reads: map[string]time.Duration{},
	}
	for i, s := range steps {
		end := f.start(steps, s) + s.usual
		f.run(i, s, end)
		all = max(all, end)
	}
	return all
}

// A future is when the steps so far will have ended.
type future struct {
	ended         map[string][]int // places of steps, by schedule
	ends          []time.Duration  // by place
	free          places
	writes, reads map[string]time.Duration // the last end, by resource
}

// start returns when a step can start.
func (f *future) start(steps []step, s step) time.Duration {
	start := f.free[0]
	for _, span := range s.priors {
		for _, i := range f.ended[span.Schedule] {
			if inSpan(steps[i].Due, span) {
				start = max(start, f.ends[i])
			}
		}
	}
	for _, name := range s.wants.Reads {
		start = max(start, f.writes[name])
	}
	for _, name := range s.wants.Writes {
		start = max(start, f.writes[name], f.reads[name])
	}
	return start
}

// run notes the end of a step.
func (f *future) run(i int, s step, end time.Duration) {
	f.ends[i] = end
	f.ended[s.Schedule] = append(f.ended[s.Schedule], i)
	for _, name := range s.wants.Reads {
		f.reads[name] = max(f.reads[name], end)
	}
	for _, name := range s.wants.Writes {
		f.writes[name] = end
	}
	f.free[0] = end
	heap.Fix(&f.free, 0)
}

// places are when they become free, the soonest first. It implements
// [heap.Interface], of which nothing is pushed or popped.
type places []time.Duration

func (p places) Len() int           { return len(p) }
func (p places) Less(i, j int) bool { return p[i] < p[j] }
func (p places) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

// Push implements [heap.Interface].
func (p *places) Push(x any) { *p = append(*p, x.(time.Duration)) }

// Pop implements [heap.Interface].
func (p *places) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}

// cut returns the steps that a recovery takes, which are in order, and the
// slots that are missed instead: the oldest.
func cut(steps []step, most int, now time.Time) (kept []step, missed []job.Slot) {
	over := len(steps) - most
	if over <= 0 {
		return steps, nil
	}
	byAge := slices.SortedStableFunc(slices.Values(steps), func(a, b step) int { return a.Due.Compare(b.Due) })
	limit := byAge[over-1]
	for _, s := range steps {
		older := s.Due.Before(limit.Due)
		if len(missed) < over && (older || s.Due.Equal(limit.Due)) {
			s.Outcome, s.Reason, s.Decided = job.SlotMissed, fmt.Sprintf("a recovery takes the newest %d slots", most), now
			missed = append(missed, s.Slot)
			continue
		}
		kept = append(kept, s)
	}
	return kept, missed
}

// A grip is resources that jobs have.
type grip struct{ reads, writes map[string]job.Slot }

func newGrip() grip { return grip{map[string]job.Slot{}, map[string]job.Slot{}} }

// clash returns a resource of w that somebody has who does not share it, and
// who that is.
func (g grip) clash(w job.Wants) (resource string, with job.Slot) {
	for _, name := range w.Writes {
		for _, held := range []map[string]job.Slot{g.writes, g.reads} {
			if slot, taken := held[name]; taken {
				return name, slot
			}
		}
	}
	for _, name := range w.Reads {
		if slot, taken := g.writes[name]; taken {
			return name, slot
		}
	}
	return "", job.Slot{}
}

func (g grip) take(w job.Wants, by job.Slot) {
	for _, name := range w.Reads {
		g.reads[name] = by
	}
	for _, name := range w.Writes {
		g.writes[name] = by
	}
}
