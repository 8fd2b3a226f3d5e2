package job

import "time"

// A Beginning is an attempt that begins, and what was before it, as a trace
// shows it.
type Beginning struct {
	Job    Job
	Ready  time.Time // from when on it could have begun: it was due
	Began  time.Time
	Parked []Parked // waits in between, outside its queue
}

// A Parked is a wait that is over.
type Parked struct {
	Kind     WaitKind
	From, To time.Time
}
