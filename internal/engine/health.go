package engine

import (
	"bufio"
	"context"
	"strings"
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
	facts := map[string]string{}
	for _, section := range []string{"persistence", "memory"} {
		text, err := e.rdb.Info(ctx, section).Result()
		if err != nil && away(err) {
			return Health{}, wrap(err, "ask redis how it is set up")
		}
		for line := bufio.NewScanner(strings.NewReader(text)); line.Scan(); {
			key, value, _ := strings.Cut(line.Text(), ":")
			facts[key] = value
		}
	}
	aof, toldAOF := facts["aof_enabled"]
	policy, toldPolicy := facts["maxmemory_policy"]
	return Health{
		Known: toldAOF && toldPolicy, Persistent: aof == "1",
		NoEviction: policy == "noeviction" || facts["maxmemory"] == "0",
	}, nil
}
