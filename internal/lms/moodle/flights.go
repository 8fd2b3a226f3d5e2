package moodle

import (
	"context"
	"sync"
)

// flights keep writers out of each other's way inside this process. Moodle
// looks before it writes and has no locks: two calls that create one course at
// once create two, and of two that enrol into one course the loser's whole
// batch fails.
type flights struct {
	mu     sync.Mutex
	busy   map[string]bool
	landed chan struct{} // closed when something becomes free
}

func newFlights() *flights { return &flights{busy: map[string]bool{}, landed: make(chan struct{})} }

// enter waits until none of the keys is in use, and takes them all until leave
// is called. Its error is that ctx has ended.
func (f *flights) enter(ctx context.Context, keys []string) (leave func(), err error) {
	for {
		wait := f.take(keys)
		if wait == nil {
			return func() { f.leave(keys) }, nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, unanswered(ctx.Err())
		}
	}
}

// take takes the keys, or returns what to wait for before trying again.
func (f *flights) take(keys []string) (wait <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		if f.busy[key] {
			return f.landed
		}
	}
	for _, key := range keys {
		f.busy[key] = true
	}
	return nil
}

func (f *flights) leave(keys []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		delete(f.busy, key)
	}
	close(f.landed)
	f.landed = make(chan struct{})
}
