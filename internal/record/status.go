package record

import (
	"sync"
	"time"
)

// status is how far a recorder is, for others to read while it runs.
type status struct {
	sync.Mutex
	position string
	skipped  int64
	behind   time.Time // when the oldest event that is not recorded happened; zero: all are
}

// Lag returns how old the oldest event is that is not recorded yet, and zero
// if all are or the recorder does not run. While Redis is away it is the time
// since nothing is known.
func (r *Recorder) Lag() time.Duration {
	r.status.Lock()
	defer r.status.Unlock()
	if r.status.behind.IsZero() {
		return 0
	}
	return max(0, time.Since(r.status.behind))
}

// Position returns the id of the last stream entry that is recorded.
func (r *Recorder) Position() string {
	r.status.Lock()
	defer r.status.Unlock()
	return r.status.position
}

// Skipped returns how many events could not be recorded since the recorder was
// started, because nothing is known of their job or of their kind.
func (r *Recorder) Skipped() int64 {
	r.status.Lock()
	defer r.status.Unlock()
	return r.status.skipped
}

func (s *status) set(change func()) {
	s.Lock()
	defer s.Unlock()
	change()
}

func (s *status) at(position string)     { s.set(func() { s.position = position }) }
func (s *status) skip(events int)        { s.set(func() { s.skipped += int64(events) }) }
func (s *status) current()               { s.set(func() { s.behind = time.Time{} }) }
func (s *status) caughtUpTo(t time.Time) { s.set(func() { s.behind = t }) }
func (s *status) behindSince(t time.Time) {
	s.set(func() {
		if s.behind.IsZero() {
			s.behind = t
		}
	})
}
