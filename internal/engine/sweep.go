package engine

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// The sweeper's pace, and how old an intent is before it is taken for
// forgotten.
const (
	sweepEvery   = 5 * time.Second
	patience     = 10 * time.Second
	sweepAtATime = 500
)

// A Sweeper finishes what processes began and did not live to finish. One of
// them at a time is enough; several do no harm.
type Sweeper struct {
	engine   *Engine
	patience time.Duration
}

// NewSweeper returns the sweeper of e.
func NewSweeper(e *Engine) *Sweeper { return &Sweeper{e, patience} }

// Run sweeps every five seconds until ctx ends.
func (s *Sweeper) Run(ctx context.Context) error {
	for {
		n, err := s.Sweep(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.engine.log.WarnContext(ctx, "sweeping", "err", err)
		case n > 0:
			s.engine.log.InfoContext(ctx, "delivered jobs whose enqueue was cut short", "jobs", n)
		}
		if !sleep(ctx, sweepEvery) {
			return nil
		}
	}
}

// Sweep hands to asynq the jobs that were accepted more than ten seconds ago
// and not delivered since, and returns how many there were.
func (s *Sweeper) Sweep(ctx context.Context) (delivered int, err error) {
	e := s.engine
	at, err := e.rdb.Time(ctx).Result()
	if err != nil {
		return 0, wrap(err, "read the time of redis")
	}
	ids, err := e.rdb.ZRangeByScore(ctx, intentsKey, &redis.ZRangeBy{
		Min: "-inf", Max: strconv.FormatInt(at.Add(-s.patience).UnixMilli(), 10), Count: sweepAtATime,
	}).Result()
	if err != nil {
		return 0, wrap(err, "read undelivered jobs")
	}
	for _, id := range ids {
		switch again, err := s.again(ctx, id); {
		case err != nil && ctx.Err() != nil:
			return delivered, ctx.Err()
		case err != nil:
			e.log.WarnContext(ctx, "job not delivered yet", "job", id, "err", err)
		case again:
			delivered++
		}
	}
	return delivered, nil
}

// again delivers a job, unless it has ended since.
func (s *Sweeper) again(ctx context.Context, id string) (bool, error) {
	e := s.engine
	rec, err := e.read(ctx, id)
	if fault.KindOf(err) == fault.NotFound || err == nil && rec.State.Final() {
		return false, wrap(e.rdb.ZRem(ctx, intentsKey, id).Err(), "forget job %s", id)
	}
	if err != nil {
		return false, err
	}
	return true, e.drive(ctx, rec)
}
