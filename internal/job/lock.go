package job

import "time"

// Wants are what a job needs to start, besides a worker. Names of resources
// are scoped: "client/resource", or "/resource" for one of the whole platform.
type Wants struct {
	Reads    []string `json:"reads,omitempty"`
	Writes   []string `json:"writes,omitempty"`
	Blocking bool     `json:"blocking,omitempty"` // wants to be the only job of its client; of the platform, if it has none
	Rates    []Rate   `json:"rates,omitempty"`
}

// A Lock is a resource that somebody holds or waits for, as people see it.
type Lock struct {
	Resource string   `json:"resource"` // "client/resource"; "client/*" is everything of a client
	Holders  []Holder `json:"holders"`
	Waiters  []Waiter `json:"waiters"` // in the order in which they will get it
}

// A Holder is a job that holds a lock.
type Holder struct {
	Resource string    `json:"-"`
	JobID    string    `json:"job"`
	Task     string    `json:"task"`
	Client   string    `json:"client"`
	Worker   string    `json:"worker"` // id of the worker's session
	Mode     string    `json:"mode"`   // "read" or "write"
	Fence    int64     `json:"fence"`
	Since    time.Time `json:"since"`
}

// A Waiter is a job that stands in line for a lock.
type Waiter struct {
	JobID  string    `json:"job"`
	Task   string    `json:"task"`
	Client string    `json:"client"`
	Mode   string    `json:"mode"`
	Since  time.Time `json:"since"`
}
