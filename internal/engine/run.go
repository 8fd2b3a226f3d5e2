package engine

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// A serverRun is the id of the run of the Redis server that this process talks
// to. A server that was started again, or another that took its place, may
// have lost the last moments, and grants no locks for one lease; scripts find
// out by the run that callers think they talk to. So it must never be out of
// date: every new connection makes it unknown.
type serverRun struct {
	hooked sync.Once
	dials  atomic.Int64 // connections made so far
	mu     sync.Mutex
	name   string
	asked  int64 // dials when the name was asked for; the name is unknown if there were more
}

// id is the run that was found out last; empty if the server does not tell.
func (s *serverRun) id() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// forget has the run asked for again.
func (s *serverRun) forget() { s.dials.Add(1) }

// know makes sure that the run is known, and returns a number that is still
// that of dials as long as it is.
func (s *serverRun) know(ctx context.Context, rdb redis.UniversalClient) (dials int64, err error) {
	s.hooked.Do(func() { rdb.AddHook(dialHook{s}); s.dials.Add(1) })
	for {
		dials = s.dials.Load()
		s.mu.Lock()
		known := s.asked == dials
		s.mu.Unlock()
		if known {
			return dials, nil
		}
		name, err := askRun(ctx, rdb)
		if err != nil {
			return 0, err
		}
		s.mu.Lock()
		s.name, s.asked = name, dials
		s.mu.Unlock()
	}
}

// still reports whether Redis is in the run that was known at that number of
// dials: connections made since then may have reached another one.
func (s *serverRun) still(ctx context.Context, rdb redis.UniversalClient, dials int64) bool {
	if s.dials.Load() == dials {
		return true
	}
	was := s.id()
	_, err := s.know(ctx, rdb)
	return err == nil && s.id() == was
}

// askRun asks the server for its run. One that does not tell has none.
func askRun(ctx context.Context, rdb redis.UniversalClient) (string, error) {
	info, err := rdb.Info(ctx, "server").Result()
	if err != nil {
		if _, told := errors.AsType[redis.Error](err); told && !away(err) {
			return "", nil
		}
		return "", wrap(err, "ask redis for its run")
	}
	for line := bufio.NewScanner(strings.NewReader(info)); line.Scan(); {
		if id, ok := strings.CutPrefix(line.Text(), "run_id:"); ok {
			return id, nil
		}
	}
	return "", nil
}

// A dialHook counts connections.
type dialHook struct{ run *serverRun }

// DialHook implements [redis.Hook].
func (h dialHook) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		h.run.dials.Add(1)
		return next(ctx, network, addr)
	}
}

// ProcessHook implements [redis.Hook].
func (h dialHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

// ProcessPipelineHook implements [redis.Hook].
func (h dialHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
