package job

import (
	"fmt"
	"time"
)

// A WaitKind says what kind of thing a job waits for.
type WaitKind string

// What a job can wait for.
const (
	WaitsForLock     WaitKind = "lock"     // a resource that another job reads or writes
	WaitsForBlocking WaitKind = "blocking" // a blocking job, or all others if it is one itself
	WaitsForLimit    WaitKind = "limit"    // a place among the jobs that may run at a time
	WaitsForRate     WaitKind = "rate"     // its turn under a rate limit
	WaitsForTwin     WaitKind = "unique"   // the job with the same uniqueness key
	WaitsForWorker   WaitKind = "worker"   // a worker that knows the task, or suits it
	WaitsForIdle     WaitKind = "alone"    // a worker without other jobs
	WaitsForParts    WaitKind = "parts"    // the jobs that it was divided into
	WaitsForRedis    WaitKind = "redis"    // Redis, which has come back and may have lost locks
	WaitsForPause    WaitKind = "pause"    // the end of a pause of its queue
)

// A Wait says what a job waits for, who holds it, and since when.
type Wait struct {
	Kind   WaitKind   `json:"kind"`
	For    string     `json:"for,omitempty"`    // the resource, limit, task, worker or queue
	Holder string     `json:"holder,omitempty"` // id of the job in the way
	Task   string     `json:"task,omitempty"`   // of the holder
	Since  *time.Time `json:"since,omitempty"`  // the holder has held it
	Until  *time.Time `json:"until,omitempty"`  // the wait is over at the latest
	By     string     `json:"by,omitempty"`     // who paused the queue
	Note   string     `json:"note,omitempty"`   // and why
}

// Sentence says at that time what the job waits for, for people.
func (w Wait) Sentence(at time.Time) string {
	switch w.Kind {
	case WaitsForLock:
		return fmt.Sprintf("Waits for %s%s.", w.For, w.holder(at))
	case WaitsForBlocking:
		return fmt.Sprintf("Waits until it may run beside other jobs of %s%s.", w.For, w.holder(at))
	case WaitsForLimit:
		return fmt.Sprintf("Waits for a place under the limit %s.", w.For)
	case WaitsForRate:
		return fmt.Sprintf("Waits for its turn under the rate limit %s%s.", w.For, w.until())
	case WaitsForTwin:
		if w.Holder == "" {
			return "Waits for a job that does the same."
		}
		return fmt.Sprintf("Waits for job %s, which does the same.", w.Holder)
	case WaitsForWorker:
		return fmt.Sprintf("Waits for a worker that knows the task %s.", w.For)
	case WaitsForIdle:
		return "Waits for a worker without other jobs: its workers died three times in a row."
	case WaitsForParts:
		return fmt.Sprintf("Waits for its %s.", w.For)
	case WaitsForRedis:
		return "Waits a few seconds: Redis was restarted, and holders of locks come first."
	case WaitsForPause:
		return "Waits because " + w.paused(at)
	}
	return "Waits."
}

// holder says who is in the way, and for how long.
func (w Wait) holder(at time.Time) string {
	if w.Holder == "" {
		return ""
	}
	text := ", held by job " + w.Holder
	if w.Task != "" {
		text += " " + w.Task
	}
	if w.Since != nil {
		text += ", for " + Lasting(at.Sub(*w.Since))
	}
	return text
}

func (w Wait) until() string {
	if w.Until == nil {
		return ""
	}
	return ", until " + w.Until.UTC().Format("15:04:05") + " UTC"
}

// Lasting is how people say how long something took: "3 min".
func Lasting(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
