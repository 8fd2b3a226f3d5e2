package metric

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/beadle-jobs/beadle/internal/job"
)

var (
	waitingDesc = described("beadle_jobs_waiting", "Jobs that wait, by the kind of thing.", "kind")
	heldDesc    = described("beadle_locks_held", "Resources that jobs hold, once for each holder.")
	linesDesc   = described("beadle_locks_waiting", "Places in the lines for resources.")
	maxDesc     = described("beadle_limit_max", "How many jobs may run at a time.", "task", "client", "from")
	inUseDesc   = described("beadle_limit_in_use", "How many jobs run under a limit.", "task", "client", "from")
)

// showLocks shows locks and limits, and what jobs wait for, which takes all
// three.
func (l *live) showLocks(ctx context.Context, queues []job.Queue, noQueues error, show gauge) {
	locks, noLocks := l.locks.List(ctx)
	if noLocks == nil {
		showHolders(locks, show)
	}
	limits, noLimits := l.locks.Limits(ctx)
	if noLimits == nil {
		l.hidden.Add(showLimits(limits, show))
	}
	if errors.Join(noQueues, noLocks, noLimits) == nil {
		showWaits(waitsOf(queues, locks, limits), show)
	}
}

func showHolders(locks []job.Lock, show gauge) {
	held, waiting := 0, 0
	for _, l := range locks {
		held += len(l.Holders)
		waiting += len(l.Waiters)
	}
	show(heldDesc, float64(held))
	show(linesDesc, float64(waiting))
}

// maxLimits bounds the labels of limits: an operator may set one for each pair
// of a task and a client.
const maxLimits = 200

// showLimits shows the first of them, and returns how many it has left out.
func showLimits(limits []job.Limit, show gauge) (hidden float64) {
	type scope struct{ task, client, from string }
	seen := map[scope]bool{}
	for _, l := range limits {
		s := scope{l.Task, l.Client, l.From}
		switch {
		case seen[s]:
			continue
		case len(seen) == maxLimits:
			hidden++
			continue
		}
		seen[s] = true
		show(maxDesc, float64(l.Max), l.Task, l.Client, l.From)
		show(inUseDesc, float64(l.InUse), l.Task, l.Client, l.From)
	}
	return hidden
}

// The kinds of waiting that are counted apart.
const (
	kindLock     = string(job.WaitsForLock)
	kindBlocking = string(job.WaitsForBlocking)
	kindLimit    = string(job.WaitsForLimit)
	kindOther    = "other"
)

// waitsOf counts the jobs that wait, each once, by what they stand in line for.
func waitsOf(queues []job.Queue, locks []job.Lock, limits []job.Limit) map[string]int64 {
	kinds := map[string]string{}
	for _, l := range locks {
		for _, w := range l.Waiters {
			if kinds[w.JobID] != kindLock {
				kinds[w.JobID] = kindOf(l.Resource)
			}
		}
	}
	counts := map[string]int64{kindLock: 0, kindBlocking: 0, kindLimit: 0}
	for _, kind := range kinds {
		counts[kind]++
	}
	for _, l := range limits {
		counts[kindLimit] += int64(l.Waits)
	}
	rest := -counts[kindLock] - counts[kindBlocking] - counts[kindLimit]
	for _, q := range queues {
		rest += q.Counts[job.Waiting]
	}
	counts[kindOther] = max(0, rest)
	return counts
}

// kindOf says what a job waits for that stands in line for the resource:
// "client/*" is everything of a client.
func kindOf(resource string) string {
	if len(resource) > 0 && resource[len(resource)-1] == '*' {
		return kindBlocking
	}
	return kindLock
}

func showWaits(counts map[string]int64, show gauge) {
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		show(waitingDesc, float64(counts[kind]), kind)
	}
}
