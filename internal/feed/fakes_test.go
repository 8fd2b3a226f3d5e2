package feed_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/feed"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A redis is an event stream and the jobs in flight, in memory.
type redis struct {
	mu      sync.Mutex
	entries []events.Entry
	jobs    map[string]job.Job
	more    chan struct{}
	seq     int
	away    error
	reads   int
}

func newRedis() *redis { return &redis{jobs: map[string]job.Job{}, more: make(chan struct{})} }

// say appends an event, and changes the job as it says.
func (r *redis) say(all ...events.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range all {
		r.seq++
		r.entries = append(r.entries, events.Entry{ID: position(r.seq), At: time.Now(), Event: e})
		j := r.jobs[e.JobID()]
		switch e := e.(type) {
		case events.JobEnqueued:
			j = e.Job
		case events.AttemptStarted:
			j.State, j.Attempt = job.Running, e.Attempt
		case events.AttemptEnded:
			j.State, j.Progress = e.State, e.Progress
		}
		r.jobs[e.JobID()] = j
	}
	close(r.more)
	r.more = make(chan struct{})
}

func position(seq int) string { return fmt.Sprintf("1764000000000-%d", seq) }

// progress says how far a job is, which is not in the stream.
func (r *redis) progress(id string, done int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.jobs[id]
	j.Progress = job.Progress{Done: done, Total: 100}
	r.jobs[id] = j
}

// trim drops all but the newest n events.
func (r *redis) trim(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries = r.entries[max(0, len(r.entries)-n):]
}

func (r *redis) Events(ctx context.Context, after string, limit int, block time.Duration) ([]events.Entry, error) {
	for deadline := time.After(block); ; {
		r.mu.Lock()
		r.reads++
		i := slices.IndexFunc(r.entries, func(e events.Entry) bool { return events.Later(e.ID, after) })
		more, err := r.more, r.away
		var found []events.Entry
		if i >= 0 {
			found = slices.Clone(r.entries[i:min(len(r.entries), i+limit)])
		}
		r.mu.Unlock()
		if len(found) > 0 || err != nil || block <= 0 {
			return found, err
		}
		select {
		case <-more:
		case <-deadline:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// asked returns how often events were asked for.
func (r *redis) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reads
}

func (r *redis) Latest(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seq == 0 {
		return "", r.away
	}
	return position(r.seq), r.away
}

func (r *redis) Backlog(context.Context) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int64(len(r.entries)), r.away
}

func (r *redis) Jobs(_ context.Context, ids []string) (map[string]job.Job, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := map[string]job.Job{}
	for _, id := range ids {
		if j, ok := r.jobs[id]; ok {
			found[id] = j
		}
	}
	return found, r.away
}

// books are a ledger of what it was given.
type books []job.Job

func (b books) Jobs(_ context.Context, f job.Filter) (found []job.Job, err error) {
	for _, j := range b {
		if slices.Contains(f.States, j.State) {
			found = append(found, j)
		}
	}
	return found, nil
}

func (b books) Job(_ context.Context, id string) (job.Job, error) {
	for _, j := range b {
		if j.ID == id {
			return j, nil
		}
	}
	return job.Job{}, fault.New(fault.NotFound, "There is no job %s.", id)
}

// run starts a feed that ends with the test.
func run(t *testing.T, r *redis, past ...job.Job) *feed.Feed {
	t.Helper()
	f := &feed.Feed{Stream: r, Ledger: books(past), PerPerson: 3, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- f.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return f
}

func everything(job.Job) bool { return true }

// A watcher is somebody who follows jobs.
type watcher struct {
	t    *testing.T
	next func(context.Context) (job.Frame, error)
}

func watch(t *testing.T, f *feed.Feed, o job.Lookout, sees feed.Sees, after string) watcher {
	t.Helper()
	next, leave, err := f.Watch("anna", o, sees, after)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	return watcher{t, next}
}

// within returns the next frame, or one without a kind if none comes in time.
func (w watcher) within(d time.Duration) job.Frame {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	frame, err := w.next(ctx)
	if err != nil && ctx.Err() == nil {
		w.t.Fatal(err)
	}
	return frame
}

func (w watcher) ready() {
	w.t.Helper()
	if frame := w.within(time.Minute); frame.Kind != job.FrameReady {
		w.t.Fatalf("the first frame is %+v", frame)
	}
}

func accepted(id string) events.JobEnqueued {
	return events.JobEnqueued{Job: job.Job{ID: id, Task: "sis.plan", Client: "north", Owner: "anna", Root: id, State: job.Queued}}
}

func started(id string) events.AttemptStarted { return events.AttemptStarted{ID: id, Attempt: 1} }

func ended(id string) events.AttemptEnded {
	return events.AttemptEnded{ID: id, Task: "sis.plan", Attempt: 1, State: job.Succeeded, Progress: job.Progress{Done: 100, Total: 100}}
}
