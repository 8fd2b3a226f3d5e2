package engine

import (
	"testing"
	"time"
)

func TestTheClockOfRedisIsKnownFromTheQuickestAnswers(t *testing.T) {
	var c redisClock
	now := time.Now()
	// answers has Redis, whose clock is ahead by that much, answer after there
	// and the answer arrive after back.
	answers := func(ahead, there, back time.Duration) {
		c.read(now.Round(0).Add(there+ahead), now, now.Add(there+back))
		now = now.Add(there + back)
	}
	near := func(when string, want time.Duration) {
		t.Helper()
		if got := c.ahead(); (got - want).Abs() > 2*time.Millisecond {
			t.Errorf("%s: Redis is ahead by %s, want %s", when, got, want)
		}
	}
	answers(time.Minute, 10*time.Millisecond, 12*time.Millisecond)
	near("at first", time.Minute)
	answers(time.Minute, time.Millisecond, time.Millisecond)
	near("after a quick answer", time.Minute)
	answers(time.Minute, time.Millisecond, 3*time.Second)
	near("after the process was frozen", time.Minute)
	answers(2*time.Minute, time.Millisecond, time.Millisecond)
	near("after Redis' clock was set", 2*time.Minute)
	answers(time.Minute, time.Millisecond, time.Second)
	if got := c.ahead(); (got - time.Minute).Abs() > time.Second {
		t.Errorf("after it was set, and a slow answer: ahead by %s", got)
	}
	now = now.Add(time.Hour)
	answers(time.Minute+time.Second, 500*time.Millisecond, 500*time.Millisecond)
	near("after an hour in which clocks may have parted", time.Minute+time.Second)
}
