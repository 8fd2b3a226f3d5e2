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
	Stopping    bool              `json:"stopping,omitempty"`   // finishes what it has, and its process ends
	Order       Order             `json:"order,omitempty"`      // what people have told it
	OrderedBy   string            `json:"ordered_by,omitempty"` // who has
	Quiet       bool              `json:"quiet,omitempty"`      // takes no more jobs
	Seen        time.Time         `json:"seen"`
}

// An Order is what people tell a worker to do with the jobs to come. What it
// has in hand it finishes.
type Order string

// The orders.
const (
	OrderWake  Order = ""      // take jobs, as workers do
	OrderQuiet Order = "quiet" // take no more, and stay
	OrderDrain Order = "drain" // take no more, and end when those in hand have ended
)
