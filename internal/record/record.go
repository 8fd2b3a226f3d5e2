// Package record copies what happens to jobs from the event stream in Redis to
// the ledger, where it lasts.
//
// A [Recorder] reads the stream behind the position that the ledger holds, and
// the ledger writes the entries and the new position in one transaction. So
// each event is recorded exactly once, whichever process dies when, and it
// does no harm if two recorders run for a moment: the ledger takes entries from
// one of them only. The stream is trimmed behind the recorded position and
// nowhere else. When Redis or the ledger is away nothing is lost: the stream
// grows until both are back. Redis hears which ended jobs are recorded, and need
// not remember them any longer.
//
// Redis may come back without its data, or without its last moments. Then the
// jobs that had not ended and that it does not know are enqueued again, as they
// were, and recording begins again with the first entry that Redis still has:
//
//   - Redis holds an epoch, which names its data set. Where it is not the one
//     that was recorded from, everything is lost.
//   - The entry at the recorded position stays in the stream. Where it is
//     missing, the end of the stream is lost, and what happened with it.
//   - Now and then all unfinished jobs are looked up in Redis, whatever the
//     reason why one might be missing.
//
// The ledger may come back too, out of a backup. Then nothing is recorded before
// [Recorder.Settle] has brought the two together.
package record

import (
	"context"
	"log/slog"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A Stream is the event stream in Redis.
type Stream interface {
	// Events returns about limit events behind the position after, waiting up
	// to block for the first one. The empty position is before the first. It
	// never returns some of the events at a position without the others.
	Events(ctx context.Context, after string, limit int, block time.Duration) ([]events.Entry, error)
	// Trim drops the events up to that position.
	Trim(ctx context.Context, upTo string) error
	// Backlog returns the length of the stream.
	Backlog(ctx context.Context) (int64, error)
	// Latest returns the position of the newest event; "" if there was none.
	Latest(ctx context.Context) (string, error)
}

// Jobs are the jobs in Redis.
type Jobs interface {
	// Epoch returns the id of the data set that Redis holds.
	Epoch(ctx context.Context) (string, error)
	// Jobs returns those of the jobs that Redis knows.
	Jobs(ctx context.Context, ids []string) (map[string]job.Job, error)
	// Enqueue accepts a job. The same id again changes nothing.
	Enqueue(ctx context.Context, r job.Request) (job.Job, error)
	// Forget says that the ledger has these ended jobs.
	Forget(ctx context.Context, ids []string) error
	// Held calls take with all jobs that Redis has, perhaps with one twice.
	Held(ctx context.Context, take func(jobs []job.Job) error) error
	// Remembered returns how those of the jobs ended of which Redis has no more
	// than that.
	Remembered(ctx context.Context, ids []string) (map[string]job.State, error)
}

// A Ledger keeps job history.
type Ledger interface {
	// Position returns the position behind which recording goes on.
	Position(ctx context.Context) (string, error)
	// Record writes the entries that follow after, and their position. It
	// returns how many of them it could do nothing with.
	Record(ctx context.Context, after string, entries []events.Entry) (skipped int, err error)
	// Due shows scheduled jobs whose time has come as queued.
	Due(ctx context.Context, now time.Time) error
	// Epoch returns the id of the data set that was recorded from.
	Epoch(ctx context.Context) (string, error)
	// SetEpoch says that recording starts over, in that data set.
	SetEpoch(ctx context.Context, epoch string) error
	// UnfinishedJobs returns the ids of jobs that were accepted before that
	// time and have not ended, in order.
	UnfinishedJobs(ctx context.Context, accepted time.Time, after string, limit int) ([]string, error)
	// CountUnfinished returns how many jobs have not ended.
	CountUnfinished(ctx context.Context) (int, error)
	// Requests returns what puts those of the jobs back that have not ended.
	Requests(ctx context.Context, ids []string) ([]job.Request, error)

	// Restored returns out of which backup the ledger came, if that is not
	// settled.
	Restored(ctx context.Context) (*job.Restored, error)
	// Settled says that it is.
	Settled(ctx context.Context) error
	// Adopt adds those of the jobs that are not known, as they stand, and
	// returns their ids.
	Adopt(ctx context.Context, jobs []job.Job) (added []string, err error)
	// Conclude ends those of the jobs that have not ended.
	Conclude(ctx context.Context, ended []job.Job) error
}

// The pace of a recorder.
const (
	block        = time.Second      // how long one read waits for events
	round        = time.Second      // how often there is more to do than to record
	keep         = time.Minute      // how long recorded entries stay in the stream, for live viewers
	firstBackoff = time.Second / 4  // after a turn that fails; doubles
	lastBackoff  = 10 * time.Second // and grows no further
)

// A Recorder records job history. One is meant to run, in the process that
// leads. All exported fields are required.
type Recorder struct {
	Stream Stream
	Jobs   Jobs
	Ledger Ledger
	Log    *slog.Logger

	status  status
	outage  outage
	pages   pages
	search  search
	rounded time.Time    // the last round; zero: the next turn begins with one
	after   string       // the position that this process goes on from
	last    events.Entry // the last one that it recorded, if it goes on from there
	trimmed string       // up to here
	deaf    bool         // Redis did not hear which jobs are recorded
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
			r.failed(ctx)
		}
		sleep(ctx, max(r.outage.note(ctx, r.Log, err), r.pages.rest()))
	}
	return nil
}

// failed notes that a turn failed: nothing is known of what goes on meanwhile,
// other than how much there is to record, if Redis tells.
func (r *Recorder) failed(ctx context.Context) {
	r.rounded = time.Time{}
	r.pages.caughtUp = false
	r.status.behindSince(time.Now())
	_ = r.count(ctx)
}

// turn records the entries that come next.
func (r *Recorder) turn(ctx context.Context) error {
	if time.Since(r.rounded) >= round {
		if err := r.round(ctx); err != nil {
			return err
		}
	}
	entries, err := r.Stream.Events(ctx, r.after, r.pages.limit(), block)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		r.pages.caughtUp = true
		r.status.current()
		return nil
	}
	r.status.behindSince(entries[0].At)
	if there, err := r.remembers(ctx, r.after); err != nil || !there {
		r.rounded = time.Time{}
		return err
	}
	return r.record(ctx, entries)
}

// round does what is to be done now and then, and finds out where to go on.
func (r *Recorder) round(ctx context.Context) (err error) {
	if _, err := r.Settle(ctx); err != nil {
		return err
	}
	if err := r.reconcile(ctx); err != nil {
		return err
	}
	if r.after, err = r.Ledger.Position(ctx); err != nil {
		return err
	}
	if r.after != r.last.ID {
		r.last = events.Entry{}
	}
	r.status.at(r.after)
	if err := r.Ledger.Due(ctx, time.Now()); err != nil {
		return err
	}
	if err := r.trim(ctx); err != nil {
		return err
	}
	if err := r.count(ctx); err != nil {
		return err
	}
	if err := r.lookForMissing(ctx); err != nil {
		return err
	}
	r.rounded = time.Now()
	return nil
}

func (r *Recorder) record(ctx context.Context, entries []events.Entry) error {
	began := time.Now()
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
	} else {
		r.forget(ctx, entries)
	}
	if r.pages.recorded(entries, time.Since(began)); r.pages.caughtUp {
		r.status.current()
	} else {
		r.status.caughtUpTo(r.last.At)
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
