// Package feed tells viewers what happens to jobs while it happens.
//
// Each scheduler has one [Feed]. It reads the event stream of the engine and
// puts what changed together, at most four times a second: of each job only how
// it stands last counts. Such a batch goes to the end of a ring that is bounded.
// A viewer is no more than a filter and a place in the ring, so that a thousand
// of them take no memory to speak of, and none can hold up another: whoever is
// so slow that the ring has gone round is told to read again, and goes on.
//
// Progress is not in the stream, as it would be most of it. How far the running
// jobs are is asked of the engine once for each batch.
//
// A batch knows its position in the stream, which is the same in all
// schedulers. A viewer who was cut off goes on behind the position it was told
// last, at any of them; the recorder leaves events in the stream for a minute.
// While nobody looks on nothing is read.
package feed

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A Stream is the event stream of the engine.
type Stream interface {
	// Events returns up to limit events behind a position, oldest first; it
	// waits up to block for the first.
	Events(ctx context.Context, after string, limit int, block time.Duration) ([]events.Entry, error)
	// Latest returns the position of the newest event; empty: there was none.
	Latest(ctx context.Context) (string, error)
	// Backlog returns the length of the stream.
	Backlog(ctx context.Context) (int64, error)
	// Jobs returns those of the jobs that are in flight.
	Jobs(ctx context.Context, ids []string) (map[string]job.Job, error)
}

// A Ledger is the record of jobs.
type Ledger interface {
	Jobs(ctx context.Context, f job.Filter) ([]job.Job, error)
	Job(ctx context.Context, id string) (job.Job, error)
}

// The pace of a feed, and its bounds.
const (
	pace     = 250 * time.Millisecond // between two batches
	rest     = time.Second            // how long one read waits where nothing runs
	linger   = 10 * time.Second       // how long it reads on when nobody looks any more
	backoff  = time.Second            // after Redis did not answer
	page     = 500                    // events of one read
	pages    = 8                      // reads for one batch; whoever is further behind jumps
	capacity = 4000                   // changes in the ring
	memory   = 20_000                 // jobs whose state is remembered
	polled   = 100                    // running jobs asked for their progress at a time
)

// A Feed tells viewers about jobs. Stream, Ledger, PerPerson and Log are
// required.
type Feed struct {
	Stream    Stream
	Ledger    Ledger
	PerPerson int // viewers that one person may have at a time
	Log       *slog.Logger

	mu      sync.Mutex
	ring    ring
	viewers map[string]int // how many each person has
	total   int
	changed chan struct{} // closed when there is something new to look at
	reading bool
	closed  bool

	// What only Run touches.
	after  string // read up to here
	known  known
	failed bool // Redis did not answer, and it was said
}

// Run reads for the viewers until ctx is done; then it ends what they follow.
func (f *Feed) Run(ctx context.Context) error {
	defer f.close()
	defer context.AfterFunc(ctx, f.close)()
	for f.awaitViewer(ctx) {
		if err := f.follow(ctx); err != nil && ctx.Err() == nil {
			f.fail(ctx, err)
		}
	}
	return nil
}

// awaitViewer waits until somebody looks on; false: ctx is done.
func (f *Feed) awaitViewer(ctx context.Context) bool {
	for ctx.Err() == nil {
		f.mu.Lock()
		watched, changed := f.total > 0, f.change()
		f.mu.Unlock()
		if watched {
			return true
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
	return false
}

// fail says once that Redis is away, and waits a little.
func (f *Feed) fail(ctx context.Context, err error) {
	if !f.failed {
		f.Log.WarnContext(ctx, "live pages wait for the event stream", "err", err)
	}
	f.failed = true
	sleep(ctx, backoff)
}

// follow reads until nobody has looked on for a while.
func (f *Feed) follow(ctx context.Context) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	defer f.pause()
	f.failed = false
	for seen := time.Now(); time.Since(seen) < linger && ctx.Err() == nil; {
		if f.watched() {
			seen = time.Now()
		}
		began := time.Now()
		told, err := f.turn(ctx)
		if err != nil {
			return err
		}
		if told {
			sleep(ctx, pace-time.Since(began))
		}
	}
	return nil
}

// begin finds where to read from: at the oldest event that there is, so that
// viewers can go on where they were, unless there are too many.
func (f *Feed) begin(ctx context.Context) error {
	n, err := f.Stream.Backlog(ctx)
	if err != nil {
		return err
	}
	running, err := f.Ledger.Jobs(ctx, job.Filter{States: []job.State{job.Running}, Limit: 500})
	if err != nil {
		return err
	}
	f.known = newKnown(running)
	if n > capacity/2 {
		return f.jump(ctx)
	}
	first, err := f.Stream.Events(ctx, "", 1, 0)
	if err != nil {
		return err
	}
	f.after = ""
	from := ""
	if len(first) > 0 {
		from = first[0].ID // what came before it may have been trimmed
	}
	if _, _, err := f.read(ctx, 0); err != nil {
		return err
	}
	f.open(from, f.known.drain())
	return nil
}

// jump goes to the end of the stream. What is between cannot be told.
func (f *Feed) jump(ctx context.Context) (err error) {
	if f.after, err = f.Stream.Latest(ctx); err != nil {
		return err
	}
	f.known.forget()
	f.open(f.after, nil)
	return nil
}

// turn makes one batch of what has happened, and reports whether there was any.
func (f *Feed) turn(ctx context.Context) (told bool, err error) {
	block := rest
	if len(f.known.running) > 0 {
		block = pace
	}
	found, all, err := f.read(ctx, block)
	if err != nil {
		return false, err
	}
	if !all {
		return true, f.jump(ctx)
	}
	if err := f.poll(ctx); err != nil {
		return false, err
	}
	told = f.tell(f.known.drain())
	return told || found, nil
}

// read takes in the events that there are. If there are none it waits for one.
// It reports whether there were any, and whether that was all of them.
func (f *Feed) read(ctx context.Context, block time.Duration) (found, all bool, err error) {
	for range pages {
		entries, err := f.Stream.Events(ctx, f.after, page, block)
		if err != nil {
			return found, false, err
		}
		if err := f.take(ctx, entries); err != nil {
			return found, false, err
		}
		if len(entries) > 0 {
			f.after, found, block = entries[len(entries)-1].ID, true, 0
		}
		if len(entries) < page {
			return found, true, nil
		}
	}
	return found, false, nil
}

// take has the events change what is known of their jobs.
func (f *Feed) take(ctx context.Context, entries []events.Entry) error {
	strangers := f.known.strangers(entries)
	jobs, err := f.jobs(ctx, strangers)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Event != nil {
			f.known.take(e, jobs)
		}
	}
	return f.lineages(ctx)
}

// jobs returns jobs as they stand now: from the engine, or from the ledger if
// they have ended. Those that nobody knows any more are left out.
func (f *Feed) jobs(ctx context.Context, ids []string) (map[string]job.Job, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := f.Stream.Jobs(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make(map[string]job.Job, len(ids))
	for _, id := range ids {
		j, ok := found[id]
		if !ok {
			if j, err = f.Ledger.Job(ctx, id); err != nil {
				continue
			}
		}
		all[id] = j
	}
	return all, nil
}

// lineages finds out who started the jobs from which others come.
func (f *Feed) lineages(ctx context.Context) error {
	roots := f.known.orphans()
	jobs, err := f.jobs(ctx, roots)
	if err != nil {
		return err
	}
	for _, id := range roots {
		f.known.owners[id] = jobs[id].Owner
	}
	return nil
}

// poll asks how far the running jobs are, some of them at a time.
func (f *Feed) poll(ctx context.Context) error {
	ids := f.known.next(polled)
	if len(ids) == 0 || !f.watched() {
		return nil
	}
	now, err := f.Stream.Jobs(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		f.known.progress(id, now, time.Now())
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
