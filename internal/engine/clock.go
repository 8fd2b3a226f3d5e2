package engine

import (
	"sync"
	"time"
)

// A redisClock estimates how far the clock of Redis is ahead of this process's,
// from answers that say the time. An answer was given at some moment between
// question and receipt, so one that came at once tells more than one that took
// long, as after this process was frozen: it only counts if it is better than
// what is known, or contradicts it because somebody has set a clock.
type redisClock struct {
	mu    sync.Mutex
	skew  time.Duration
	slack time.Duration // skew is right up to this, as of last
	last  time.Time     // when skew was taken
	sent  time.Time     // when Redis was asked last
}

// drift is by how much clocks part, at most, for each second.
const drift = time.Millisecond

// read takes note of an answer: at is what Redis said.
func (c *redisClock) read(at, sent, received time.Time) {
	slack := received.Sub(sent) / 2
	skew := at.Sub(sent.Add(slack).Round(0))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = sent
	known := c.slack + time.Duration(received.Sub(c.last).Seconds()*float64(drift))
	if c.last.IsZero() || slack <= known || (skew-c.skew).Abs() > slack+known {
		c.skew, c.slack, c.last = skew, slack, received
	}
}

// ahead is how far the clock of Redis is ahead of ours.
func (c *redisClock) ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew
}

// asked is when Redis was asked last.
func (c *redisClock) asked() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent
}
