package job

import "time"

// A Queue is where jobs stand until a worker takes them, as it is now.
type Queue struct {
	Name    string          `json:"name"`
	Counts  map[State]int64 `json:"counts"`           // of jobs that have not ended
	Oldest  *time.Time      `json:"oldest,omitempty"` // the job that is queued for longest was accepted then
	Workers []string        `json:"workers"`          // ids of those that take jobs from it
	Slots   int             `json:"slots"`            // jobs that its workers run at a time, of all their queues
	Used    int             `json:"used"`             // of those
	Pause   *Pause          `json:"pause,omitempty"`  // why no job of it starts
}
