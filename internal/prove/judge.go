package prove

import (
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/check"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// examples is how many findings of a step a report names.
const examples = 10

// judge makes a step's part of the report from what was written down, and from
// times that the step measured itself.
func judge(e check.Evidence, measured []time.Duration) Step {
	r := check.Judge(e)
	s := Step{
		Jobs: r.Acknowledged, Lost: r.Counts[check.Lost], Overlaps: r.Counts[check.HoldOverlap],
		Doubled:   r.Counts[check.Doubled] + r.Counts[check.JobOverlap] + doubledEffects(e.Sunk),
		Fences:    r.Counts[check.FenceBack] + r.Counts[check.FenceMissing],
		Failed:    r.States["failed"] + r.States["aborted"] + r.States["expired"],
		Unclear:   r.Counts[check.Refused] + r.Counts[check.Unexplained] + r.Counts[check.Late] + r.Counts[check.Astray] + r.Counts[check.RanOn],
		Attempted: r.Outcomes["lost"] + r.Outcomes["interrupted"], Writes: r.Writes, Refused: r.Denied,
	}
	for _, d := range e.Ledger {
		s.UsedUp += d.Job.Failures
	}
	for _, f := range r.Findings[:min(examples, len(r.Findings))] {
		s.Findings = append(s.Findings, string(f.Kind)+": "+f.What)
	}
	s.Recovery = recoveryOf(append(measured, recovered(e.Sunk)...))
	return s
}

// doubledEffects counts last writes that were accepted more than once of one job
// under one fence.
func doubledEffects(sunk []journal.Sunk) (n int) {
	type effect struct {
		job   string
		fence int64
	}
	seen := map[effect]bool{}
	for _, s := range sunk {
		if s.What != journal.End || !s.OK {
			continue
		}
		at := effect{s.Job, s.Fence}
		if seen[at] {
			n++
		}
		seen[at] = true
	}
	return n
}

// runningOn are the jobs that a process has begun and not ended, by its
// incarnation, with their attempts.
func runningOn(sunk []journal.Sunk, incarnation string) map[string]int {
	running := map[string]int{}
	for _, s := range sunk {
		if s.Worker != incarnation {
			continue
		}
		switch s.What {
		case journal.Begin:
			running[s.Job] = s.Attempt
		case journal.Left:
			delete(running, s.Job)
		}
	}
	return running
}

// recovered measures for each job that was hit by a fault how long it took until
// another attempt at it began; and of a restart of Redis, until any began.
func recovered(sunk []journal.Sunk) (took []time.Duration) {
	for i, s := range sunk {
		switch {
		case s.What != journal.Mark:
		case s.Worker == "redis.1" && s.Fault == journal.Kill:
			took = append(took, afterRestart(sunk[i:])...)
		case s.Fault == journal.Kill || s.Fault == journal.Freeze || s.Fault == journal.Deploy:
			for job, attempt := range runningOn(sunk[:i], s.Worker) {
				took = append(took, nextAttempt(sunk[i:], job, attempt)...)
			}
		}
	}
	return took
}

// nextAttempt is how long after the first line a later attempt at a job began, if
// one did.
func nextAttempt(sunk []journal.Sunk, job string, attempt int) []time.Duration {
	at := slices.IndexFunc(sunk, func(s journal.Sunk) bool { return s.What == journal.Begin && s.Job == job && s.Attempt > attempt })
	return between(sunk, at)
}

// afterRestart is how long after the first line, by which Redis went, an attempt
// began once it was back.
func afterRestart(sunk []journal.Sunk) []time.Duration {
	back := slices.IndexFunc(sunk, func(s journal.Sunk) bool { return s.Worker == "redis.1" && s.Fault == journal.Started })
	if back < 0 {
		return nil
	}
	at := slices.IndexFunc(sunk[back:], func(s journal.Sunk) bool { return s.What == journal.Begin })
	if at < 0 {
		return nil
	}
	return between(sunk, back+at)
}

func between(sunk []journal.Sunk, at int) []time.Duration {
	if at < 0 {
		return nil
	}
	return []time.Duration{time.Duration(sunk[at].At-sunk[0].At) * time.Microsecond}
}

func recoveryOf(took []time.Duration) Recovery {
	if len(took) == 0 {
		return Recovery{}
	}
	slices.Sort(took)
	return Recovery{Measured: len(took), P50: seconds(took[(len(took)-1)/2]), Max: seconds(took[len(took)-1])}
}
