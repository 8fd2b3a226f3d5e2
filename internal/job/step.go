package job

import "time"

// A Step is one thing that happened to a job, as it was recorded. It is for who
// counts: each thing that happens is one step, once, however often it was told.
type Step struct {
	Kind                StepKind
	Task, Client, Queue string

	Outcome Outcome       // of an attempt that ended
	State   State         // of a job that ended, or that an attempt left behind
	Wait    WaitKind      // what a wait that is over was for
	Took    time.Duration // an attempt, a wait, or from when a job was due until its first attempt; not negative
	Errors  int64         // record errors of a job that ended
}

// A StepKind says what happened.
type StepKind string

// What happens to jobs and is counted.
const (
	StepEnqueued StepKind = "enqueued" // it was accepted
	StepBegan    StepKind = "began"    // its first attempt began
	StepTried    StepKind = "tried"    // an attempt ended
	StepWaited   StepKind = "waited"   // a wait is over
	StepEnded    StepKind = "ended"    // it reached a final state
)

// Poisoned reports whether an attempt was the last of a job under which workers
// died: the job is taken for the cause.
func (s Step) Poisoned() bool {
	return s.Kind == StepTried && s.Outcome == AttemptLost && s.State == Failed
}
