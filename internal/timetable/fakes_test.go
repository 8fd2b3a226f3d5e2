package timetable_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// A fakeLedger keeps schedules and slots by the rules of the real one.
type fakeLedger struct {
	mu        sync.Mutex
	fail      func() error // before and after each call; nil never fails
	schedules []job.Schedule
	calendars []job.Calendar
	slots     []job.Slot
	jobs      map[string]job.Job // that it has recorded, by id
	behind    map[string]string  // jobs that it thinks unfinished, by schedule
	reads     int                // of all schedules
	queue     *fakeQueue         // whose jobs it knows at once; nil: it knows of none
	places    map[dueTime]int    // of so many of the slots
	placed    int
	recoveries
	version int64
	seen    []job.Schedule // at that version
}

func (l *fakeLedger) try() error {
	if l.fail == nil {
		return nil
	}
	return l.fail()
}

// ScheduleVersion is another one whenever a test has changed a schedule.
func (l *fakeLedger) ScheduleVersion(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.version == 0 || !l.unchanged() {
		l.version++
		l.seen = slices.Clone(l.schedules)
	}
	return l.version, l.try()
}

// unchanged reports whether the schedules are those that were seen, but for
// what is recorded of their slots. Almost always they are untouched, which is
// soon known.
func (l *fakeLedger) unchanged() bool {
	if len(l.seen) != len(l.schedules) {
		return false
	}
	for i := range l.seen {
		was, is := &l.seen[i], &l.schedules[i]
		if bytes.Equal(memory(was), memory(is)) {
			continue
		}
		was.Decided, was.Runs = is.Decided, is.Runs
		if !reflect.DeepEqual(was, is) {
			return false
		}
	}
	return true
}

// memory is what s is held in, without what it points to.
func memory(s *job.Schedule) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(s)), unsafe.Sizeof(*s))
}

func (l *fakeLedger) Schedule(_ context.Context, name string) (job.Schedule, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.schedules {
		if s.Name == name {
			return s, l.try()
		}
	}
	return job.Schedule{}, firstOf(l.try(), fault.New(fault.NotFound, "There is no schedule %q.", name))
}

func (l *fakeLedger) Schedules(context.Context) ([]job.Schedule, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	return slices.Clone(l.schedules), l.try()
}

func (l *fakeLedger) Calendars(context.Context) ([]job.Calendar, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calendars), l.try()
}

func (l *fakeLedger) OpenSlots(context.Context) (open []job.Slot, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.slots { // which are many, and not copied for nothing
		if s := &l.slots[i]; !s.Outcome.Final() && !l.holds(s.Recovery) {
			open = append(open, *s)
		}
	}
	slices.SortStableFunc(open, func(a, b job.Slot) int { return a.Due.Compare(b.Due) })
	return open, l.try()
}

func (l *fakeLedger) PutManySlots(_ context.Context, batches []job.SlotBatch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.try(); err != nil {
		return err
	}
	for _, b := range batches {
		l.putBatch(b)
	}
	return l.try() // written, and the answer is lost
}

func (l *fakeLedger) putBatch(b job.SlotBatch) {
	runs := int64(0)
	for _, s := range b.Slots {
		if l.put(s) && s.Outcome.Ran() {
			runs++
		}
	}
	for i := range l.schedules {
		if s := &l.schedules[i]; s.Name == b.Schedule {
			s.Runs += runs
			if s.Decided.Before(b.Decided) {
				s.Decided = b.Decided
			}
		}
	}
}

// put reports whether anything was written.
func (l *fakeLedger) put(slot job.Slot) bool {
	i, found := l.place(slot)
	switch {
	case !found:
		l.slots = append(l.slots, slot)
	case !l.slots[i].Outcome.Final() && slot.Outcome.Final() && l.slots[i].JobID == slot.JobID:
		slot.Recovery = l.slots[i].Recovery
		l.slots[i] = slot
	default:
		return false
	}
	return true
}

// place returns where the slot of the same due time is.
func (l *fakeLedger) place(slot job.Slot) (int, bool) {
	if l.places == nil || l.placed > len(l.slots) {
		l.places, l.placed = map[dueTime]int{}, 0
	}
	for ; l.placed < len(l.slots); l.placed++ {
		l.places[dueTimeOf(l.slots[l.placed])] = l.placed
	}
	i, found := l.places[dueTimeOf(slot)]
	return i, found
}

// A dueTime is what a slot is known by.
type dueTime struct {
	schedule string
	at       int64
}

func dueTimeOf(s job.Slot) dueTime { return dueTime{s.Schedule, s.Due.UnixNano()} }

func (l *fakeLedger) Slots(_ context.Context, schedule string, from, to time.Time, limit int) (newest []job.Slot, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.slots {
		if s := &l.slots[i]; s.Schedule == schedule && !s.Due.Before(from) && (to.IsZero() || s.Due.Before(to)) {
			newest = append(newest, *s)
		}
	}
	slices.SortFunc(newest, func(a, b job.Slot) int { return b.Due.Compare(a.Due) })
	return newest[:min(len(newest), limit)], l.try()
}

func (l *fakeLedger) UnfinishedOf(_ context.Context, schedules []string) (map[string]job.Job, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]job.Job{}
	for _, name := range schedules {
		if id, ok := l.behind[name]; ok {
			all[name] = job.Job{ID: id}
		}
	}
	return all, l.try()
}

func (l *fakeLedger) Job(_ context.Context, id string) (job.Job, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.try(); err != nil {
		return job.Job{}, err
	}
	if j, ok := l.jobs[id]; ok {
		return j, nil
	}
	return job.Job{}, fault.New(fault.NotFound, "There is no job %s.", id)
}

func (l *fakeLedger) SlotStands(_ context.Context, spans []job.SlotSpan) ([]job.SlotStand, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]job.SlotStand, len(spans))
	for i, span := range spans {
		for j := range l.slots {
			s := &l.slots[j]
			if s.Schedule != span.Schedule || s.Due.Before(span.From) || !s.Due.Before(span.To) {
				continue
			}
			if stand := l.stand(*s); stand.beats(all[i], span.Any) {
				all[i] = job.SlotStand(stand)
			}
		}
	}
	return all, l.try()
}

type stood job.SlotStand

func (l *fakeLedger) stand(s job.Slot) stood {
	stand := stood{Slot: s}
	if l.queue != nil {
		if jobs, err := l.queue.Jobs(context.Background(), []string{s.JobID}); err == nil && jobs[s.JobID].State.Final() {
			stand.State, stand.Ended = jobs[s.JobID].State, *jobs[s.JobID].Ended
		}
	}
	return stand
}

// beats reports whether s rather than the other is what a span asks for.
func (s stood) beats(other job.SlotStand, anyOfThem bool) bool {
	rank := func(s job.SlotStand) int {
		switch {
		case s.Outcome.Ran() && s.State == job.Succeeded:
			return 3
		case s.Schedule == "":
			return 0
		case s.Open():
			return 2
		}
		return 1
	}
	if ours, theirs := rank(job.SlotStand(s)), rank(other); anyOfThem && ours != theirs {
		return ours > theirs
	}
	return s.Due.After(other.Due)
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
	aborts   time.Duration // how long each job takes to end when it is told to
	aborted  []string
	fails    map[string]bool // schedules whose jobs fail
	now      func() time.Time
	calls    int // of Jobs
}

func (q *fakeQueue) EnqueueBatch(_ context.Context, all []job.Request) ([]timetable.Accepted, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	done := make([]timetable.Accepted, len(all))
	for i, r := range all {
		done[i].Job, done[i].Err = q.enqueue(r)
	}
	return done, nil
}

func (q *fakeQueue) enqueue(r job.Request) (job.Job, error) {
	if err := q.try(r); err != nil {
		return job.Job{}, err
	}
	if q.jobs == nil {
		q.jobs = map[string]*job.Job{}
	}
	if q.jobs[r.ID] == nil {
		q.requests = append(q.requests, r)
		q.jobs[r.ID] = &job.Job{ID: r.ID, Task: r.Task, Schedule: r.Schedule, Created: q.clock(), Ended: new(q.clock().Add(q.takes))}
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

func (q *fakeQueue) Jobs(_ context.Context, ids []string) (map[string]job.Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.calls++
	if err := q.try(job.Request{}); err != nil {
		return nil, err
	}
	all := map[string]job.Job{}
	for _, id := range ids {
		if j, ok := q.jobs[id]; ok {
			all[id] = q.stand(*j)
		}
	}
	return all, nil
}

// end ends all jobs, and those to come end at once.
func (q *fakeQueue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.takes = 0
	for _, j := range q.jobs {
		if now := q.clock(); now.Before(*j.Ended) {
			j.Ended = &now
		}
	}
}

// stand returns j as it stands now.
func (q *fakeQueue) stand(j job.Job) job.Job {
	j.State = job.Running
	if !q.clock().Before(*j.Ended) {
		j.State = job.Succeeded
		if q.fails[j.Schedule] {
			j.State = job.Failed
		}
	}
	return j
}

func (q *fakeQueue) Abort(_ context.Context, id, _ string) (job.Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.try(job.Request{}); err != nil {
		return job.Job{}, err
	}
	j, ok := q.jobs[id]
	if !ok || q.stand(*j).State.Final() {
		return job.Job{}, fault.New(fault.Conflict, "It has ended.")
	}
	q.aborted = append(q.aborted, id)
	if ends := q.clock().Add(q.aborts); ends.Before(*j.Ended) {
		j.Ended = &ends
	}
	return *j, nil
}

var errAway = fault.New(fault.Unavailable, "Redis is away.")

var errDisk = errors.New("disk I/O error")
