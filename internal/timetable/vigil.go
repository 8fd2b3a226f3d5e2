package timetable

import (
	"context"
	"time"
)

// jumpAfter is what clocks may differ by without a jump.
const jumpAfter = 2 * time.Second

// awayAfter is how much longer than meant a walker may rest before it was
// away: frozen, or asleep with its machine.
const awayAfter = 10 * time.Second

// A vigil notes since when a walker has been watching. The time of day is
// compared with the time that has passed.
type vigil struct {
	since  time.Time     // nobody was watching before
	wall   time.Time     // at the last note
	passed time.Time     // at the last note, by a clock that nobody sets
	meant  time.Duration // how long it was to rest from then on
}

func startVigil(now time.Time) vigil {
	return vigil{since: now, wall: now.Round(0), passed: time.Now()}
}

// rest notes that a walker rests.
func (v *vigil) rest(now time.Time, d time.Duration) {
	v.wall, v.passed, v.meant = now.Round(0), time.Now(), d
}

// watch notes when the walker was away or the clock was moved, so that slots
// from then are not called late but caught up.
func (w *Walker) watch(ctx context.Context) {
	v, now := &w.vigil, w.Now().Round(0)
	passed := time.Since(v.passed)
	shown := now.Sub(v.wall)
	switch jump := shown - passed; {
	case jump < -jumpAfter:
		w.Log.WarnContext(ctx, "the clock was put back: no slot comes again, and none before the last that was decided", "by", -jump, "from", v.wall.Add(passed), "to", now)
	case jump > jumpAfter:
		w.Log.WarnContext(ctx, "the clock went ahead, or the machine slept: what was due meanwhile is caught up on", "by", jump, "from", v.wall.Add(passed), "to", now)
	case passed-v.meant > awayAfter:
		w.Log.WarnContext(ctx, "the scheduler was held up: what was due meanwhile is caught up on", "for", passed-v.meant, "from", v.wall, "to", now)
	default:
		return
	}
	v.since = now
	w.recovery.begun = false
}
