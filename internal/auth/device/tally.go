package device

import (
	"sync"
	"time"
)

// A tally counts what each of some does in a minute. It is for this process
// only, and forgets everybody when the minute is over, so that it stays small.
type tally struct {
	most  int
	mu    sync.Mutex
	since time.Time
	of    map[string]int
}

// names is how many a tally tells apart; the others count as one.
const names = 10_000

func newTally(most int) *tally { return &tally{most: most, of: map[string]int{}} }

// another counts one more of a name, and reports whether it is not too many.
func (t *tally) another(name string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	name = t.turn(name, now)
	t.of[name]++
	return t.of[name] <= t.most
}

// full reports whether one more of a name would be too many.
func (t *tally) full(name string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[t.turn(name, now)] >= t.most
}

// turn begins the next minute if it is time, and returns under what name to
// count.
func (t *tally) turn(name string, now time.Time) string {
	if now.Sub(t.since) >= time.Minute {
		t.since = now
		clear(t.of)
	}
	if _, known := t.of[name]; !known && len(t.of) >= names {
		return ""
	}
	return name
}
