package timetable

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

const defaultAfterLimit = 12 * time.Hour

// A prior is a job that a slot waits for.
type prior struct {
	what string    // "users.import of 02:00"
	is   standing  //
	at   time.Time // when it came to be so
	why  string    // it is lost: "failed"
	turn time.Time // when its turn in the recovery of both came; zero if there is none
}

// A standing is how far a prior is.
type standing int

const (
	pending standing = iota // it may yet succeed
	met                     // it has succeeded, or there is nothing to wait for
	lost                    // it can no longer succeed
)

// A ruling is what is to become of a slot that waits for others.
type ruling struct {
	waits string          // what for, in a sentence; empty: for nothing any more
	doom  job.SlotOutcome // it is given up with this outcome; empty: it starts
	why   string          // it is given up, or it started later or all the same
	ready time.Time       // when it could start
}

// ruleOn decides on a slot of s that was to start at that time, and was
// intended at another. The time that it may wait is counted from the later one,
// and not before the turn of what it waits for.
func ruleOn(s job.Schedule, start, intended, now time.Time, priors []prior) ruling {
	r := ruling{ready: start}
	most := cmp.Or(time.Duration(s.AfterLimit), defaultAfterLimit)
	var waits, waited, wrong []string
	for _, p := range priors {
		limit := later(later(start, intended), p.turn).Add(most)
		switch {
		case p.is == met:
			if p.at.After(start.Add(onTime)) {
				waited = append(waited, p.what)
			}
			r.ready = later(r.ready, p.at)
		case p.is == lost:
			wrong, r.ready = append(wrong, p.what+" "+p.why), later(r.ready, p.at)
		case now.Before(limit):
			waits = append(waits, p.what)
		default:
			wrong, r.ready = append(wrong, fmt.Sprintf("%s had not succeeded within %s", p.what, most)), later(r.ready, limit)
		}
	}
	switch {
	case len(wrong) > 0 && s.AfterElse == job.ElseMiss:
		r.doom, r.why = job.SlotMissed, enumerated(wrong)
	case len(wrong) > 0 && s.AfterElse != job.ElseRun:
		r.doom, r.why = job.SlotBlocked, enumerated(wrong)
	case len(waits) > 0:
		r.waits = waitsFor(waits)
	case len(wrong) > 0:
		r.why = "it ran although " + enumerated(wrong)
	case len(waited) > 0:
		r.why = "it waited for " + enumerated(waited)
	}
	return r
}

func waitsFor(what []string) string { return "Waits for " + enumerated(what) + "." }

// enumerated puts all into a sentence: "a, b and c".
func enumerated(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " and " + all[last]
}

// spans returns when slots were due that a slot of t waits for, of each of the
// others.
func (t times) spans(due time.Time) []job.SlotSpan {
	all := make([]job.SlotSpan, len(t.After))
	one := job.SlotSpan{To: due.Add(time.Millisecond)}
	if t.AfterFor == job.AfterDay {
		year, month, day := due.In(t.zone).Date()
		one.From, one.To = time.Date(year, month, day, 0, 0, 0, 0, t.zone), time.Date(year, month, day+1, 0, 0, 0, 0, t.zone)
		one.Any = true
	} else {
		one.From = t.latest(due).Add(time.Millisecond)
	}
	for i, name := range t.After {
		one.Schedule = name
		all[i] = one
	}
	return all
}

// An other is a schedule that a slot waits for.
type other struct {
	*times // nil: it is not there, or can have no slots
}

// off reports whether o has no slots that run, for now.
func (o other) off() bool { return o.times == nil || !o.Enabled || o.Missing }

// prior returns what a slot of t waits for, of whose span this is known.
func (t times) prior(o other, due time.Time, span job.SlotSpan, stand job.SlotStand) prior {
	next := o.undecided(span)
	p := prior{what: t.named(later(stand.Due, next.At), due, span)}
	switch {
	case next.At.After(stand.Due):
		p.why = o.fruitless(next)
	case stand.Outcome.Ran() && stand.State == job.Succeeded:
		p.is, p.at = met, stand.Ended
		return p
	case stand.Schedule != "" && stand.Open(), span.Any && o.mayRun(span):
		return p
	case stand.Schedule != "":
		p.why, p.at = ending(stand), later(stand.Decided, stand.Ended)
	case o.off():
		p.why = "is switched off"
	case span.Any:
		p.what, p.why = span.Schedule, "does not run on "+span.From.Format(time.DateOnly)
	default:
		p.is = met
	}
	if p.why != "" {
		p.is = lost
	}
	return p
}

// named returns what people know a prior by, whose slot was due at that time.
func (t times) named(at, due time.Time, span job.SlotSpan) string {
	switch {
	case span.Any:
		return span.Schedule + " of " + span.From.Format(time.DateOnly)
	case at.IsZero():
		return span.Schedule
	}
	return span.Schedule + " of " + onDay(at.In(t.zone), due.In(t.zone))
}

// onDay writes a time, with its date if that is another one.
func onDay(at, day time.Time) string {
	if at.Format(time.DateOnly) != day.Format(time.DateOnly) {
		return at.Format("2006-01-02 15:04")
	}
	return wallTime(at, 0)
}

// undecided returns the last slot of a span on which nobody has decided yet;
// zero if there is none.
func (o other) undecided(span job.SlotSpan) Due {
	if o.times == nil || span.Any || o.over() {
		return Due{}
	}
	if first, ok := o.first(o.OpenAfter()); !ok || !first.Before(span.To) {
		return Due{}
	}
	at := o.latest(span.To)
	if at.Before(span.From) || o.ended(at) {
		return Due{}
	}
	return o.due(at, time.Time{})
}

// mayRun reports whether a slot of a span is still to come that may run.
func (o other) mayRun(span job.SlotSpan) bool {
	if o.off() || o.over() {
		return false
	}
	const most = 1000
	looked := 0
	for due := range o.after(later(o.OpenAfter(), span.From.Add(-time.Nanosecond))) {
		if !due.At.Before(span.To) {
			return false
		}
		if looked++; o.fruitless(due) == "" || looked == most {
			return true
		}
	}
	return false
}

// over reports whether t had all its runs.
func (t times) over() bool { return t.MaxRuns > 0 && t.Runs >= int64(t.MaxRuns) }

// fruitless says why a slot that nobody has decided on will not run.
func (o other) fruitless(due Due) string {
	outcome, _ := halted(o.Schedule, due.At)
	switch {
	case outcome != "":
		return "is switched off or paused"
	case due.Excluded:
		return "is left out by its calendar"
	}
	return ""
}

// ending says how it ended for a slot whose job did not succeed.
func ending(s job.SlotStand) string {
	switch {
	case !s.Outcome.Ran():
		return "was " + string(s.Outcome)
	case s.State == job.Aborted:
		return "was aborted"
	}
	return string(s.State) // it failed, or expired
}
