package record_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
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
	told     int
	tries    []time.Time // of reads
	enqueued map[string]job.Request
	known    []string // jobs that it holds beside those that were enqueued
	refuse   string   // the id of a job that cannot be enqueued
	refusal  error    // and why
	forgot   []string
	deaf     bool // to what it may forget
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
	f.told++
	f.stream = append(f.stream, events.Entry{ID: fmt.Sprintf("%d-%d", now.UnixMilli(), f.told), At: now, Event: event})
}

// together appends the acceptance of jobs as one entry of the stream.
func (f *fakeRedis) together(jobs ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	f.told++
	for _, id := range jobs {
		f.stream = append(f.stream, events.Entry{
			ID: fmt.Sprintf("%d-%d", now.UnixMilli(), f.told), At: now, Event: events.JobEnqueued{Job: job.Job{ID: id}},
		})
	}
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
	from := sort.Search(len(f.stream), func(i int) bool { return events.Later(f.stream[i].ID, after) })
	if from == len(f.stream) {
		return nil, nil
	}
	to := min(from+limit, len(f.stream))
	for to < len(f.stream) && f.stream[to].ID == f.stream[to-1].ID {
		to++
	}
	return slices.Clone(f.stream[from:to]), nil
}

func (f *fakeRedis) Backlog(context.Context) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return 0, errAway
	}
	ids := map[string]bool{}
	for _, e := range f.stream {
		ids[e.ID] = true
	}
	return int64(len(ids)), nil
}

// reads returns when the stream was read.
func (f *fakeRedis) reads() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.tries)
}

// forgotten returns the ids of the jobs that may be forgotten.
func (f *fakeRedis) forgotten() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.forgot)
}

func (f *fakeRedis) Jobs(_ context.Context, ids []string) (map[string]job.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := map[string]job.Job{}
	for _, id := range ids {
		if _, is := f.enqueued[id]; is || slices.Contains(f.known, id) {
			known[id] = job.Job{ID: id}
		}
	}
	return known, nil
}

func (f *fakeRedis) Forget(_ context.Context, ids []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.deaf {
		return errAway
	}
	f.forgot = append(f.forgot, ids...)
	return nil
}

func (f *fakeRedis) Latest(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.stream) == 0 {
		return "", nil
	}
	return f.stream[len(f.stream)-1].ID, nil
}

func (f *fakeRedis) Held(context.Context, func([]job.Job) error) error { return nil }

func (f *fakeRedis) Remembered(context.Context, []string) (map[string]job.State, error) {
	return nil, nil
}

func (f *fakeRedis) Trim(_ context.Context, upTo string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stream = slices.DeleteFunc(f.stream, func(e events.Entry) bool { return !events.Later(e.ID, upTo) })
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
		return job.Job{}, f.refusal
	}
	if f.enqueued == nil {
		f.enqueued = map[string]job.Request{}
	}
	f.enqueued[r.ID] = r
	return job.Job{ID: r.ID}, nil
}

// log is what a recorder logs, for a test to read meanwhile.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
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
	slow       time.Duration // a record takes
	pages      int
	largest    int
	ending     []string // unfinished jobs that end while they are looked at
}

func (l *fakeLedger) set(change func(*fakeLedger)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

// ledgerState is what is there to see of a fake ledger.
type ledgerState struct {
	epoch, position     string
	pages, largest, due int
}

func (l *fakeLedger) state() ledgerState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return ledgerState{l.epoch, l.position, l.pages, l.largest, len(l.due)}
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
	time.Sleep(l.slow)
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
	l.pages++
	l.largest = max(l.largest, len(entries))
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

func (l *fakeLedger) UnfinishedJobs(_ context.Context, accepted time.Time, after string, limit int) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var page []string
	for _, id := range slices.Sorted(maps.Keys(l.unfinished)) {
		if id > after && len(page) < limit && l.unfinished[id].Resume.Created.Before(accepted) {
			page = append(page, id)
		}
	}
	return page, nil
}

func (l *fakeLedger) Requests(_ context.Context, ids []string) ([]job.Request, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var requests []job.Request
	for _, id := range ids {
		if r, is := l.unfinished[id]; is && !slices.Contains(l.ending, id) {
			requests = append(requests, r)
		}
	}
	return requests, nil
}

// A fake ledger never came out of a backup.
func (l *fakeLedger) Restored(context.Context) (*job.Restored, error)    { return nil, nil }
func (l *fakeLedger) Settled(context.Context) error                      { return nil }
func (l *fakeLedger) CountUnfinished(context.Context) (int, error)       { return 0, nil }
func (l *fakeLedger) Adopt(context.Context, []job.Job) ([]string, error) { return nil, nil }
func (l *fakeLedger) Conclude(context.Context, []job.Job) error          { return nil }
