package main

import (
	"context"
	"errors"
	"maps"
	"net"
	"strconv"
)

// A rebuff is how a question to a scheduler got no answer that counts.
type rebuff string

// What a client sees of a scheduler that is not there, or does not want to.
const (
	shut   rebuff = "refused"    // nobody listens there: the next one is asked
	silent rebuff = "timed_out"  // no answer in time
	broken rebuff = "broken_off" // the connection ended under the question
)

// note counts a question without an answer.
func (a *api) note(t rebuff) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rebuffs[t]++
}

// tally returns how often questions had no answer so far.
func (a *api) tally() map[rebuff]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.rebuffs)
}

// rebuffOf says what an error of the connection means.
func rebuffOf(err error) rebuff {
	var dial *net.OpError
	switch timeout := net.Error(nil); {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return silent
	case errors.As(err, &dial) && dial.Op == "dial":
		return shut
	}
	return broken
}

// rebuffAt is that of an answer which says to try again.
func rebuffAt(status int) rebuff { return rebuff(strconv.Itoa(status)) }
