package check

import (
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// name is what a job is for: an errand, or a slot. Two jobs of one name are one
// too many.
func (j Job) name() string {
	if j.Schedule == "" || j.Slot == nil {
		return j.Args.Name
	}
	return j.Schedule + " at " + j.Slot.UTC().Format(time.RFC3339)
}

// slots checks that every due time has exactly one outcome.
func (j *judge) slots() {
	for _, due := range j.Slots {
		j.series(due)
	}
}

// series walks through the due times of one schedule: the multiples of its
// interval.
func (j *judge) series(due journal.Due) {
	all := slices.SortedFunc(slices.Values(due.Slots), func(a, b journal.Slot) int { return a.Due.Compare(b.Due) })
	next := due.From.Add(due.Every - 1).Truncate(due.Every)
	for _, s := range all {
		j.Timetable[s.Outcome]++
		j.Lag = max(j.Lag, s.Lag)
		if s.Due.Before(next) {
			j.find(SlotDoubled, "%s at %s: %s, job %q", due.Schedule, stamp(s.Due), s.Outcome, s.Job)
			continue
		}
		j.gap(due, next, s.Due)
		next = s.Due.Add(due.Every)
	}
	j.gap(due, next, due.To)
}

// gap notes the due times from one up to another that have no outcome.
func (j *judge) gap(due journal.Due, next, upTo time.Time) {
	for ; next.Before(upTo); next = next.Add(due.Every) {
		j.find(SlotMissing, "%s at %s", due.Schedule, stamp(next))
	}
}

func stamp(t time.Time) string { return t.UTC().Format("15:04:05.000") }
