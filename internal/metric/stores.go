package metric

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Redis is what is asked of it at every scrape.
type Redis interface {
	Ping(ctx context.Context) error
	Facts(ctx context.Context) (job.RedisFacts, error)
}

// Ledger is what is asked of it at every scrape; its facts seldom.
type Ledger interface {
	Ping(ctx context.Context) error
	Facts(ctx context.Context) (job.LedgerFacts, error)
}

var (
	redisUpDesc    = described("beadle_redis_up", "1 if Redis answers.")
	redisPingDesc  = described("beadle_redis_ping_seconds", "How long Redis took to answer, just now.")
	memoryDesc     = described("beadle_redis_memory_bytes", "Memory that Redis uses.")
	maxMemoryDesc  = described("beadle_redis_memory_max_bytes", "Memory that Redis may use; 0: what the machine has.")
	ledgerUpDesc   = described("beadle_ledger_up", "1 if the ledger answers.")
	ledgerPingDesc = described("beadle_ledger_ping_seconds", "How long the ledger took to answer, just now.")
	ledgerSizeDesc = described("beadle_ledger_size_bytes", "Size of the ledger's database.")
)

// factsEvery is how often the ledger is asked for its size.
const factsEvery = 30 * time.Second

// WatchStores adds how Redis and the ledger are, and returns what says whether
// Redis may lose jobs, for a reason: "aof" or "eviction".
func (m *Metrics) WatchStores(r Redis, l Ledger) (unsafe func(reason string, is bool)) {
	reasons := gauges("beadle_redis_unsafe", "1 if Redis may lose jobs, by the reason.", "reason")
	m.registry.MustRegister(redisHealth{r}, ledgerHealth{l, keep(factsEvery, l.Facts)}, reasons)
	return func(reason string, is bool) { reasons.WithLabelValues(reason).Set(one(is)) }
}

// ping shows whether a store answers and how fast.
func ping(ctx context.Context, ping func(context.Context) error, up, took *prometheus.Desc, show gauge) {
	began := time.Now()
	err := ping(ctx)
	show(up, one(err == nil))
	if err == nil {
		show(took, time.Since(began).Seconds())
	}
}

type redisHealth struct{ redis Redis }

// Describe implements prometheus.Collector.
func (redisHealth) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{redisUpDesc, redisPingDesc, memoryDesc, maxMemoryDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (h redisHealth) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	show := to(ch)
	ping(ctx, h.redis.Ping, redisUpDesc, redisPingDesc, show)
	facts, err := h.redis.Facts(ctx)
	if err != nil {
		return
	}
	showKnown(show, memoryDesc, facts.Memory)
	showKnown(show, maxMemoryDesc, facts.MaxMemory)
}

type ledgerHealth struct {
	ledger Ledger
	facts  *kept[job.LedgerFacts]
}

// Describe implements prometheus.Collector.
func (ledgerHealth) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{ledgerUpDesc, ledgerPingDesc, ledgerSizeDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (h ledgerHealth) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	show := to(ch)
	ping(ctx, h.ledger.Ping, ledgerUpDesc, ledgerPingDesc, show)
	if facts, known := h.facts.get(ctx); known {
		showKnown(show, ledgerSizeDesc, facts.Size)
	}
}

// showKnown shows a number unless it is not known.
func showKnown(show gauge, d *prometheus.Desc, n *int64) {
	if n != nil {
		show(d, float64(*n))
	}
}
