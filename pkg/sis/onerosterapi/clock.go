package onerosterapi

import (
	"fmt"
	"net/http"
	"time"
)

// steady is what two clocks may differ by without anybody caring.
const steady = time.Minute

// A clock is that of the service, as its answers show it.
type clock struct {
	skew time.Duration // ahead of ours, or behind it
}

// note reads the clock off an answer to what was sent then.
func (c *clock) note(date string, sent time.Time) {
	at, err := http.ParseTime(date)
	if err != nil {
		return
	}
	c.skew = at.Add(time.Second / 2).Sub(sent.Add(time.Since(sent) / 2)) // a Date has no fractions
}

func (c *clock) now() time.Time { return time.Now().Add(c.skew) }

// off is what the clock is wrong by, either way, if that matters.
func (c *clock) off() time.Duration {
	if c.skew.Abs() <= steady {
		return 0
	}
	return c.skew.Abs().Round(time.Second)
}

func (c *clock) warning() string {
	if c.off() == 0 {
		return ""
	}
	way := "ahead of"
	if c.skew < 0 {
		way = "behind"
	}
	return fmt.Sprintf("CLOCK_SKEW: The clock of the SIS is %s %s ours; what has changed is asked for from that much earlier.", c.off(), way)
}

// A cursor is the newest change that was seen, by the service's clock, less
// what that clock was wrong by then: it may be set right before the next pull.
func (c *clock) cursor(newest time.Time) string {
	return earlier(newest, c.now()).Add(-c.off()).UTC().Format(time.RFC3339Nano)
}

// since is the time after which what changed is asked for, given the cursor.
// It is never later than the service's own now: dates in the future hide
// nothing.
func (c *clock) since(cursor time.Time, overlap time.Duration) time.Time {
	return earlier(cursor, c.now()).Add(-overlap - c.off())
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
