// Chaos is the torture run behind make chaos: an installation of real
// processes on this machine, faults injected from a seed, thousands of jobs,
// and a judgement.
//
//	make chaos SEED=7 SPAN=3m JOBS=20000
//
// It starts a redis-server, two schedulers, four workers and the fenced sink,
// each worker and scheduler behind a proxy to Redis. While jobs are enqueued
// and aborted through the API, processes are killed, frozen and replaced,
// connections broken or swallowed; every worker has a clock of its own that is
// up to five minutes wrong. Then all is healed, the work is given time to
// drain, and internal/trial/check judges what was written down. The exit code is 1 if it
// counts anything that must not happen.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/check"
)

// Settings are what a run is like.
type settings struct {
	seed    uint64
	span    time.Duration // in which faults are injected
	drain   time.Duration // the longest that work may take to end after that
	jobs    int
	workers int
	calm    bool // no faults
	keep    bool // the folder stays, whatever comes out
	judge   string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	ok, err := proof(os.Args[1:])(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// proof returns the run that a command line asks for: the torture, unless its
// first word names another.
func proof(args []string) func(context.Context) (ok bool, err error) {
	if len(args) > 0 && args[0] == "rolling" {
		return rollingOf(args[1:]).run
	}
	if len(args) > 0 && args[0] == "hosts" {
		return hostsOf(args[1:]).run
	}
	s := tortureOf(args)
	return func(ctx context.Context) (bool, error) { return run(ctx, s) }
}

// tortureOf reads the flags of a torture run.
func tortureOf(args []string) (s settings) {
	flags := flag.NewFlagSet("chaos", flag.ExitOnError)
	flags.Uint64Var(&s.seed, "seed", 0, "of faults, load and clocks; 0: by chance")
	flags.DurationVar(&s.span, "span", 3*time.Minute, "how long faults are injected")
	flags.DurationVar(&s.drain, "drain", 90*time.Second, "the longest that work may take to end after that")
	flags.IntVar(&s.jobs, "jobs", 20_000, "jobs to enqueue")
	flags.IntVar(&s.workers, "workers", 4, "worker processes")
	flags.BoolVar(&s.calm, "calm", false, "inject no faults")
	flags.BoolVar(&s.keep, "keep", false, "keep the folder with the logs")
	flags.StringVar(&s.judge, "judge", "", "judge again what an earlier run left in this folder")
	_ = flags.Parse(args) // it exits on an error
	s.seed = seedOr(s.seed)
	return s
}

// rollingOf reads the flags of a rolling run.
func rollingOf(args []string) (r rolling) {
	flags := flag.NewFlagSet("chaos rolling", flag.ExitOnError)
	flags.Uint64Var(&r.seed, "seed", 0, "of the load; 0: by chance")
	flags.IntVar(&r.rate, "rate", 500, "jobs a second")
	flags.IntVar(&r.workers, "workers", 3, "worker processes")
	flags.IntVar(&r.schedulers, "schedulers", 2, "scheduler processes")
	flags.DurationVar(&r.calm, "calm", 20*time.Second, "how long nothing is restarted before and after")
	flags.DurationVar(&r.patience, "patience", 5*time.Second, "worker.drain; the longest jobs take 8 s")
	flags.BoolVar(&r.keep, "keep", false, "keep the folder with the logs")
	_ = flags.Parse(args) // it exits on an error
	r.seed = seedOr(r.seed)
	return r
}

// hostsOf reads the flags of a hosts run.
func hostsOf(args []string) (h hosts) {
	flags := flag.NewFlagSet("chaos hosts", flag.ExitOnError)
	h.estate = estate{workers: 2, schedulers: 1}
	flags.Uint64Var(&h.seed, "seed", 0, "of the load; 0: by chance")
	flags.IntVar(&h.rate, "rate", 100, "jobs a second")
	flags.DurationVar(&h.cut, "cut", time.Minute, "how long a host is cut off")
	flags.DurationVar(&h.calm, "calm", 10*time.Second, "how long the installation works before that")
	flags.DurationVar(&h.heal, "heal", 15*time.Second, "how long the load goes on after that")
	flags.DurationVar(&h.patience, "patience", 5*time.Second, "worker.drain")
	flags.StringVar(&h.only, "only", "", "hosts to cut off, in turn: worker-1, worker-2, scheduler-1, redis, postgres (default all)")
	flags.BoolVar(&h.keep, "keep", false, "keep the folder with the logs")
	_ = flags.Parse(args) // it exits on an error
	h.seed = seedOr(h.seed)
	return h
}

// seedOr is the seed, or one by chance.
func seedOr(seed uint64) uint64 {
	if seed != 0 {
		return seed
	}
	return uint64(time.Now().UnixNano() % 1_000_000)
}

// run makes the run and reports whether nothing happened that must not.
func run(ctx context.Context, s settings) (ok bool, err error) {
	if s.judge != "" {
		return judge(s, s.judge, timing{})
	}
	dir, err := os.MkdirTemp("", "beadle-chaos-")
	if err != nil {
		return false, err
	}
	fmt.Printf("seed %d, %d jobs, faults for %s, logs in %s\n", s.seed, s.jobs, s.span, dir)
	took, err := torture(ctx, s, dir)
	if err == nil {
		ok, err = judge(s, dir, took)
	}
	if ok && !s.keep {
		return true, os.RemoveAll(dir)
	}
	fmt.Println("logs are in", dir)
	return ok, err
}

// timing is how long the parts of a run took.
type timing struct {
	Load    time.Duration `json:"load_ns"`  // until the last job was acknowledged
	Drain   time.Duration `json:"drain_ns"` // from the end of the faults until no work was left
	Total   time.Duration `json:"total_ns"`
	Drained bool          `json:"drained"`
}

// torture builds, starts and maltreats an installation, and writes down what
// the ledger says at the end.
func torture(ctx context.Context, s settings, dir string) (took timing, err error) {
	fmt.Println("building; the first time takes minutes, because the workers' clocks are built in")
	if err := build(ctx, dir); err != nil {
		return took, err
	}
	site, err := newSite(dir, s)
	if err != nil {
		return took, err
	}
	defer site.close()
	if err := site.start(ctx); err != nil {
		return took, err
	}
	start := time.Now()
	load, err := newLoad(site.api, s.tortured(), dir)
	if err != nil {
		return took, err
	}
	loaded := load.start(ctx)
	fmt.Println("running")
	if err := site.maltreat(ctx, planOf(s)); err != nil {
		return took, err
	}
	fmt.Printf("faults are over after %s; waiting for the work to end\n", time.Since(start).Round(time.Second))
	healed := time.Now()
	late, cancel := context.WithTimeout(ctx, s.drain)
	defer cancel()
	select {
	case took.Load = <-loaded:
	case <-late.Done():
		return took, fmt.Errorf("enqueue %d jobs: not all were acknowledged %s after the faults", s.jobs, s.drain)
	}
	took.Drained = site.api.drained(late)
	took.Drain, took.Total = time.Since(healed), time.Since(start)
	if ctx.Err() != nil {
		return took, ctx.Err()
	}
	return took, site.api.dump(ctx, dir)
}

// judge prints the judgement of a run.
func judge(s settings, dir string, took timing) (ok bool, err error) {
	evidence, err := check.Read(dir)
	if err != nil {
		return false, err
	}
	report := check.Judge(evidence)
	if err := write(os.Stdout, s, took, report); err != nil {
		return false, err
	}
	return report.OK(), nil
}
