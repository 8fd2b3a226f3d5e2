package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// Connect returns a client of the Redis at url once it answers. While it does
// not, that is logged, once, and tried again until ctx is done.
func Connect(ctx context.Context, url string, log *slog.Logger) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fault.New(fault.Invalid, "redis: %q is not the address of a Redis; write it as redis://127.0.0.1:6379/0.", url).Because(err)
	}
	options.ContextTimeoutEnabled = true
	rdb := redis.NewClient(options)
	if err := answers(ctx, rdb, options.Addr, log); err != nil {
		rdb.Close()
		return nil, err
	}
	return rdb, nil
}

func answers(ctx context.Context, rdb *redis.Client, addr string, log *slog.Logger) error {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := rdb.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		if pause == 100*time.Millisecond {
			log.Warn("redis does not answer; trying until it does", "addr", addr, "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
