package door

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// Wrong logins in a row that cost nothing, and the longest that one then waits.
const (
	freeTries   = 5
	longestWait = 15 * time.Minute
)

// waitAfter returns how long one waits after n wrong logins in a row.
func waitAfter(n int) time.Duration {
	if n < freeTries {
		return 0
	}
	if n >= freeTries+10 {
		return longestWait
	}
	return min(time.Second<<(n-freeTries), longestWait)
}

// takeTry counts a try with a name before it is made, as a wrong one: of many
// at the same time, only one is made. A right one is forgiven afterwards.
func (d *Door) takeTry(ctx context.Context, name string) error {
	n, last, err := d.Store.Failures(ctx, name)
	if err != nil {
		return err
	}
	now := d.Now()
	if wait := last.Add(waitAfter(n)).Sub(now); n > 0 && wait > 0 {
		return tooMany(wait)
	}
	ok, err := d.Store.Fail(ctx, name, n, now)
	if err == nil && !ok {
		return tooMany(time.Second)
	}
	return err
}

// tooMany says how long to wait.
func tooMany(wait time.Duration) error {
	wait = max(wait.Round(time.Second), time.Second)
	f := fault.New(fault.Unavailable, "There were too many wrong logins. Try again in %s.", inWords(wait))
	f.After = wait
	return f
}

func inWords(wait time.Duration) string {
	switch {
	case wait == time.Second:
		return "a second"
	case wait < 2*time.Minute:
		return fmt.Sprintf("%d seconds", wait/time.Second)
	}
	return fmt.Sprintf("%d minutes", (wait+time.Minute-1)/time.Minute)
}

// How many wrong logins an address has in a window of time, and how many
// addresses are kept in mind.
const (
	triesPerAddress = 50
	window          = 10 * time.Minute
	mostAddresses   = 10_000
)

// addresses counts wrong logins by address, in this process. It is against
// those who try one password with many names.
type addresses struct {
	mu    sync.Mutex
	since time.Time
	wrong map[string]int
}

// check refuses an address from which too much went wrong.
func (a *addresses) check(address string, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	if a.wrong[host(address)] >= triesPerAddress {
		return tooMany(a.since.Add(window).Sub(now))
	}
	return nil
}

// fail counts a wrong login.
func (a *addresses) fail(address string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(now)
	if _, ok := a.wrong[host(address)]; ok || len(a.wrong) < mostAddresses {
		a.wrong[host(address)]++
	}
}

// turn begins a new window when the last one is over.
func (a *addresses) turn(now time.Time) {
	if a.wrong == nil || now.Sub(a.since) >= window {
		a.since, a.wrong = now, map[string]int{}
	}
}

func host(address string) string {
	if name, _, err := net.SplitHostPort(address); err == nil {
		return name
	}
	return address
}
