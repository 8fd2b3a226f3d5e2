package metric

import (
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

var (
	jobsDesc   = described("beadle_jobs", "Jobs in flight now.", "queue", "state")
	pausedDesc = described("beadle_queue_paused", "1 if no job of the queue starts because people have paused it.", "queue")
	oldestDesc = described("beadle_queue_oldest_seconds", "How long the job that is queued for longest could have run; 0 if none is.", "queue")
)

// maxQueues bounds the labels of queues. The rest is one.
const maxQueues = 200

func showQueues(queues []job.Queue, now time.Time, show gauge) {
	for _, q := range boundQueues(queues) {
		for state, n := range q.Counts {
			show(jobsDesc, float64(n), q.Name, string(state))
		}
		show(pausedDesc, one(q.Pause != nil), q.Name)
		oldest := time.Time{}
		if q.Oldest != nil {
			oldest = *q.Oldest
		}
		show(oldestDesc, age(now, oldest), q.Name)
	}
}

// boundQueues makes one queue of those that are too many. It is paused if one of
// them is.
func boundQueues(all []job.Queue) []job.Queue {
	if len(all) <= maxQueues {
		return all
	}
	rest := job.Queue{Name: other, Counts: map[job.State]int64{}}
	for _, q := range all[maxQueues-1:] {
		for state, n := range q.Counts {
			rest.Counts[state] += n
		}
		if rest.Pause == nil {
			rest.Pause = q.Pause
		}
		if rest.Oldest == nil || q.Oldest != nil && q.Oldest.Before(*rest.Oldest) {
			rest.Oldest = q.Oldest
		}
	}
	return append(all[:maxQueues-1:maxQueues-1], rest)
}
