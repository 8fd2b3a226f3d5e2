package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A step is one thing that became of a job.
type step struct {
	Chip chip
	At   time.Time // zero: it is as it is now
	Text string
	Now  bool // it is how the job stands
}

// timeline tells the way of a job from being accepted to where it stands: what it
// waited for, its attempts with what came of them, and how long it stood still
// before each.
func timeline(j job.Job, attempts []job.Attempt, waits job.Waits, now time.Time) []step {
	steps := []step{{Chip: chip{"Accepted", "check", "queued"}, At: j.Created, Text: "From " + j.Owner + ", for queue “" + j.Queue + "”."}}
	free := j.Created
	for _, a := range attempts {
		steps = append(steps, attemptStep(a, a.Started.Sub(free), now))
		if a.Ended != nil {
			free = *a.Ended
		}
	}
	steps = append(steps, waitSteps(waits)...)
	slices.SortStableFunc(steps, func(x, y step) int { return x.At.Compare(y.At) })
	switch {
	case j.State == job.Running && len(attempts) > 0:
		steps[len(steps)-1].Now = true
	case j.State.Final() && j.Ended != nil:
		steps = append(steps, step{chipOfJob(j), *j.Ended, sentence(j, now), true})
	default:
		steps = append(steps, step{chipOfJob(j), time.Time{}, sentence(j, now), true})
	}
	return steps
}

// waitSteps are the waits that are over; the one that goes on is how the job
// stands.
func waitSteps(waits job.Waits) (steps []step) {
	for _, w := range waits {
		if w.Since == nil {
			steps = append(steps, step{Chip: chipOf(job.Waiting), At: w.Began, Text: w.Sentence()})
		}
	}
	return steps
}

// attemptStep is an attempt that began after the job had stood still for so long.
func attemptStep(a job.Attempt, stood time.Duration, now time.Time) step {
	text := fmt.Sprintf("Attempt %d%s", a.Number, on(a.Worker))
	if stood >= time.Second {
		text += ", after " + duration(stood)
	}
	if a.Ended == nil {
		return step{Chip: outcomes[a.Outcome], At: a.Started, Text: text + "; it has run for " + duration(now.Sub(a.Started)) + "."}
	}
	text += "; it took " + duration(a.Ended.Sub(a.Started))
	if line, _, _ := strings.Cut(a.Error, "\n"); line != "" {
		text += ": " + line
	}
	return step{Chip: outcomes[a.Outcome], At: a.Started, Text: strings.TrimSuffix(text, ".") + "."}
}

// attemptsOf are the attempts that rows show.
func attemptsOf(rows []attemptRow) []job.Attempt {
	all := make([]job.Attempt, len(rows))
	for i, row := range rows {
		all[i] = row.Attempt
	}
	return all
}
