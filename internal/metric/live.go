package metric

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Engine is what is asked at every scrape.
type Engine interface {
	Queues(ctx context.Context) ([]job.Queue, error)
	Workers(ctx context.Context) ([]job.Worker, error)
	Backlog(ctx context.Context) (int64, error)
}

// Locks is what is asked of them at every scrape.
type Locks interface {
	List(ctx context.Context) ([]job.Lock, error)
	Limits(ctx context.Context) ([]job.Limit, error)
}

// patience is how long a scrape waits for what it reads.
const patience = 2 * time.Second

// Watch adds what is read from the engine, the locks and the recorder at each
// scrape. What cannot be read within two seconds is left out of that scrape.
func (m *Metrics) Watch(e Engine, l Locks, recorderLag func() time.Duration) {
	m.registry.MustRegister(&live{e, l, recorderLag, m.overflow.WithLabelValues("limit")})
}

// live reads the engine when Prometheus asks.
type live struct {
	engine Engine
	locks  Locks
	lag    func() time.Duration
	hidden prometheus.Counter // limits that were left out
}

var (
	stuckDesc   = described("beadle_jobs_stuck", "Jobs told to stop more than 30 s ago whose code still runs.")
	workersDesc = described("beadle_workers", "Live workers.")
	placesDesc  = described("beadle_worker_slots", "Worker slots of all live workers.")
	usedDesc    = described("beadle_worker_slots_used", "Worker slots in which a job runs.")
	backlogDesc = described("beadle_events", "Events in the stream: not recorded yet, or within the last minute.")
	lagDesc     = described("beadle_recorder_lag_seconds", "How far the ledger is behind.")
)

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (l *live) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		jobsDesc, pausedDesc, oldestDesc, waitingDesc, stuckDesc, workersDesc, placesDesc, usedDesc, backlogDesc, lagDesc,
		heldDesc, linesDesc, maxDesc, inUseDesc,
	} {
		ch <- d
	}
}

// A gauge shows one number of a scrape.
type gauge func(d *prometheus.Desc, v float64, labels ...string)

// to returns a gauge that shows its numbers there.
func to(ch chan<- prometheus.Metric) gauge {
	return func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
}

// Collect implements prometheus.Collector.
func (l *live) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	show := to(ch)
	show(lagDesc, l.lag().Seconds())
	if n, err := l.engine.Backlog(ctx); err == nil {
		show(backlogDesc, float64(n))
	}
	if workers, err := l.engine.Workers(ctx); err == nil {
		showWorkers(workers, show)
	}
	queues, noQueues := l.engine.Queues(ctx)
	if noQueues == nil {
		showQueues(queues, time.Now(), show)
	}
	l.showLocks(ctx, queues, noQueues, show)
}

func showWorkers(workers []job.Worker, show gauge) {
	places, used, stuck := 0, 0, 0
	for _, w := range workers {
		places += w.Concurrency
		used += len(w.Running)
		stuck += len(w.Stuck)
	}
	show(workersDesc, float64(len(workers)))
	show(placesDesc, float64(places))
	show(usedDesc, float64(used))
	show(stuckDesc, float64(stuck))
}
