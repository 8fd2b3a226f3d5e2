// Package record copies what happens to jobs from the event stream in Redis to
// the ledger, where it lasts.
//
// A [Recorder] reads the stream behind the position that the ledger holds, and
// the ledger writes the entries and the new position in one transaction. So
// each event is recorded exactly once, whichever process dies when, and it
// does no harm if two recorders run for a moment: the ledger takes entries from
// one of them only. The stream is trimmed behind the recorded position and
// nowhere else. When Redis or the ledger is away nothing is lost: the stream
// grows until both are back.
//
// Redis may come back without its data. It holds an epoch, which names the data
// set, and the ledger knows which one it recorded from. Where they differ,
// [Reconcile] puts the jobs that had not ended back into Redis.
package record

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
)

// A Stream is the event stream in Redis.
type Stream interface {
	// Events returns up to limit entries behind the id after, waiting up to
	// block for the first one. The empty id is before the first entry.
	Events(ctx context.Context, after string, limit int, block time.Duration) ([]events.Entry, error)
	// Trim drops the entries up to that id.
	Trim(ctx context.Context, upTo string) error
}

// A Ledger keeps job history.
type Ledger interface {
	History
	// Position returns the id of the last entry that was recorded.
	Position(ctx context.Context) (string, error)
	// Record writes the entries that follow after, and their position. It
	// returns how many of them it could do nothing with.
	Record(ctx context.Context, after string, entries []events.Entry) (skipped int, err error)
	// Due shows scheduled jobs whose time has come as queued.
	Due(ctx context.Context, now time.Time) error
}

// The pace of a recorder.
const (
	batch        = 500              // entries per transaction
	block        = time.Second      // how long one read waits for events
	round        = time.Second      // how often there is more to do than to record
	keep         = time.Minute      // how long recorded entries stay in the stream, for live viewers
	firstBackoff = time.Second / 4  // after a turn that fails; doubles
	lastBackoff  = 10 * time.Second // and grows no further
)

// A Recorder records job history. One is meant to run, in the process that
// leads. All fields are required.
type Recorder struct {
	Stream Stream
	Jobs   Jobs
	Ledger Ledger
	Log    *slog.Logger

	status  status
	outage  outage
	rounded time.Time    // the last round; zero: the next turn begins with one
	after   string       // the position that this process goes on from
	last    events.Entry // the last one that it recorded
	trimmed string       // up to here
}

// Run records until ctx is done. While Redis or the ledger is away it tries
// again, more and more slowly.
func (r *Recorder) Run(ctx context.Context) error {
	defer r.status.current()
	for ctx.Err() == nil {
		err := r.turn(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			r.rounded = time.Time{}
		}
		sleep(ctx, r.outage.note(ctx, r.Log, err))
	}
	return nil
}

// turn records the entries that come next.
func (r *Recorder) turn(ctx context.Context) error {
	if time.Since(r.rounded) >= round {
		if err := r.round(ctx); err != nil {
			return err
		}
	}
	entries, err := r.Stream.Events(ctx, r.after, batch, block)
	if err != nil {
		r.status.behindSince(time.Now())
		return err
	}
	if len(entries) == 0 {
		r.status.current()
		return nil
	}
	r.status.behindSince(entries[0].At)
	return r.record(ctx, entries)
}

// round does what is to be done now and then, and finds out where to go on.
func (r *Recorder) round(ctx context.Context) (err error) {
	if _, err := Reconcile(ctx, r.Jobs, r.Ledger, r.Log); err != nil {
		return err
	}
	if r.after, err = r.Ledger.Position(ctx); err != nil {
		return err
	}
	r.status.at(r.after)
	if err := r.Ledger.Due(ctx, time.Now()); err != nil {
		return err
	}
	if err := r.trim(ctx); err != nil {
		return err
	}
	r.rounded = time.Now()
	return nil
}

func (r *Recorder) record(ctx context.Context, entries []events.Entry) error {
	skipped, err := r.Ledger.Record(ctx, r.after, entries)
	if err != nil {
		return err
	}
	r.last = entries[len(entries)-1]
	r.after = r.last.ID
	r.status.at(r.after)
	r.status.skip(skipped)
	if skipped > 0 {
		r.Log.WarnContext(ctx, "events of unknown jobs or kinds were skipped", "events", skipped, "up_to", r.after)
	}
	if len(entries) < batch {
		r.status.current()
	} else {
		r.status.caughtUpTo(r.last.At)
	}
	return nil
}

// trim drops what has been recorded and is no longer of interest to viewers.
func (r *Recorder) trim(ctx context.Context) error {
	if r.last.ID == "" {
		return nil
	}
	upTo := r.last.ID
	if horizon := time.Now().Add(-keep); r.last.At.After(horizon) {
		upTo = fmt.Sprintf("%d-0", horizon.UnixMilli())
	}
	if upTo == r.trimmed {
		return nil
	}
	if err := r.Stream.Trim(ctx, upTo); err != nil {
		return err
	}
	r.trimmed = upTo
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
