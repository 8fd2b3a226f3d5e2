// Package tally counts what each of many does in a while, so that nobody can do
// too much of it.
//
// A [Tally] is for one process only, and forgets everybody when its while is
// over. It tells so many names apart and no more, so that whoever comes under
// ever new names fills no memory: from then on the others count as one.
package tally

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// names is how many a tally tells apart.
const names = 10_000

// A Tally is safe for concurrent use.
type Tally struct {
	most  int
	while time.Duration
	mu    sync.Mutex
	since time.Time
	of    map[string]int
}

// New returns a tally of what may be done so often in a while.
func New(most int, while time.Duration) *Tally {
	return &Tally{most: most, while: while, of: map[string]int{}}
}

// Another counts one more of a name, and reports whether it is not too many.
func (t *Tally) Another(name string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	name = t.turn(name, now)
	t.of[name]++
	return t.of[name] <= t.most
}

// Full reports whether one more of a name would be too many.
func (t *Tally) Full(name string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[t.turn(name, now)] >= t.most
}

// Forgive takes back one that was counted.
func (t *Tally) Forgive(name string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if name = t.turn(name, now); t.of[name] > 0 {
		t.of[name]--
	}
}

// Left returns how long it takes until all is forgotten.
func (t *Tally) Left(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.since.Add(t.while).Sub(now)
}

// turn begins the next while if it is time, and returns under what name to
// count.
func (t *Tally) turn(name string, now time.Time) string {
	if now.Sub(t.since) >= t.while {
		t.since = now
		clear(t.of)
	}
	if _, known := t.of[name]; !known && len(t.of) >= names {
		return ""
	}
	return name
}

// Place returns what an address counts under: an IPv4 address itself, and of an
// IPv6 address the network of 64 bits, all of which one customer has.
func Place(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	network, _ := a.Prefix(64) // any IPv6 address has it
	return network.String()
}
