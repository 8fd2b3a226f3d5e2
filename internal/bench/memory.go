package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hibiken/asynq"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A Memory measures what a queued job takes of Redis.
type Memory struct {
	Jobs    int
	VsAsynq bool
}

// memoryPayload is how long the arguments are here, in bytes.
const memoryPayload = 100

// plainUnique is asynq with its lock on each task.
const plainUnique = "asynq, Unique(1h)"

// perJob is the figure of it.
const perJob = "memory of redis"

// Memory enqueues jobs and looks at what Redis has grown by, once the ledger
// has caught up and the event stream is trimmed.
func (b *Bed) Memory(ctx context.Context, o Memory) (Report, error) {
	setting := fmt.Sprintf("%d queued jobs with a %d-byte payload; Beadle's have a uniqueness key, a client and a trace", o.Jobs, memoryPayload)
	return b.measured(ctx, "memory", setting, []string{ours, plain, plainUnique}, func(r *Report) error {
		all, err := b.alternate(ctx, 1, o.sides(b)...)
		r.addRounds(perJob, "bytes/job", all)
		r.compare(perJob, ours, plain, "A queued job takes %.2f times the memory of plain asynq's.")
		r.compare(perJob, ours, plainUnique, "A queued job takes %.2f times the memory of asynq's with its unique lock.")
		return err
	})
}

func (o Memory) sides(b *Bed) []side {
	all := []side{{ours, func(ctx context.Context) (sample, error) { return b.memoryOurs(ctx, o.Jobs) }}}
	if !o.VsAsynq {
		return all
	}
	filled := func(options ...asynq.Option) func(context.Context) (sample, error) {
		return func(ctx context.Context) (sample, error) {
			return b.grown(ctx, o.Jobs, func() error {
				_, err := asynqFill(ctx, b.url, o.Jobs, 64, func(n int) []byte { return payload(n, memoryPayload) }, options...)
				return err
			})
		}
	}
	return append(all, side{plain, filled()}, side{plainUnique, filled(asynq.Unique(time.Hour))})
}

// grown returns how much Redis has grown by, for each of n jobs.
func (b *Bed) grown(ctx context.Context, n int, fill func() error) (sample, error) {
	before, err := b.used(ctx)
	if err != nil {
		return nil, err
	}
	if err := fill(); err != nil {
		return nil, err
	}
	if err := sleep(ctx, time.Second); err != nil { // buffers drain
		return nil, err
	}
	after, err := b.used(ctx)
	return sample{perJob: float64(after-before) / float64(n)}, err
}

// used returns the memory that Redis uses for data: without the buffers of
// clients and of the AOF.
func (b *Bed) used(ctx context.Context) (int64, error) {
	info, err := b.info(ctx, "memory")
	if err != nil {
		return 0, err
	}
	number := func(name string) int64 { n, _ := strconv.ParseInt(info[name], 10, 64); return n } // what Redis does not say is nought
	return number("used_memory") - number("mem_clients_normal") - number("mem_aof_buffer"), nil
}

func (b *Bed) memoryOurs(ctx context.Context, n int) (s sample, err error) {
	p, err := b.platform(ctx, b.url, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	task := does(nil)
	task.Unique = &tasks.Unique{Args: []string{"n"}}
	if err := p.introduce(ctx, task); err != nil {
		return nil, err
	}
	return b.grown(ctx, n, func() error {
		if _, err := p.fill(ctx, n, traced); err != nil {
			return err
		}
		return p.trimmed(ctx)
	})
}

// traced is the request of a job with all that a job may carry.
func traced(n int) job.Request {
	return job.Request{
		Task: taskName, Client: "campus", Args: payload(n, memoryPayload),
		Trace: fmt.Sprintf("00-%032x-%016x-01", n+1, n+1),
	}
}

// trimmed waits for the ledger, and drops what it has from the stream: the
// recorder does so too, a minute later.
func (p *platform) trimmed(ctx context.Context) error {
	if err := p.caughtUp(ctx); err != nil {
		return err
	}
	at, err := p.ledger.Position(ctx)
	if err != nil {
		return err
	}
	return p.engine.Trim(ctx, at)
}
