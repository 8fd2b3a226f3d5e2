package engine

import (
	"bufio"
	"context"
	"strconv"
	"strings"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Health is whether Redis is set up to keep what it has acknowledged.
type Health struct {
	Known      bool // false if this Redis does not tell
	Persistent bool // writes an append-only file
	NoEviction bool // never drops keys for want of memory
}

// Health asks Redis how it is set up. A server that does not tell, such as an
// embedded one, is no error.
func (e *Engine) Health(ctx context.Context) (Health, error) {
	facts, err := e.info(ctx, "persistence", "memory")
	if err != nil {
		return Health{}, err
	}
	aof, toldAOF := facts["aof_enabled"]
	policy, toldPolicy := facts["maxmemory_policy"]
	return Health{
		Known: toldAOF && toldPolicy, Persistent: aof == "1",
		NoEviction: policy == "noeviction" || facts["maxmemory"] == "0",
	}, nil
}

// Facts says what Redis is, as far as it tells.
func (e *Engine) Facts(ctx context.Context) (job.RedisFacts, error) {
	facts, err := e.info(ctx, "server", "memory", "persistence", "replication")
	if err != nil {
		return job.RedisFacts{}, err
	}
	keys, err := e.rdb.DBSize(ctx).Result()
	if err != nil {
		return job.RedisFacts{}, wrap(err, "count the keys of redis")
	}
	return job.RedisFacts{
		Answers: true, Version: facts["redis_version"],
		Role:     strings.Replace(facts["role"], "slave", "replica", 1),
		Replicas: facts.number("connected_slaves"), Memory: facts.number("used_memory"), MaxMemory: facts.number("maxmemory"),
		Eviction: facts["maxmemory_policy"], Keys: &keys, Persistence: persistences[facts["aof_enabled"]],
	}, nil
}

// persistences are what an append-only file that is on or off comes to.
var persistences = map[string]string{"1": "aof", "0": "none"}

// sayings are what a Redis says of itself, by name.
type sayings map[string]string

// number returns a count, and nil for one that was not told.
func (s sayings) number(name string) *int64 {
	n, err := strconv.ParseInt(s[name], 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// info asks Redis for what it says of itself. Sections that it does not have are
// left out.
func (e *Engine) info(ctx context.Context, sections ...string) (sayings, error) {
	all := sayings{}
	for _, section := range sections {
		text, err := e.rdb.Info(ctx, section).Result()
		if err != nil && away(err) {
			return nil, wrap(err, "ask redis how it is set up")
		}
		for line := bufio.NewScanner(strings.NewReader(text)); line.Scan(); {
			key, value, _ := strings.Cut(line.Text(), ":")
			all[key] = value
		}
	}
	return all, nil
}
