package engine

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// The pauses between looks at a Redis that cannot serve.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
)

// A calmClient is the client that asynq's server works with. asynq looks for
// the next task again at once when looking has failed, thousands of times per
// second if Redis is quick to refuse; this one lets it wait.
type calmClient struct {
	redis.UniversalClient
	stopping context.Context // ends the waiting
	refused  atomic.Int32    // in a row
}

// EvalSha implements [redis.Scripter].
func (c *calmClient) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	cmd := c.UniversalClient.EvalSha(ctx, sha, keys, args...)
	c.calm(keys, cmd.Err())
	return cmd
}

// Eval implements [redis.Scripter].
func (c *calmClient) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	cmd := c.UniversalClient.Eval(ctx, script, keys, args...)
	c.calm(keys, cmd.Err())
	return cmd
}

// calm waits, for longer each time, if asking for the next task has failed.
func (c *calmClient) calm(keys []string, err error) {
	switch {
	case !isDequeue(keys) || err != nil && redis.HasErrorPrefix(err, "NOSCRIPT"):
	case err == nil || errors.Is(err, redis.Nil):
		c.refused.Store(0)
	default:
		sleep(c.stopping, min(maxPause, firstPause<<min(c.refused.Add(1)-1, 10)))
	}
}

// isDequeue tells asynq's request for the next task from its other scripts.
func isDequeue(keys []string) bool {
	return len(keys) == 4 && strings.HasSuffix(keys[0], ":pending") && strings.HasSuffix(keys[3], ":lease")
}
