package job

import "time"

// A UniquePolicy is what becomes of a job whose uniqueness key is taken.
type UniquePolicy string

// The policies of uniqueness.
const (
	Skip           UniquePolicy = "skip"            // not accepted; the job that holds the key stands for it
	Reject         UniquePolicy = "reject"          // refused, with the id of the job that holds the key
	QueueOne       UniquePolicy = "queue one"       // one waits behind the holder, further ones are skipped
	ReplaceWaiting UniquePolicy = "replace waiting" // one waits behind the holder; a further one takes its place
)

// Valid reports whether p is a policy.
func (p UniquePolicy) Valid() bool {
	return p == Skip || p == Reject || p == QueueOne || p == ReplaceWaiting
}

// A Unique says which jobs of a task are the same: those of one client that
// agree in these arguments.
type Unique struct {
	Args   []string     `json:"args"` // names of top-level arguments; empty: all jobs of the client are the same
	Policy UniquePolicy `json:"policy"`
}

// A Rate bounds how often something starts.
type Rate struct {
	Key    string        `json:"key"`         // what is counted together; of the client, unless it begins with "/"
	Count  int           `json:"count"`       // starts
	Per    time.Duration `json:"per_seconds"` // in that time
	Window bool          `json:"window"`      // sliding window: never more than Count within Per. Else a token bucket: bursts of Count, then evenly
}

// A Limit bounds how many jobs run at a time: of a task, of a client, or of a
// task for a client.
type Limit struct {
	Task   string `json:"task,omitempty"`   // empty: of all tasks together
	Client string `json:"client,omitempty"` // empty: of all clients together; "*": of each client
	Max    int    `json:"max"`              // at least 1
	InUse  int    `json:"in_use"`           // running now
	Waits  int    `json:"waits"`            // jobs that wait for a place
	From   string `json:"from"`             // "operator", or "task" if the task's code declares it
}
