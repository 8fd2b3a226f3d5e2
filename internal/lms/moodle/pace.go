package moodle

import (
	"sync"
	"time"
)

// aim is how long a call that writes should take. Longer ones run into the
// limits of PHP and of web servers, shorter ones waste time on being many.
const aim = time.Second

// A pace is how many rows a call of one function has: as many as Moodle has
// been seen to write in about a second, at most what is configured.
type pace struct {
	aim  time.Duration
	mu   sync.Mutex
	rows map[string]int // by function
}

func newPace() *pace { return &pace{aim: aim, rows: map[string]int{}} }

// size returns how many rows a call may have.
func (p *pace) size(function string, most int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if rows := p.rows[function]; rows > 0 {
		return min(rows, most)
	}
	return most
}

// learn takes in how long a call with that many rows took, of which there
// could have been most.
func (p *pace) learn(function string, rows, most int, took time.Duration, timedOut bool) {
	var next int
	switch {
	case timedOut || took > 2*p.aim:
		next = max(1, rows/2)
	case took < p.aim && rows >= p.size(function, most):
		next = min(most, rows+1+rows/10)
	default:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows[function] = next
}
