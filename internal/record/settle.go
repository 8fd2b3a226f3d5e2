package record

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Settle brings a ledger that came out of a backup together with what Redis has
// done since, so that no accepted job is lost, and none that has ended since
// runs again without a person having said so. It returns nil if there is nothing
// to settle. Whoever calls it leads.
//
// Jobs that only Redis knows are added to the ledger as they stand, and then all
// that the event stream still has is read again. What the ledger knows as
// unfinished after that, Redis either has, and it goes on, or remembers how it
// ended, or does not know. Redis holds each job until its end is recorded: if it
// is the Redis that the backup was made with, a job that it does not know has
// ended since. In another one it was lost, and is enqueued again.
//
// If it fails half way, it begins anew.
func (r *Recorder) Settle(ctx context.Context) (*job.Settlement, error) {
	mark, err := r.Ledger.Restored(ctx)
	if err != nil || mark == nil {
		return nil, err
	}
	s := &settling{r: r, mark: *mark, began: time.Now(), adopted: map[string]bool{}}
	s.Made = mark.Made
	for _, step := range []func(context.Context) error{s.compare, s.adopt, s.replay, s.look, s.conclude, r.Ledger.Settled} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("settle the restored ledger: %w", err)
		}
	}
	r.Log.WarnContext(ctx, "the ledger was restored from a backup, and is settled with Redis", "made", s.Made, "same_redis", s.SameRedis, "unfinished", s.Unfinished,
		"both", s.Both, "ended", s.Ended, "unknown", s.Unknown, "redriven", s.Redriven, "refused", s.Refused, "adopted", s.Adopted, "past", s.Past)
	return &s.Settlement, nil
}

// A settling is one go at it.
type settling struct {
	job.Settlement
	r       *Recorder
	mark    job.Restored
	epoch   string
	began   time.Time
	adopted map[string]bool // jobs that only Redis knew, and that go on
	gone    []string        // jobs that Redis does not know
	waited  bool            // until no worker holds what Redis has lost
}

// compare finds out whether this is the Redis that the backup was made with, and
// has what it had then.
func (s *settling) compare(ctx context.Context) (err error) {
	if s.epoch, err = s.r.Jobs.Epoch(ctx); err != nil {
		return err
	}
	latest, err := s.r.Stream.Latest(ctx)
	s.SameRedis = s.epoch == s.mark.Epoch && !events.Later(s.mark.Position, latest)
	if err == nil {
		s.Unfinished, err = s.r.Ledger.CountUnfinished(ctx)
	}
	return err
}

// adopt adds the jobs that only Redis knows to the ledger.
func (s *settling) adopt(ctx context.Context) error {
	return s.r.Jobs.Held(ctx, func(jobs []job.Job) error {
		added, err := s.r.Ledger.Adopt(ctx, jobs)
		for _, j := range jobs {
			switch {
			case !slices.Contains(added, j.ID):
			case j.State.Final():
				s.Past++
			default:
				s.Adopted++
				s.adopted[j.ID] = true
			}
		}
		return err
	})
}

// replay records all that the stream still has.
func (s *settling) replay(ctx context.Context) error {
	if err := s.r.Ledger.SetEpoch(ctx, s.epoch); err != nil {
		return err
	}
	for after := ""; ; {
		entries, err := s.r.Stream.Events(ctx, after, lastPage, 0)
		if err != nil || len(entries) == 0 {
			return err
		}
		if _, err := s.r.Ledger.Record(ctx, after, entries); err != nil {
			return err
		}
		after = entries[len(entries)-1].ID
	}
}

// look goes through the jobs that are unfinished still.
func (s *settling) look(ctx context.Context) error {
	for last := ""; ; {
		ids, err := s.r.Ledger.UnfinishedJobs(ctx, s.began, last, jobsAtOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		known, err := s.r.Jobs.Jobs(ctx, ids)
		if err != nil {
			return err
		}
		var ended []job.Job
		for _, id := range ids {
			switch j, is := known[id]; {
			case !is:
				s.gone = append(s.gone, id)
			case j.State.Final():
				ended = append(ended, j)
			case !s.adopted[id]:
				s.Both++
			}
		}
		if err := s.r.Ledger.Conclude(ctx, ended); err != nil {
			return err
		}
		last = ids[len(ids)-1]
	}
}

// conclude decides on the jobs that Redis does not know.
func (s *settling) conclude(ctx context.Context) error {
	states, err := s.r.Jobs.Remembered(ctx, s.gone)
	if err != nil {
		return err
	}
	for ids := range slices.Chunk(s.gone, jobsAtOnce) {
		var over []job.Job
		var again []string
		for _, id := range ids {
			if end, is := s.end(id, states[id]); is {
				over = append(over, end)
			} else {
				again = append(again, id)
			}
		}
		if err := s.r.Ledger.Conclude(ctx, over); err != nil {
			return err
		}
		if err := s.again(ctx, again); err != nil {
			return err
		}
	}
	s.Ended = s.Unfinished - s.Both - s.Unknown - s.Redriven - s.Refused
	return nil
}

// end says how a job has ended that Redis does not know, or that it has not.
func (s *settling) end(id string, remembered job.State) (end job.Job, ended bool) {
	end = job.Job{ID: id, State: job.Failed, Ended: &s.began}
	switch {
	case remembered.Final():
		end.State = remembered
		end.Reason = "It ended after the backup from which the ledger was restored; Redis remembered how, and no more."
	case s.mark.Redrive == job.RedriveAll || s.mark.Redrive != job.RedriveNone && !s.SameRedis:
		return end, false
	case s.SameRedis:
		s.Unknown++
		end.Reason = "It ended after the backup from which the ledger was restored, and nobody knows how. Look whether it did its work before you retry it."
	default:
		s.Refused++
		end.Reason = "Redis lost it after the backup from which the ledger was restored, and it was not to run again."
	}
	return end, true
}

// again enqueues jobs again, once no worker can hold one of them any more.
func (s *settling) again(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if !s.waited {
		sleep(ctx, lease)
		s.waited = true
	}
	n, err := s.r.putBack(ctx, ids)
	s.Redriven += n
	return err
}
