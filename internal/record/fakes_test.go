package record_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

var errAway = errors.New("connection refused")

// fakeRedis is a stream and the jobs that were enqueued.
type fakeRedis struct {
	mu       sync.Mutex
	away     bool
	epoch    string
	stream   []events.Entry
	tries    []time.Time // of reads
	enqueued map[string]job.Request
	refuse   string // the id of a job that cannot be enqueued
}

// append appends the acceptance of jobs to the stream.
func (f *fakeRedis) append(jobs ...string) {
	for _, id := range jobs {
		f.tell(events.JobEnqueued{Job: job.Job{ID: id}})
	}
}

func (f *fakeRedis) tell(event events.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.stream = append(f.stream, events.Entry{ID: fmt.Sprintf("%d-%d", now.UnixMilli(), len(f.stream)), At: now, Event: event})
}

func (f *fakeRedis) set(change func(*fakeRedis)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fakeRedis) length() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.stream)
}

func (f *fakeRedis) Events(ctx context.Context, after string, limit int, block time.Duration) ([]events.Entry, error) {
	f.set(func(f *fakeRedis) { f.tries = append(f.tries, time.Now()) })
	for deadline := time.Now().Add(block); ; {
		entries, err := f.behind(after, limit)
		if err != nil || len(entries) > 0 || !time.Now().Before(deadline) {
			return entries, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (f *fakeRedis) behind(after string, limit int) ([]events.Entry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return nil, errAway
	}
	from := slices.IndexFunc(f.stream, func(e events.Entry) bool { return later(e.ID, after) })
	if from < 0 {
		return nil, nil
	}
	return slices.Clone(f.stream[from:min(from+limit, len(f.stream))]), nil
}

func (f *fakeRedis) Trim(_ context.Context, upTo string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stream = slices.DeleteFunc(f.stream, func(e events.Entry) bool { return !later(e.ID, upTo) })
	return nil
}

func (f *fakeRedis) Epoch(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return "", errAway
	}
	return f.epoch, nil
}

func (f *fakeRedis) Enqueue(_ context.Context, r job.Request) (job.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.ID == f.refuse {
		return job.Job{}, errAway
	}
	if f.enqueued == nil {
		f.enqueued = map[string]job.Request{}
	}
	f.enqueued[r.ID] = r
	return job.Job{ID: r.ID}, nil
}

// later compares positions as Redis does.
func later(a, b string) bool {
	aTime, aSeq := parse(a)
	bTime, bSeq := parse(b)
	return aTime > bTime || aTime == bTime && aSeq > bSeq
}

func parse(id string) (ms, seq int) {
	first, second, _ := strings.Cut(id, "-")
	ms, _ = strconv.Atoi(first)
	seq, _ = strconv.Atoi(second)
	return ms, seq
}

// fakeLedger is a ledger that remembers the ids of the jobs that it heard of.
type fakeLedger struct {
	mu         sync.Mutex
	away       bool
	epoch      string
	position   string
	recorded   []string
	skipping   int
	due        []time.Time
	unfinished map[string]job.Request
}

func (l *fakeLedger) set(change func(*fakeLedger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

func (l *fakeLedger) jobs() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.recorded)
}

func (l *fakeLedger) Position(context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return "", errAway
	}
	return l.position, nil
}

func (l *fakeLedger) Record(_ context.Context, after string, entries []events.Entry) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return 0, errAway
	}
	if after != l.position {
		return 0, fault.New(fault.Conflict, "Somebody else records.")
	}
	for _, e := range entries {
		l.recorded = append(l.recorded, e.Event.JobID())
	}
	l.position = entries[len(entries)-1].ID
	return l.skipping, nil
}

func (l *fakeLedger) Due(_ context.Context, now time.Time) error {
	l.set(func(l *fakeLedger) { l.due = append(l.due, now) })
	return nil
}

func (l *fakeLedger) Epoch(context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.epoch, nil
}

func (l *fakeLedger) SetEpoch(_ context.Context, epoch string) error {
	l.set(func(l *fakeLedger) { l.epoch, l.position = epoch, "" })
	return nil
}

func (l *fakeLedger) UnfinishedJobs(_ context.Context, after string, limit int) ([]job.Request, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var page []job.Request
	for _, id := range slices.Sorted(maps.Keys(l.unfinished)) {
		if strings.Compare(id, after) > 0 && len(page) < limit {
			page = append(page, l.unfinished[id])
		}
	}
	return page, nil
}
