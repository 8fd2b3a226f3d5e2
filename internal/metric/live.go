package metric

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/beadle-jobs/beadle/internal/job"
)

// Engine is what is asked at every scrape.
type Engine interface {
	Depths(ctx context.Context) (map[string]map[job.State]int64, error)
	Workers(ctx context.Context) ([]job.Worker, error)
	Backlog(ctx context.Context) (int64, error)
}

// Locks is what is asked of them at every scrape.
type Locks interface {
	List(ctx context.Context) ([]job.Lock, error)
	Limits(ctx context.Context) ([]job.Limit, error)
}

// Watch adds what is read from the engine, the locks and the recorder at each
// scrape. What cannot be read within two seconds is left out of that scrape.
func (m *Metrics) Watch(e Engine, l Locks, recorderLag func() time.Duration) {
	m.registry.MustRegister(&live{e, l, recorderLag})
}

// live reads the engine when Prometheus asks.
type live struct {
	engine Engine
	locks  Locks
	lag    func() time.Duration
}

var (
	jobsDesc    = prometheus.NewDesc("beadle_jobs", "Jobs in flight now.", []string{"queue", "state"}, nil)
	waitingDesc = prometheus.NewDesc("beadle_jobs_waiting", "Jobs that wait, by the kind of thing.", []string{"kind"}, nil)
	stuckDesc   = prometheus.NewDesc("beadle_jobs_stuck", "Jobs told to stop more than 30 s ago whose code still runs.", nil, nil)
	workersDesc = prometheus.NewDesc("beadle_workers", "Live workers.", nil, nil)
	placesDesc  = prometheus.NewDesc("beadle_worker_slots", "Places of all live workers.", nil, nil)
	backlogDesc = prometheus.NewDesc("beadle_events", "Events in the stream: not recorded yet, or within the last minute.", nil, nil)
	lagDesc     = prometheus.NewDesc("beadle_recorder_lag_seconds", "How far the ledger is behind.", nil, nil)
	heldDesc    = prometheus.NewDesc("beadle_locks_held", "Resources that jobs hold, once for each holder.", nil, nil)
	linesDesc   = prometheus.NewDesc("beadle_locks_waiting", "Places in the lines for resources.", nil, nil)
	maxDesc     = prometheus.NewDesc("beadle_limit_max", "How many jobs may run at a time.", []string{"task", "client", "from"}, nil)
	inUseDesc   = prometheus.NewDesc("beadle_limit_in_use", "How many jobs run under a limit.", []string{"task", "client", "from"}, nil)
)

// Describe implements prometheus.Collector.
func (l *live) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		jobsDesc, waitingDesc, stuckDesc, workersDesc, placesDesc, backlogDesc, lagDesc, heldDesc, linesDesc, maxDesc, inUseDesc,
	} {
		ch <- d
	}
}

// A gauge shows one number of a scrape.
type gauge func(d *prometheus.Desc, v float64, labels ...string)

// Collect implements prometheus.Collector.
func (l *live) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	show := gauge(func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	})
	show(lagDesc, l.lag().Seconds())
	l.showWorkers(ctx, show)
	depths, noDepths := l.engine.Depths(ctx)
	if noDepths == nil {
		showDepths(depths, show)
	}
	locks, noLocks := l.locks.List(ctx)
	if noLocks == nil {
		showLocks(locks, show)
	}
	limits, noLimits := l.locks.Limits(ctx)
	if noLimits == nil {
		showLimits(limits, show)
	}
	if errors.Join(noDepths, noLocks, noLimits) == nil {
		showWaits(waits(depths, locks, limits), show)
	}
}

func (l *live) showWorkers(ctx context.Context, show gauge) {
	if n, err := l.engine.Backlog(ctx); err == nil {
		show(backlogDesc, float64(n))
	}
	workers, err := l.engine.Workers(ctx)
	if err != nil {
		return
	}
	places, stuck := 0, 0
	for _, w := range workers {
		places += w.Concurrency
		stuck += len(w.Stuck)
	}
	show(workersDesc, float64(len(workers)))
	show(placesDesc, float64(places))
	show(stuckDesc, float64(stuck))
}

func showDepths(depths map[string]map[job.State]int64, show gauge) {
	for queue, states := range depths {
		for state, n := range states {
			show(jobsDesc, float64(n), queue, string(state))
		}
	}
}

func showLocks(locks []job.Lock, show gauge) {
	held, waiting := 0, 0
	for _, l := range locks {
		held += len(l.Holders)
		waiting += len(l.Waiters)
	}
	show(heldDesc, float64(held))
	show(linesDesc, float64(waiting))
}

// maxLimits bounds the labels of limits: an operator may set one for each pair
// of a task and a client.
const maxLimits = 200

func showLimits(limits []job.Limit, show gauge) {
	type scope struct{ task, client, from string }
	seen := map[scope]bool{}
	for _, l := range limits {
		s := scope{l.Task, l.Client, l.From}
		if seen[s] || len(seen) == maxLimits {
			continue
		}
		seen[s] = true
		show(maxDesc, float64(l.Max), l.Task, l.Client, l.From)
		show(inUseDesc, float64(l.InUse), l.Task, l.Client, l.From)
	}
}

// The kinds of waiting that are counted apart.
const (
	kindLock     = string(job.WaitsForLock)
	kindBlocking = string(job.WaitsForBlocking)
	kindLimit    = string(job.WaitsForLimit)
	kindOther    = "other"
)

// waits counts the jobs that wait, each once, by what they stand in line for.
func waits(depths map[string]map[job.State]int64, locks []job.Lock, limits []job.Limit) map[string]int64 {
	kinds := map[string]string{}
	for _, l := range locks {
		for _, w := range l.Waiters {
			if kinds[w.JobID] != kindLock {
				kinds[w.JobID] = kindOf(l.Resource)
			}
		}
	}
	counts := map[string]int64{kindLock: 0, kindBlocking: 0, kindLimit: 0}
	for _, kind := range kinds {
		counts[kind]++
	}
	for _, l := range limits {
		counts[kindLimit] += int64(l.Waits)
	}
	rest := -counts[kindLock] - counts[kindBlocking] - counts[kindLimit]
	for _, states := range depths {
		rest += states[job.Waiting]
	}
	counts[kindOther] = max(0, rest)
	return counts
}

// kindOf says what a job waits for that stands in line for the resource:
// "client/*" is everything of a client.
func kindOf(resource string) string {
	if len(resource) > 0 && resource[len(resource)-1] == '*' {
		return kindBlocking
	}
	return kindLock
}

func showWaits(counts map[string]int64, show gauge) {
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		show(waitingDesc, float64(counts[kind]), kind)
	}
}
