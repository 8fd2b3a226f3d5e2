package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/lock"
)

// Why the context of an attempt ends, apart from its time limit.
var (
	errAborted   = errors.New("the job was aborted")
	errShutdown  = errors.New("the worker was told to stop")
	errLeaseLost = errors.New("the worker lost contact for longer than its lease")
	errBroken    = errors.New("the job's locks were taken away")
	errCrowded   = errors.New("no place became free on the worker")
)

// leaseMargin is how long before the lease the contexts of all attempts end.
const leaseMargin = time.Second

// A tooLong is the cause of a context that ended at the task's time limit.
type tooLong struct{ limit time.Duration }

func (e tooLong) Error() string { return fmt.Sprintf("ran longer than its limit of %s", e.limit) }

// A session is a lease of the worker and all that it holds under it. A session
// whose lease was lost is over, and all attempts in it; the worker goes on
// under a new one.
type session struct {
	id     string
	lease  context.Context // ends one second before the lease could run out
	lose   context.CancelCauseFunc
	timer  *time.Timer
	cutOff bool // the last renewal got no answer; only renewals look at it
}

// newSession returns a session whose lease was asked for at that time.
func newSession(asked time.Time) *session {
	s := &session{id: uuid.NewString()}
	s.lease, s.lose = context.WithCancelCause(context.Background())
	s.timer = time.AfterFunc(remaining(asked), func() { s.lose(errLeaseLost) })
	return s
}

// remaining is how long code may go on under a lease that was asked for at
// that time, by this process's own monotonic clock.
func remaining(asked time.Time) time.Duration {
	return time.Until(asked.Add(lock.Lease - leaseMargin))
}

// extend takes note of a renewal that was asked for at that time. A lease that
// was lost stays lost.
func (s *session) extend(asked time.Time) {
	if s.timer.Stop() {
		s.timer.Reset(remaining(asked))
	}
}

// A hold is a job in this worker's hands, from the start of its attempt until
// its outcome is recorded.
type hold struct {
	record
	session *session
	work    context.Context // what the task's code sees, but for its time limit
	end     context.CancelCauseFunc
	wrapUp  chan struct{} // closed: the attempt should come to its end
	soon    sync.Once
	span    func(job.Outcome) // ends that of the attempt; nil if it is not traced

	mu       sync.Mutex
	code     context.Context // what the task's code sees; nil if it has not begun
	told     time.Time       // when that ended; zero if it did not, or nobody has looked
	returned bool            // its code has
	stuck    bool            // it is known to be
	noted    bool            // and Redis knows
	gone     bool            // Redis did not know of it at the last heartbeat
}

func newHold(s *session, rec record) *hold {
	h := &hold{record: rec, session: s, wrapUp: make(chan struct{})}
	h.work, h.end = context.WithCancelCause(s.lease)
	return h
}

// tell ends the attempt's context.
func (h *hold) tell(cause error) {
	h.hurry()
	h.end(cause)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.told.IsZero() {
		h.told = time.Now()
	}
}

// hurry tells the attempt to come to its end.
func (h *hold) hurry() { h.soon.Do(func() { close(h.wrapUp) }) }

// begin takes note of the context that the task's code sees.
func (h *hold) begin(code context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.code = code
}

// back takes note that the code has returned. Nobody needs its context any
// more; the session would keep it for ever.
func (h *hold) back() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.returned = true
	h.end(nil)
}

// isStuck reports whether the code still runs that long after its context has
// ended, and whether that is still to be noted.
func (h *hold) isStuck(after time.Duration) (stuck, fresh bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.code == nil || h.code.Err() == nil || h.returned {
		return false, false
	}
	if h.told.IsZero() {
		h.told = time.Now()
		if limit, ok := h.code.Deadline(); ok && limit.Before(h.told) {
			h.told = limit
		}
	}
	h.stuck = time.Since(h.told) >= after
	return h.stuck, h.stuck && !h.noted
}

// note takes note that Redis knows that the code is stuck.
func (h *hold) note() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noted = true
}

// stuckNow reports whether the code is known to be stuck.
func (h *hold) stuckNow() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stuck && !h.returned
}

// missing takes note that Redis does not know of the hold. It reports true the
// second time: the first may be because it was just recorded.
func (h *hold) missing() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.gone
	h.gone = true
	return was
}

// holds are the jobs in a worker's hands, by id and fence: a job whose lease
// was lost may come back while its old code still runs.
type holds struct {
	mu  sync.Mutex
	all map[string][]*hold
}

func (a *holds) add(h *hold) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all[h.ID] = append(a.all[h.ID], h)
}

func (a *holds) remove(h *hold) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rest := slices.DeleteFunc(a.all[h.ID], func(other *hold) bool { return other == h })
	if a.all[h.ID] = rest; len(rest) == 0 {
		delete(a.all, h.ID)
	}
}

// of returns the holds of a job.
func (a *holds) of(id string) []*hold {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.all[id])
}

// every returns all holds.
func (a *holds) every() []*hold {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*hold
	for _, some := range a.all {
		all = append(all, some...)
	}
	return all
}
