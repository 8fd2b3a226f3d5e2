package job

import (
	"fmt"
	"strings"
	"time"
)

// MaxWaits is how many waits of a job are told apart. The last of so many sums
// up all that came after it.
const MaxWaits = 20

// A Waited is a wait of a job, or the sum of several.
type Waited struct {
	Kind   WaitKind   `json:"kind,omitempty"`   // empty: it is not known, or a sum of different ones
	For    string     `json:"for,omitempty"`    // as of a [Wait]
	Holder string     `json:"holder,omitempty"` // id of the job that was in the way at first
	Task   string     `json:"task,omitempty"`   // of the holder
	Began  time.Time  `json:"began"`
	Since  *time.Time `json:"since,omitempty"` // it goes on since then; nil: it is over
	Took   Seconds    `json:"took_seconds"`    // so far, without what goes on
	Times  int        `json:"times"`           // 1, unless it is a sum
}

// Waits are all the waits of one job, the first one first.
type Waits []Waited

// Begin returns w with a wait that began at that time. One for the same thing
// goes on.
func (w Waits) Begin(wait Wait, at time.Time) Waits {
	if last := w.last(); last != nil && last.Since != nil {
		if last.isFor(wait) {
			return w
		}
		last.end(at)
	}
	if len(w) < MaxWaits {
		return append(w, Waited{Kind: wait.Kind, For: wait.For, Holder: wait.Holder, Task: wait.Task, Began: at, Since: &at, Times: 1})
	}
	w.last().add(wait, at)
	return w
}

// End returns w with its last wait being over.
func (w Waits) End(at time.Time) Waits {
	if last := w.last(); last != nil {
		last.end(at)
	}
	return w
}

// Open returns the wait that goes on, if one does.
func (w Waits) Open() (Waited, bool) {
	if last := w.last(); last != nil && last.Since != nil {
		return *last, true
	}
	return Waited{}, false
}

func (w Waits) last() *Waited {
	if len(w) == 0 {
		return nil
	}
	return &w[len(w)-1]
}

func (w *Waited) isFor(wait Wait) bool { return w.Kind == wait.Kind && w.For == wait.For }

func (w *Waited) end(at time.Time) {
	if w.Since != nil {
		w.Took += Seconds(max(at.Sub(*w.Since), 0))
		w.Since = nil
	}
}

// add makes w a sum, with one more wait.
func (w *Waited) add(wait Wait, at time.Time) {
	w.Since, w.Holder, w.Task = &at, "", ""
	if w.Times++; !w.isFor(wait) {
		w.Kind, w.For = "", ""
	}
}

var waitedFor = map[WaitKind]string{
	WaitsForLock:     " for FOR",
	WaitsForBlocking: " until it might run beside other jobs of FOR",
	WaitsForLimit:    " for a place under the limit FOR",
	WaitsForRate:     " for its turn under the rate limit FOR",
	WaitsForTwin:     " for a job that does the same",
	WaitsForWorker:   " for a worker that knows the task FOR",
	WaitsForIdle:     " for a worker without other jobs",
	WaitsForParts:    " for its FOR",
	WaitsForRedis:    " for Redis, which had been restarted",
	WaitsForPause:    " for the end of a pause of queue FOR",
}

// Sentence says of a wait that is over how long it took and what it was for:
// "Waited 3 min for gradebook, held by job 01J… stats.nightly."
func (w Waited) Sentence() string {
	text := "Waited " + Lasting(time.Duration(w.Took))
	text += strings.ReplaceAll(waitedFor[w.Kind], "FOR", w.For)
	if w.Holder != "" {
		text += Wait{Holder: w.Holder, Task: w.Task}.holder(w.Began)
	}
	if w.Times > 1 {
		text += fmt.Sprintf(", %d times together", w.Times)
	}
	return text + "."
}
