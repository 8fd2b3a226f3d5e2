package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/lock"
)

// The keys that are the engine's own. Jobs stand in asynq's keys, locks in
// those of package lock.
const (
	prefix     = lock.Home + "job:"
	queuesKey  = prefix + "queues"  // set: the names of all queues
	streamKey  = prefix + "events"  // stream: kind, body, kind, body, …
	tasksKey   = prefix + "tasks"   // hash: task name -> job.Declaration
	workersKey = prefix + "workers" // zset: worker ids, by the ms at which they are gone
	ordersKey  = prefix + "orders"  // hash: worker id -> what people have told it, and who
	epochKey   = prefix + "epoch"   // id of this data set
	pausedKey  = prefix + "paused"  // hash: queue or * -> "ms JSON", a job.Pause and when it ends, 0 for never
	abortTopic = prefix + "abort"   // channel: ids of jobs to be aborted
)

func workerKey(id string) string { return prefix + "worker:" + id }

// An Engine is the jobs in flight of one installation. It is safe for use by
// many goroutines, and by many processes on the same Redis.
type Engine struct {
	rdb   redis.UniversalClient
	log   *slog.Logger
	clock redisClock
	known declarations
	where queues
	rests pauses
	run   serverRun
	// replicas are how many must have a job before it is acknowledged.
	replicas int

	tracer Tracer // nil: nobody traces
}

// New returns the engine whose jobs are kept in rdb. The client should have
// ContextTimeoutEnabled set, or calls outlast their contexts.
func New(rdb redis.UniversalClient, log *slog.Logger) *Engine {
	return &Engine{rdb: rdb, log: log}
}

// Epoch returns the id of the data set that Redis holds. It changes when Redis
// has lost its data, and is made on first use.
func (e *Engine) Epoch(ctx context.Context) (string, error) {
	if err := e.rdb.SetNX(ctx, epochKey, uuid.NewString(), 0).Err(); err != nil {
		return "", wrap(err, "make the epoch of redis")
	}
	epoch, err := e.rdb.Get(ctx, epochKey).Result()
	if err != nil {
		return "", wrap(err, "read the epoch of redis")
	}
	return epoch, nil
}

// now is the time as records and events show it: that of Redis, as far as it
// is known, so that the clocks of workers need not agree.
func (e *Engine) now() time.Time {
	return time.Now().Add(e.clock.ahead()).UTC().Truncate(time.Millisecond)
}

// tick takes note of what the clock of Redis said in µs, in answer to a
// question that was sent at that time.
func (e *Engine) tick(micros int64, sent time.Time) {
	e.clock.read(time.UnixMicro(micros), sent, time.Now())
}

// forgetsTime reports whether Redis should be asked for the time again.
func (e *Engine) forgetsTime(now time.Time) bool {
	return now.Sub(e.clock.asked()) > time.Second
}

// wrap says what err, which Redis or the way to it gave, interrupted.
func wrap(err error, doing string, args ...any) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf(doing+": %w", append(args, err)...)
	if !away(err) {
		return err
	}
	f := fault.New(fault.Unavailable, "The queue does not answer at the moment; try again in a few seconds.").Because(err)
	f.After = 5 * time.Second
	return f
}

// awayReplies begin the errors of a Redis that is there but cannot serve.
var awayReplies = []string{"LOADING", "READONLY", "OOM", "MASTERDOWN", "NOREPLICAS", "TRYAGAIN", "MISCONF", "BUSY", "CLUSTERDOWN", "MOVED", "ASK"}

// away reports whether err means that Redis cannot be used at the moment.
func away(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if errors.Is(err, io.EOF) || errors.Is(err, redis.ErrClosed) || errors.Is(err, redis.ErrPoolTimeout) {
		return true
	}
	reply, ok := errors.AsType[redis.Error](err)
	if !ok {
		return false
	}
	for _, word := range awayReplies {
		if strings.HasPrefix(reply.Error(), word+" ") {
			return true
		}
	}
	return false
}

// first returns the first that is not empty.
func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// sleep waits for d and reports whether ctx still lasts.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
