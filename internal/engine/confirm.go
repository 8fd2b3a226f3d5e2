package engine

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/lock"
)

// confirmedKey is written by whoever waits for replicas. What it says is not read.
const confirmedKey = prefix + "confirmed"

// confirmTime is how long replicas may take to have what was accepted.
const confirmTime = time.Second

// Confirm has jobs acknowledged only when that many replicas of Redis have them,
// so that they outlive the master; 0 waits for none. Call it before the engine
// is used. A job that too few replicas have within a second is
// [fault.Unavailable]: it may run all the same, and asking again under its id or
// its key changes nothing but the answer.
func (e *Engine) Confirm(replicas int) { e.replicas = replicas }

// runConfirmed runs a script that accepts jobs, and waits for the replicas. WAIT
// stands for what the connection itself has written, and a job that is accepted
// already writes nothing: only with one more write behind the script does it wait
// for what another has written as well.
func runConfirmed(ctx context.Context, e *Engine, s *redis.Script, args ...any) *redis.Cmd {
	if e.replicas == 0 {
		return runScript(ctx, e, s, args...)
	}
	cmd, have := sendConfirmed(ctx, e, s, args)
	if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
		if err := s.Load(ctx, e.rdb).Err(); err == nil {
			cmd, have = sendConfirmed(ctx, e, s, args)
		}
	}
	if cmd.Err() != nil {
		return cmd
	}
	n, err := have.Int()
	switch {
	case err != nil:
		cmd.SetErr(err)
	case n < e.replicas:
		f := fault.New(fault.Unavailable, "Too few replicas of the queue have the job; ask again in a few seconds, under the same id or key.")
		f.After = 5 * time.Second
		cmd.SetErr(f)
	}
	return cmd
}

func sendConfirmed(ctx context.Context, e *Engine, s *redis.Script, args []any) (cmd *redis.Cmd, have *redis.Cmd) {
	_, _ = e.rdb.Pipelined(ctx, func(p redis.Pipeliner) error { // each command has its error
		cmd = s.EvalSha(ctx, p, lock.Keys, args...)
		p.Set(ctx, confirmedKey, 1, 0)
		have = p.Do(ctx, "WAIT", e.replicas, confirmTime.Milliseconds())
		return nil
	})
	return cmd, have
}
