package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// Options say what to measure on, and how.
type Options struct {
	Redis string // redis:// URL; empty: a redis-server of the bed's own
	Flush bool   // the database may be emptied, whatever it holds

	// Connect returns the client that a process of Beadle would use.
	Connect func(ctx context.Context, url string, log *slog.Logger) (*redis.Client, error)
	// Progress hears of each step as it begins. It may be nil.
	Progress func(Step)
	Log      *slog.Logger
}

// A Step is how far a benchmark has come.
type Step struct {
	Number, Total int
	Doing         string // "round 2 of 5: asynq"
}

// A Bed is the Redis that benchmarks run on. Its database is theirs: it is
// emptied before, between and after the rounds.
type Bed struct {
	url     string
	rdb     *redis.Client // looks on from the side
	connect func(ctx context.Context, url string, log *slog.Logger) (*redis.Client, error)
	tell    func(Step)
	log     *slog.Logger
	dir     string  // of ledgers, and of a server of our own
	own     *server // nil if the Redis is the user's
	ledgers int     // made so far
}

// patience bounds how long a Redis may take to answer at the start.
const patience = 10 * time.Second

// Open returns the bed that o describes. A Redis that holds data is refused
// unless it may be emptied.
func Open(ctx context.Context, o Options) (*Bed, error) {
	b := &Bed{url: o.Redis, connect: o.Connect, tell: o.Progress, log: o.Log}
	if b.tell == nil {
		b.tell = func(Step) {}
	}
	if err := b.open(ctx, o.Flush); err != nil {
		return nil, errors.Join(err, b.discard())
	}
	return b, nil
}

func (b *Bed) open(ctx context.Context, flush bool) (err error) {
	if b.dir, err = os.MkdirTemp("", "beadle-bench-"); err != nil {
		return fmt.Errorf("make a folder for ledgers: %w", err)
	}
	if b.url == "" {
		if b.own, err = startServer(ctx, b.dir); err != nil {
			return err
		}
		b.url = b.own.url
	}
	if b.rdb, err = lookOn(ctx, b.url); err != nil {
		return err
	}
	return b.claim(ctx, flush)
}

// lookOn connects to a Redis that has to be there.
func lookOn(ctx context.Context, url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fault.New(fault.Invalid, "--redis: %q is not the address of a Redis; write it as redis://127.0.0.1:6379/15.", url).In("redis").Because(err)
	}
	options.ContextTimeoutEnabled = true
	rdb := redis.NewClient(options)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := rdb.Ping(ctx).Err(); err != nil {
		rdb.Close()
		return nil, fault.New(fault.Unavailable, "No Redis answers at %s.", options.Addr).Because(err)
	}
	return rdb, nil
}

// claim makes the database empty, if it is or may be.
func (b *Bed) claim(ctx context.Context, flush bool) error {
	keys, err := b.rdb.DBSize(ctx).Result()
	if err != nil {
		return fmt.Errorf("count the keys of redis: %w", err)
	}
	if keys > 0 && !flush {
		o := b.rdb.Options()
		b.rdb.Close()
		b.rdb = nil // what it holds is not ours to empty
		return fault.New(fault.Conflict, "The Redis at %s holds %d keys in database %d: name an empty database, or say with --flush that it may be emptied.", o.Addr, keys, o.DB)
	}
	return b.empty(ctx)
}

// empty empties the database.
func (b *Bed) empty(ctx context.Context) error {
	if err := b.rdb.FlushDB(ctx).Err(); err != nil {
		return fmt.Errorf("empty redis: %w", err)
	}
	return nil
}

// fresh makes the bed for the next part: an empty database, a collected heap.
func (b *Bed) fresh(ctx context.Context) error {
	runtime.GC()
	return b.empty(ctx)
}

// Close empties the database, stops the server if the bed started it, and
// removes all files. The bed is not used after that.
func (b *Bed) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	if b.own == nil { // with a server of our own its data goes too
		err = b.empty(ctx)
	}
	return errors.Join(err, b.discard())
}

// discard lets go of everything but the data in Redis.
func (b *Bed) discard() error {
	if b.rdb != nil {
		b.rdb.Close()
	}
	b.own.stop()
	return os.RemoveAll(b.dir)
}

// nextLedger returns a path where no ledger is.
func (b *Bed) nextLedger() string {
	b.ledgers++
	return filepath.Join(b.dir, fmt.Sprintf("ledger-%d.db", b.ledgers))
}

// info returns the figures that Redis has of a section.
func (b *Bed) info(ctx context.Context, section string) (map[string]string, error) {
	text, err := b.rdb.Info(ctx, section).Result()
	if err != nil {
		return nil, fmt.Errorf("ask redis for its %s: %w", section, err)
	}
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			all[name] = value
		}
	}
	return all, nil
}
