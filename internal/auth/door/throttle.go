package door

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth/tally"
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

// How many wrong logins an address has in a window of time.
const (
	triesPerAddress = 50
	window          = 10 * time.Minute
)

// takeTryFrom counts a try from an address before it is made, as a wrong one, so
// that many at the same time are no way around. It is against those who try one
// password with many names. A right one is forgiven afterwards.
func (d *Door) takeTryFrom(address string) error {
	now := d.Now()
	if d.addresses.Another(tally.Place(address), now) {
		return nil
	}
	return tooMany(d.addresses.Left(now))
}

func (d *Door) forgive(address string) { d.addresses.Forgive(tally.Place(address), d.Now()) }

func host(address string) string {
	if name, _, err := net.SplitHostPort(address); err == nil {
		return name
	}
	return address
}
