package job

import (
	"slices"
	"time"
)

// A Queue is where jobs stand until a worker takes them, as it is now.
type Queue struct {
	Name    string          `json:"name"`
	Counts  map[State]int64 `json:"counts"`           // of jobs that have not ended
	Oldest  *time.Time      `json:"oldest,omitempty"` // the job that is queued for longest could run since then
	Workers []string        `json:"workers"`          // ids of those that take jobs from it
	Slots   int             `json:"slots"`            // jobs that its workers run at a time, of all their queues
	Used    int             `json:"used"`             // of those
	Pause   *Pause          `json:"pause,omitempty"`  // why no job of it starts
}

// QueueWaits is how long jobs stood in queues before they began, of the newest
// that did.
type QueueWaits struct {
	Jobs   int // that say so
	Queues map[string]QueueWait
}

// A QueueWait is how long the jobs of one queue stood in it.
type QueueWait struct {
	Jobs   int
	Median time.Duration
	Long   time.Duration // 95 in 100 took no longer
}

// QueueWaitOf returns what those waits come to.
func QueueWaitOf(waits []time.Duration) QueueWait {
	n := len(waits)
	if n == 0 {
		return QueueWait{}
	}
	all := slices.Sorted(slices.Values(waits))
	return QueueWait{Jobs: n, Median: all[(n-1)/2], Long: all[(n*95+99)/100-1]}
}
