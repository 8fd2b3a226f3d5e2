package scheduler

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	clockEvery = time.Minute
	clocksPart = 2 * time.Second // more than this between two clocks is worth a word
)

// clocks compares the clock of this machine, by which schedules are due, with
// that of Redis, by which the times of jobs are written.
type clocks struct {
	redis interface {
		Time(ctx context.Context) *redis.TimeCmd
	}
	log   *slog.Logger
	off   bool         // it has been said
	ahead atomic.Int64 // when it was last measured
}

// measured returns by how much the clock of this machine is ahead of that of
// Redis. It may be called while c runs.
func (c *clocks) measured() time.Duration { return time.Duration(c.ahead.Load()) }

// run compares them until ctx is done.
func (c *clocks) run(ctx context.Context) error {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for ; ctx.Err() == nil; wait(ctx, tick) {
		sent := time.Now()
		at, err := c.redis.Time(ctx).Result()
		if took := time.Since(sent); err == nil && took < clocksPart { // an answer that took long tells little
			c.note(ctx, sent.Add(took/2).Round(0).Sub(at))
		}
	}
	return nil
}

// note says when the clock of this machine begins to be ahead of that of Redis
// by too much, or behind it, and when it is right again.
func (c *clocks) note(ctx context.Context, ahead time.Duration) {
	was := c.off
	c.ahead.Store(int64(ahead))
	c.off = ahead.Abs() > clocksPart
	switch {
	case c.off && !was:
		c.log.WarnContext(ctx, "the clock of this machine is not that of redis: schedules are due by this one, and the times shown of jobs are redis's; keep both right with NTP", "ahead", ahead)
	case was && !c.off:
		c.log.InfoContext(ctx, "the clock of this machine is that of redis again", "ahead", ahead)
	}
}
