package metric

import (
	"context"
	"sync"
	"time"
)

// kept is a value that is read now and then, because that costs something. It is
// safe for concurrent use.
type kept[T any] struct {
	read  func(ctx context.Context) (T, error)
	every time.Duration // read again when it is that old
	limit time.Duration // of one reading

	mu    sync.Mutex
	value T
	at    time.Time     // when it was read; zero: it could not be
	tried time.Time     // when that was begun last
	busy  chan struct{} // closed when the reading that goes on has ended; nil: none does
}

// keep returns a value that is read at most that often.
func keep[T any](every time.Duration, read func(context.Context) (T, error)) *kept[T] {
	return &kept[T]{read: read, every: every, limit: every}
}

// get returns the value. If it is too old it is read again: get waits for that
// until ctx ends and then returns the old one, if there is one.
func (k *kept[T]) get(ctx context.Context) (T, bool) {
	if busy := k.refresh(); busy != nil {
		select {
		case <-busy:
		case <-ctx.Done():
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.value, !k.at.IsZero()
}

// refresh begins to read the value, if it is time, and returns what is closed
// when a reading has ended.
func (k *kept[T]) refresh() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.busy == nil && time.Since(k.tried) >= k.every {
		k.busy, k.tried = make(chan struct{}), time.Now()
		go k.fill(k.busy)
	}
	return k.busy
}

// fill reads the value. One that cannot be read is not known any more.
func (k *kept[T]) fill(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), k.limit)
	defer cancel()
	value, err := k.read(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.busy = nil; err != nil {
		k.at = time.Time{}
	} else {
		k.value, k.at = value, time.Now()
	}
	close(done)
}
