package metric_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/metric"
)

func TestSaysHowTheStoresAre(t *testing.T) {
	m := metric.New("v1", metric.Bounds{})
	unsafe := m.WatchStores(redis{}, ledger{})
	unsafe("aof", true)
	unsafe("eviction", false)
	wants(t, scrape(t, m),
		`beadle_redis_unsafe{reason="aof"} 1`, `beadle_redis_unsafe{reason="eviction"} 0`,
		`beadle_redis_up 1`, `beadle_redis_memory_bytes 1024`, `beadle_redis_memory_max_bytes 0`,
		`beadle_ledger_up 1`, `beadle_ledger_size_bytes 4096`,
	)
}

func TestAStoreThatIsAwayIsDownAndTheRestOfItUnknown(t *testing.T) {
	m := metric.New("v1", metric.Bounds{})
	m.WatchStores(redis{errors.New("away")}, ledger{errors.New("away")})
	got := scrape(t, m)
	wants(t, got, `beadle_redis_up 0`, `beadle_ledger_up 0`)
	for _, unknown := range []string{"beadle_redis_ping_seconds", "beadle_redis_memory_bytes", "beadle_ledger_ping_seconds", "beadle_ledger_size_bytes"} {
		if strings.Contains(got, unknown) {
			t.Errorf("%s is shown though nobody could tell", unknown)
		}
	}
}

type redis struct{ err error }

func (r redis) Ping(context.Context) error { return r.err }

func (r redis) Facts(context.Context) (job.RedisFacts, error) {
	return job.RedisFacts{Answers: true, Memory: new(int64(1024)), MaxMemory: new(int64(0))}, r.err
}

type ledger struct{ err error }

func (l ledger) Ping(context.Context) error { return l.err }

func (l ledger) Facts(context.Context) (job.LedgerFacts, error) {
	return job.LedgerFacts{Answers: true, Size: new(int64(4096))}, l.err
}
