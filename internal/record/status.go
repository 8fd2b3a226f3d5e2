package record

import (
	"context"
	"sync"
	"time"
)

// A Status is how far a recorder is.
type Status struct {
	Position string        // of the last stream entry that is recorded
	Lag      time.Duration // age of the oldest event that is not; while Redis is away, time since nothing is known
	Behind   int64         // entries of the stream that are not recorded, about; none if Lag is zero
	Skipped  int64         // events that could not be recorded since the start: nothing is known of their job or kind
	Restored int64         // jobs that were enqueued again since the start because Redis had lost them
}

// status is a Status that others read while the recorder runs.
type status struct {
	sync.Mutex
	position string
	behind   int64
	skipped  int64
	restored int64
	oldest   time.Time // when the oldest event that is not recorded happened; zero: all are
}

// Status returns how far the recorder is. It is safe for concurrent use.
func (r *Recorder) Status() Status {
	s := &r.status
	s.Lock()
	defer s.Unlock()
	now := Status{Position: s.position, Skipped: s.skipped, Restored: s.restored}
	if !s.oldest.IsZero() {
		now.Lag, now.Behind = max(0, time.Since(s.oldest)), s.behind
	}
	return now
}

// Lag returns how old the oldest event is that is not recorded yet, and zero
// if all are or the recorder does not run.
func (r *Recorder) Lag() time.Duration { return r.Status().Lag }

// count finds out how many entries are not recorded.
func (r *Recorder) count(ctx context.Context) error {
	all, err := r.Stream.Backlog(ctx)
	if err == nil {
		r.status.waiting(max(0, all-r.pages.recordedStill()))
	}
	return err
}

func (s *status) set(change func()) {
	s.Lock()
	defer s.Unlock()
	change()
}

func (s *status) at(position string)     { s.set(func() { s.position = position }) }
func (s *status) waiting(entries int64)  { s.set(func() { s.behind = entries }) }
func (s *status) skip(events int)        { s.set(func() { s.skipped += int64(events) }) }
func (s *status) restore(jobs int)       { s.set(func() { s.restored += int64(jobs) }) }
func (s *status) current()               { s.set(func() { s.oldest = time.Time{} }) }
func (s *status) caughtUpTo(t time.Time) { s.set(func() { s.oldest = t }) }
func (s *status) behindSince(t time.Time) {
	s.set(func() {
		if s.oldest.IsZero() {
			s.oldest = t
		}
	})
}
