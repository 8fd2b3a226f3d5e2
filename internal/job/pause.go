package job

import (
	"strings"
	"time"
)

// EveryQueue is the queue of a [Pause] of all queues.
const EveryQueue = "*"

// A Pause keeps the jobs of a queue from starting. Those that run go on, and
// further ones are taken in.
type Pause struct {
	Queue string     `json:"queue"` // or [EveryQueue]
	By    string     `json:"by"`
	Note  string     `json:"note"` // why
	Since time.Time  `json:"since"`
	Until *time.Time `json:"until,omitempty"` // it is over by itself; nil: until somebody resumes
}

// Over reports whether a pause has come to its end by itself.
func (p Pause) Over(at time.Time) bool { return p.Until != nil && !p.Until.After(at) }

// Holds reports whether a job of that queue has to wait at that time.
func (p Pause) Holds(queue string, at time.Time) bool {
	return (p.Queue == EveryQueue || p.Queue == BaseQueue(queue)) && !p.Over(at)
}

// Wait is what a job waits for that p holds.
func (p Pause) Wait() *Wait {
	return &Wait{Kind: WaitsForPause, For: p.Queue, By: p.By, Note: p.Note, Since: &p.Since, Until: p.Until}
}

// Sentence says that a queue is paused, by whom, since when and why.
func (p Pause) Sentence(at time.Time) string {
	return strings.ToUpper(pausedQueue(p.Queue)[:1]) + p.Wait().paused(at)[1:]
}

// paused says what is paused, by whom, since when and why.
func (w Wait) paused(at time.Time) string {
	text := pausedQueue(w.For) + " paused by " + w.By
	if w.Since != nil {
		text += " since " + clockOf(*w.Since, at)
	}
	if w.Until != nil {
		text += ", until " + clockOf(*w.Until, at)
	}
	if w.Note != "" {
		text += ": " + strings.TrimRight(w.Note, ".")
	}
	return text + "."
}

func pausedQueue(name string) string {
	if name == EveryQueue {
		return "all queues are"
	}
	return "queue " + name + " is"
}

// clockOf writes a time of the day of at as a time, and any other with its day.
func clockOf(t, at time.Time) string {
	t, at = t.UTC(), at.UTC()
	if t.YearDay() == at.YearDay() && t.Year() == at.Year() {
		return t.Format("15:04 UTC")
	}
	return t.Format("2 January 15:04 UTC")
}

// BaseQueue is the queue that people know of one in which jobs stand: those
// for some workers alone stand in a part of it, such as "default@gpu=yes".
func BaseQueue(queue string) string {
	base, _, _ := strings.Cut(queue, "@")
	return base
}
