package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// markRestored brings a ledger that was made from a backup up to date and marks
// it.
func markRestored(ctx context.Context, location string, made time.Time, redrive job.Redrive) error {
	l, err := Open(ctx, location)
	if err != nil {
		return err
	}
	defer l.Close()
	return l.inTx(ctx, func(tx *sql.Tx) error {
		epoch, err := meta(ctx, tx, metaEpoch)
		if err != nil {
			return err
		}
		position, err := meta(ctx, tx, metaPosition)
		if err != nil {
			return err
		}
		body, err := json.Marshal(job.Restored{Made: made, Epoch: epoch, Position: position, Redrive: redrive})
		if err != nil {
			return fmt.Errorf("write the mark of a restored ledger: %w", err)
		}
		return setMeta(ctx, tx, metaRestored, string(body))
	})
}

// Restored returns out of which backup the ledger came, as long as it is not
// settled what Redis has done since; else nil.
func (l *Ledger) Restored(ctx context.Context) (*job.Restored, error) {
	body, err := meta(ctx, l.read, metaRestored)
	if err != nil || body == "" {
		return nil, wrap(err, "read whether the ledger was restored")
	}
	var r job.Restored
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return nil, fmt.Errorf("read whether the ledger was restored: %w", err)
	}
	return &r, nil
}

// Settled takes the mark of a restored ledger away.
func (l *Ledger) Settled(ctx context.Context) error {
	err := l.inTx(ctx, func(tx *sql.Tx) error { return setMeta(ctx, tx, metaRestored, "") })
	return wrap(err, "note that the restored ledger is settled")
}

// Adopt adds jobs that Redis holds and the ledger does not know, as they stand.
// It returns the ids of those that were added.
func (l *Ledger) Adopt(ctx context.Context, jobs []job.Job) (added []string, err error) {
	err = l.correct(ctx, jobs, func(b *batch, j job.Job) {
		if b.records[key(j.ID)] != nil {
			return
		}
		at := j.Created
		if j.Ended != nil {
			at = *j.Ended
		}
		r := b.add(key(j.ID), j, at)
		r.Started, r.touched = j.Started, true
		added = append(added, j.ID)
	})
	return added, wrap(err, "adopt %d jobs", len(jobs))
}

// Conclude ends jobs that have ended without that being recorded. Of those that
// the ledger knows as ended nothing changes.
func (l *Ledger) Conclude(ctx context.Context, ended []job.Job) error {
	err := l.correct(ctx, ended, func(b *batch, j job.Job) {
		r := b.records[key(j.ID)]
		if r == nil || r.State.Final() || !j.State.Final() {
			return
		}
		at := r.Created
		if j.Ended != nil {
			at = *j.Ended
		}
		r.Attempt, r.Failures, r.Errors = max(r.Attempt, j.Attempt), max(r.Failures, j.Failures), max(r.Errors, j.Errors)
		if j.Error != "" {
			r.Error = j.Error
		}
		if j.Started != nil {
			r.Started = j.Started
		}
		b.loseAttempts(r, 0, at)
		b.move(r, j.State, j.Reason, at)
		r.touched = true
	})
	return wrap(err, "conclude %d jobs", len(ended))
}

// correct applies a change to what is recorded of jobs, outside the stream.
func (l *Ledger) correct(ctx context.Context, jobs []job.Job, change func(b *batch, j job.Job)) error {
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = key(j.ID)
	}
	return l.writing(ctx, func(w writer) error {
		if err := holdPosition(ctx, w.Tx); err != nil {
			return err
		}
		b, err := readJobs(ctx, w, ids)
		if err != nil {
			return err
		}
		if err := readWaits(ctx, w, b.records, nil); err != nil {
			return err
		}
		for _, j := range jobs {
			change(b, j)
		}
		return b.save(ctx, w)
	})
}
