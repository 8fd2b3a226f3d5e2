package record

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// The pace of putting jobs back.
const (
	lease      = 6 * time.Second // a worker that has lost contact holds nothing any more
	jobsAtOnce = 500
	atOneTime  = 16
	ripe       = 30 * time.Second // an accepted job is looked for after that
	searchRest = 30 * time.Second // from the end of one search to the next
)

// reconcile sees to it that Redis holds every job that the ledger knows as
// unfinished, and that recording goes on with the first entry that is not
// recorded, if Redis has lost data. Otherwise it does nothing. Jobs are
// enqueued again with their ids, arguments and numbers of attempts, which uses
// up no attempt.
//
// If it fails half way the loss is noticed again in the next round, and an id
// is enqueued once only.
func (r *Recorder) reconcile(ctx context.Context) error {
	epoch, loss, err := r.loss(ctx)
	if err != nil || loss == none {
		return err
	}
	restored, err := r.putAllBack(ctx, loss)
	if err != nil {
		return fmt.Errorf("put jobs back that Redis lost: %w", err)
	}
	// Entries may get positions that were recorded before, if the clock of
	// Redis went back: all that it still has is read again, which changes
	// nothing where it was recorded.
	if err := r.Ledger.SetEpoch(ctx, epoch); err != nil {
		return err
	}
	if loss != nothingRecorded {
		r.Log.WarnContext(ctx, "unfinished jobs that Redis lost are enqueued again", "loss", string(loss), "jobs", restored, "epoch", epoch)
	}
	return nil
}

// A loss is what Redis has lost.
type loss string

const (
	none            loss = ""
	nothingRecorded loss = "nothing that was recorded"
	everything      loss = "everything"
	lastMoments     loss = "its last moments"
)

// loss finds out what Redis has lost, and which data set it holds.
func (r *Recorder) loss(ctx context.Context) (epoch string, _ loss, err error) {
	if epoch, err = r.Jobs.Epoch(ctx); err != nil {
		return epoch, none, fmt.Errorf("read which data Redis holds: %w", err)
	}
	recorded, err := r.Ledger.Epoch(ctx)
	switch {
	case err != nil:
		return epoch, none, err
	case recorded == "":
		return epoch, nothingRecorded, nil
	case recorded != epoch:
		return epoch, everything, nil
	}
	position, err := r.Ledger.Position(ctx)
	if err != nil {
		return epoch, none, err
	}
	if there, err := r.remembers(ctx, position); err != nil || there {
		return epoch, none, err
	}
	return epoch, lastMoments, nil
}

// remembers reports whether the entry at a recorded position is in the stream.
// What follows it in the stream is what happened next; if it is missing, other
// entries are missing, too.
func (r *Recorder) remembers(ctx context.Context, position string) (bool, error) {
	if position == "" {
		return true, nil
	}
	at, err := r.Stream.Events(ctx, before(position), 1, 0)
	return len(at) > 0 && at[0].ID == position, err
}

// putAllBack enqueues all unfinished jobs that Redis does not know. First it
// waits until no worker holds one of them any more.
func (r *Recorder) putAllBack(ctx context.Context, loss loss) (restored int, err error) {
	for last := ""; ; {
		ids, err := r.Ledger.UnfinishedJobs(ctx, time.Now().Add(ripe), last, jobsAtOnce)
		if err != nil || len(ids) == 0 {
			return restored, err
		}
		if last == "" && loss != nothingRecorded {
			r.Log.WarnContext(ctx, "Redis lost data; what workers hold is waited for", "loss", string(loss), "wait", lease)
			sleep(ctx, lease)
		}
		n, err := r.putBack(ctx, ids)
		restored += n
		if err != nil {
			return restored, err
		}
		last = ids[len(ids)-1]
	}
}

// putBack enqueues those of the jobs that Redis does not know. Whether they
// have not ended is asked after that, because Redis may forget a job once its
// end is recorded.
func (r *Recorder) putBack(ctx context.Context, ids []string) (restored int, err error) {
	known, err := r.Jobs.Jobs(ctx, ids)
	if err != nil {
		return 0, err
	}
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, is := known[id]; return is })
	if len(missing) == 0 {
		return 0, nil
	}
	requests, err := r.Ledger.Requests(ctx, missing)
	if err != nil {
		return 0, err
	}
	if err := r.enqueue(ctx, requests); err != nil {
		return 0, err
	}
	r.status.restore(len(requests))
	return len(requests), nil
}

// enqueue enqueues jobs again. One that is refused does not hold up the others.
func (r *Recorder) enqueue(ctx context.Context, requests []job.Request) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOneTime)
	for _, request := range requests {
		all.Go(func() error {
			_, err := r.Jobs.Enqueue(ctx, request)
			if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Conflict {
				r.Log.ErrorContext(ctx, "job that Redis lost cannot be enqueued again", slog.String("job", request.ID), slog.Any("err", err))
				return nil
			}
			if err != nil {
				return fmt.Errorf("enqueue job %s again: %w", request.ID, err)
			}
			return nil
		})
	}
	return all.Wait()
}

// A search goes through the unfinished jobs, some in each round.
type search struct {
	after string    // the last id that was looked up
	next  time.Time // not before
}

// lookForMissing looks some unfinished jobs up in Redis, and enqueues those
// that it does not know. It knows every job until its end is recorded, so that
// none is missing unless it was lost; but not for ever, so there is no telling
// while the ledger is behind.
func (r *Recorder) lookForMissing(ctx context.Context) error {
	if !r.pages.caughtUp || time.Now().Before(r.search.next) {
		return nil
	}
	ids, err := r.Ledger.UnfinishedJobs(ctx, time.Now().Add(-ripe), r.search.after, jobsAtOnce)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		r.search = search{next: time.Now().Add(searchRest)}
		return nil
	}
	restored, err := r.putBack(ctx, ids)
	if err != nil {
		return fmt.Errorf("look for missing jobs: %w", err)
	}
	if restored > 0 {
		r.Log.WarnContext(ctx, "jobs that Redis does not know are enqueued again", "jobs", restored)
	}
	r.search.after = ids[len(ids)-1]
	return nil
}
