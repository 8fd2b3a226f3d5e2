package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// Connect returns a client of the Redis at url once it answers, as [Await] has
// it.
func Connect(ctx context.Context, url string, log *slog.Logger) (*redis.Client, error) {
	rdb, err := Dial(url)
	if err != nil {
		return nil, err
	}
	if err := Await(ctx, rdb, log); err != nil {
		rdb.Close()
		return nil, err
	}
	return rdb, nil
}

// Dial returns a client of the Redis at url, which need not answer yet.
func Dial(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fault.New(fault.Invalid, "redis: %q is not the address of a Redis; write it as redis://127.0.0.1:6379/0.", url).Because(err)
	}
	options.ContextTimeoutEnabled = true
	return redis.NewClient(options), nil
}

// Await returns once the Redis answers. While it does not, that is logged,
// once, and tried again at growing intervals until ctx is done.
func Await(ctx context.Context, rdb redis.UniversalClient, log *slog.Logger) error {
	const first = 100 * time.Millisecond
	for pause := first; ; pause = min(2*pause, 5*time.Second) {
		err := rdb.Ping(ctx).Err()
		switch {
		case err == nil && pause > first:
			log.Info("redis answers")
			return nil
		case err == nil:
			return nil
		case pause == first:
			log.Warn("redis does not answer; trying until it does", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
