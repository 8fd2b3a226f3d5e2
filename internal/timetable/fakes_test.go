package timetable_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A fakeLedger keeps schedules and slots by the rules of the real one.
type fakeLedger struct {
	mu        sync.Mutex
	fail      func() error // before and after each call; nil never fails
	schedules []job.Schedule
	slots     []job.Slot
	behind    map[string]string // jobs that it thinks unfinished, by schedule
}

func (l *fakeLedger) try() error {
	if l.fail == nil {
		return nil
	}
	return l.fail()
}

func (l *fakeLedger) Schedules(context.Context) ([]job.Schedule, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.schedules), l.try()
}

func (l *fakeLedger) OpenSlots(context.Context) (open []job.Slot, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.slots {
		if !s.Outcome.Final() {
			open = append(open, s)
		}
	}
	return open, l.try()
}

func (l *fakeLedger) PutSlots(_ context.Context, schedule string, decided time.Time, slots []job.Slot) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.try(); err != nil {
		return err
	}
	for _, s := range slots {
		l.put(s)
	}
	for i := range l.schedules {
		if s := &l.schedules[i]; s.Name == schedule && s.Decided.Before(decided) {
			s.Decided = decided
		}
	}
	return l.try() // written, and the answer is lost
}

func (l *fakeLedger) put(slot job.Slot) {
	i := slices.IndexFunc(l.slots, func(s job.Slot) bool { return s.Schedule == slot.Schedule && s.Due.Equal(slot.Due) })
	switch {
	case i < 0:
		l.slots = append(l.slots, slot)
	case !l.slots[i].Outcome.Final() && l.slots[i].JobID == slot.JobID:
		l.slots[i] = slot
	}
}

func (l *fakeLedger) Unfinished(_ context.Context, schedule string) (job.Job, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id, ok := l.behind[schedule]; ok {
		return job.Job{ID: id}, l.try()
	}
	return job.Job{}, firstOf(l.try(), fault.New(fault.NotFound, "None."))
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// story tells the slots in order, one line each: "10:05 ran +2s".
func (l *fakeLedger) story() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, s := range slices.SortedFunc(slices.Values(l.slots), func(a, b job.Slot) int { return a.Due.Compare(b.Due) }) {
		line := s.Due.Format("02 15:04 ") + string(s.Outcome)
		if s.Lag > 0 {
			line += " +" + s.Lag.String()
		}
		if s.Reason != "" {
			line += ": " + s.Reason
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// A fakeQueue takes jobs, which end when they are told to.
type fakeQueue struct {
	mu       sync.Mutex
	fail     func(r job.Request) error // nil never fails
	jobs     map[string]*job.Job
	requests []job.Request // those that made a job
	takes    time.Duration // how long each job takes
	now      func() time.Time
}

func (q *fakeQueue) Enqueue(_ context.Context, r job.Request) (job.Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.try(r); err != nil {
		return job.Job{}, err
	}
	if q.jobs == nil {
		q.jobs = map[string]*job.Job{}
	}
	if q.jobs[r.ID] == nil {
		q.requests = append(q.requests, r)
		q.jobs[r.ID] = &job.Job{ID: r.ID, Task: r.Task, Created: q.clock()}
	}
	return *q.jobs[r.ID], q.try(r) // accepted, and the answer is lost
}

func (q *fakeQueue) clock() time.Time {
	if q.now == nil {
		return time.Now()
	}
	return q.now()
}

func (q *fakeQueue) try(r job.Request) error {
	if q.fail == nil {
		return nil
	}
	return q.fail(r)
}

func (q *fakeQueue) Job(_ context.Context, id string) (job.Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.try(job.Request{}); err != nil {
		return job.Job{}, err
	}
	j, ok := q.jobs[id]
	if !ok {
		return job.Job{}, fault.New(fault.NotFound, "None.")
	}
	j.State = job.Running
	if q.clock().Sub(j.Created) >= q.takes {
		j.State = job.Succeeded
	}
	return *j, nil
}

var errAway = fault.New(fault.Unavailable, "Redis is away.")

var errDisk = errors.New("disk I/O error")
