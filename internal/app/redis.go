package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/cluster"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/lock"
)

// Connect returns a client of the Redis that the settings name once it answers,
// as [Await] has it.
func Connect(ctx context.Context, c config.Config, log *slog.Logger) (*redis.Client, error) {
	rdb, err := Dial(c)
	if err != nil {
		return nil, err
	}
	if err := Await(ctx, rdb, log); err != nil {
		rdb.Close()
		return nil, err
	}
	return rdb, nil
}

// Dial returns a client of the Redis that the settings name, which need not
// answer yet. An address with a master_name is that of Sentinels, who know
// where the Redis is; one with cluster=true is that of nodes of a Redis Cluster.
func Dial(c config.Config) (*redis.Client, error) {
	address, err := c.RedisURL()
	if err != nil {
		return nil, err
	}
	switch {
	case strings.Contains(address, "master_name="):
		return dialSentinels(address, c.RedisTLS)
	case strings.Contains(address, "cluster=true"):
		return dialCluster(address, c.RedisTLS)
	}
	options, err := redis.ParseURL(address)
	if err != nil {
		return nil, misspelt(address, err, "a Redis", "redis://127.0.0.1:6379/0")
	}
	options.ContextTimeoutEnabled = true
	if err := secure(options.TLSConfig, c.RedisTLS); err != nil {
		return nil, err
	}
	return redis.NewClient(options), nil
}

func dialSentinels(address string, own config.RedisTLS) (*redis.Client, error) {
	options, err := redis.ParseFailoverURL(address)
	if err != nil {
		return nil, misspelt(address, err, "Sentinels", "redis://sentinel-a:26379/0?addr=sentinel-b:26379&master_name=main")
	}
	options.ContextTimeoutEnabled = true
	if err := secure(options.TLSConfig, own); err != nil {
		return nil, err
	}
	return redis.NewFailoverClient(options), nil
}

func dialCluster(address string, own config.RedisTLS) (*redis.Client, error) {
	options, addrs, err := parseCluster(address)
	if err == nil && options.DB != 0 {
		err = errors.New("a Redis Cluster has no databases but 0")
	}
	if err != nil {
		return nil, misspelt(address, err, "a Redis Cluster", "redis://a:6379/?addr=b:6379&addr=c:6379&cluster=true")
	}
	options.ContextTimeoutEnabled = true
	if err := secure(options.TLSConfig, own); err != nil {
		return nil, err
	}
	return cluster.NewClient(*options, lock.Home, addrs...), nil
}

// parseCluster reads the address of a Redis with the addresses of further nodes.
func parseCluster(address string) (options *redis.Options, addrs []string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil, err
	}
	query := u.Query()
	others := query["addr"]
	query.Del("addr")
	query.Del("cluster")
	u.RawQuery = query.Encode()
	if options, err = redis.ParseURL(u.String()); err != nil {
		return nil, nil, err
	}
	return options, append([]string{options.Addr}, others...), nil
}

// misspelt says that an address cannot be used, without its password: where that
// cannot be told from the rest, the address is not shown at all.
func misspelt(address string, err error, of, right string) error {
	u, unreadable := url.Parse(address)
	if unreadable != nil {
		return fault.New(fault.Invalid, "redis: this is not the address of %s; write it as %s.", of, right)
	}
	return fault.New(fault.Invalid, "redis: %q is not the address of %s; write it as %s.", u.Redacted(), of, right).Because(err)
}

// Await returns once the Redis answers. While it does not, that is logged,
// once, and tried again at growing intervals until ctx is done. A node of a
// Redis Cluster that was not dialled as one is refused.
func Await(ctx context.Context, rdb redis.UniversalClient, log *slog.Logger) error {
	const first = 100 * time.Millisecond
	for pause := first; ; pause = min(2*pause, 5*time.Second) {
		err := rdb.Ping(ctx).Err()
		switch {
		case err == nil && pause > first:
			log.Info("redis answers")
			return refuseNode(ctx, rdb)
		case err == nil:
			return refuseNode(ctx, rdb)
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

// refuseNode is an error if the Redis is a node of a Redis Cluster: another may
// have the slot, now or after a failover. One that does not tell is none.
func refuseNode(ctx context.Context, rdb redis.UniversalClient) error {
	if c, ok := rdb.(*redis.Client); ok && c.Options().Addr == cluster.Addr {
		return ctx.Err()
	}
	info, err := rdb.Info(ctx, "cluster").Result()
	if err != nil || !strings.Contains(info, "cluster_enabled:1") {
		return ctx.Err()
	}
	return fault.New(fault.Invalid,
		"redis: this is a node of a Redis Cluster; write the address as redis://a:6379/?addr=b:6379&addr=c:6379&cluster=true, so that the others are known.").In("redis")
}

// ListenToRedis has the Redis client say to log, at debug, what it otherwise
// prints by itself: that it could not connect, above all, which callers say
// better. Call it once, when a process starts.
func ListenToRedis(log *slog.Logger) { redis.SetLogger(clientLog{log}) }

// clientLog takes what the Redis client has to say.
type clientLog struct{ log *slog.Logger }

// Printf implements the client's interface for loggers.
func (l clientLog) Printf(ctx context.Context, format string, args ...any) {
	if l.log.Enabled(ctx, slog.LevelDebug) {
		l.log.DebugContext(ctx, "redis client", "said", fmt.Sprintf(format, args...))
	}
}
