package job

import "time"

// A Worker is a process that runs jobs, as it last described itself. A worker
// that has not done so for ten seconds is not listed any more.
type Worker struct {
	ID          string            `json:"id"`   // one per start of the process
	Name        string            `json:"name"` // what people call it; several may share it
	Host        string            `json:"host"`
	PID         int               `json:"pid"`
	Queues      map[string]int    `json:"queues"`           // and how often each is looked at, relative to the others
	Concurrency int               `json:"concurrency"`      // jobs at a time
	Running     []string          `json:"running"`          // job ids
	Stuck       []string          `json:"stuck,omitempty"`  // those of them that were told to stop more than 30 s ago
	Tasks       []string          `json:"tasks,omitempty"`  // that it brings
	Labels      map[string]string `json:"labels,omitempty"` // where tasks may ask to run
	Build       string            `json:"build"`
	Started     time.Time         `json:"started"`
	Stopping    bool              `json:"stopping,omitempty"` // finishes what it has and takes no more
	Seen        time.Time         `json:"seen"`
}
