package lock

import (
	"fmt"
	"testing"
	"time"
)

const (
	bucketOf2 = `{"rates":[{"key":"north/mail","count":2,"per_seconds":10}]}`
	windowOf2 = `{"rates":[{"key":"north/mail","count":2,"per_seconds":10,"window":true}]}`
)

func TestRates(t *testing.T) {
	for name, c := range map[string]struct {
		wants string
		due   []time.Duration // of five jobs that come at once
	}{
		"token bucket":   {bucketOf2, []time.Duration{0, 0, 5 * time.Second, 10 * time.Second, 15 * time.Second}},
		"sliding window": {windowOf2, []time.Duration{0, 0, 10 * time.Second, 10 * time.Second, 20 * time.Second}},
		"one each second": {
			`{"rates":[{"key":"north/mail","count":1,"per_seconds":1}]}`,
			[]time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second},
		},
		"the slower of two": {
			`{"rates":[{"key":"north/mail","count":5,"per_seconds":1},{"key":"/sms","count":1,"per_seconds":60,"window":true}]}`,
			[]time.Duration{0, time.Minute, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute},
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := stopped(t)
			for i, due := range c.due {
				why := clock.try(fmt.Sprint("j", i), north, c.wants)
				if due == 0 && why != (reason{}) || due > 0 && (why.Kind != "rate" || clock.after(why.Due) != due) {
					t.Errorf("job %d: %+v, due after %s, want %s", i, why, clock.after(why.Due), due)
				}
			}
			var gone time.Duration
			for i, due := range c.due {
				clock.passes(due - gone)
				gone = due
				if why := clock.try(fmt.Sprint("j", i), north, c.wants); due > 0 && why != (reason{}) {
					t.Errorf("job %d came back at its time: %+v", i, why)
				}
				if due == 0 {
					break
				}
			}
		})
	}
}

func TestATurnIsPassedAtItsTime(t *testing.T) {
	for name, wants := range map[string]string{"token bucket": bucketOf2, "sliding window": windowOf2} {
		t.Run(name, func(t *testing.T) {
			c := stopped(t)
			for i := range 3 {
				c.try(fmt.Sprint("j", i), north, wants)
			}
			due := c.try("j2", north, wants).Due
			c.passes(c.after(due) - time.Millisecond)
			expect(t, "early", due, c.try("j2", north, wants).Due)
			c.passes(time.Millisecond)
			expect(t, "at its time", reason{}, c.try("j2", north, wants))
		})
	}
}

func TestARefusalForALockKeepsTheTurn(t *testing.T) {
	c := stopped(t)
	wants := `{"writes":["north/users"],"rates":[{"key":"north/mail","count":1,"per_seconds":10}]}`
	c.try("first", north, `{"rates":[{"key":"north/mail","count":1,"per_seconds":10}]}`)
	expect(t, "a", "rate", c.try("a", north, wants).Kind)
	c.try("holder", north, writesUsers)
	c.passes(10 * time.Second)
	expect(t, "a at its time", "lock", c.try("a", north, wants).Kind)
	expect(t, "b", "lock", c.try("b", north, wants).Kind)
	expect(t, "called", []string{"a"}, c.gives("holder", north.wanting(writesUsers)))
	expect(t, "a called", reason{}, c.try("a", north, wants))
}

func TestASlidingWindowHoldsWhenTurnsAreLate(t *testing.T) {
	c := stopped(t)
	started := []time.Time{}
	var due []float64
	for i := range 8 {
		why := c.try(fmt.Sprint("j", i), north, windowOf2)
		if due = append(due, why.Due); why.Due == 0 {
			started = append(started, c.at)
		}
	}
	c.passes(15 * time.Second) // two are late, the others come at their time
	for range 200 {
		for i := range due {
			if due[i] > 0 && c.after(due[i]) <= 0 {
				if due[i] = c.try(fmt.Sprint("j", i), north, windowOf2).Due; due[i] == 0 {
					started = append(started, c.at)
				}
			}
		}
		c.passes(500 * time.Millisecond)
	}
	if len(started) != 8 {
		t.Fatalf("%d of 8 started", len(started))
	}
	for i := 2; i < len(started); i++ {
		if d := started[i].Sub(started[i-2]); d < 10*time.Second {
			t.Errorf("starts %d to %d within %s", i-2, i, d)
		}
	}
}

func TestLeavingGivesTheTurnAway(t *testing.T) {
	c := stopped(t)
	for i := range 4 {
		c.try(fmt.Sprint("j", i), north, windowOf2)
	}
	c.call(nil, "leave", "j2")
	why := c.try("j4", north, windowOf2)
	expect(t, "due", 10*time.Second, c.after(why.Due))
}
