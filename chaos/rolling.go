package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/check"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/process"
)

// A rolling run replaces every worker and every scheduler of an installation
// under load, one after the other, as an upgrade does.
type rolling struct {
	estate
	rate int           // jobs a second
	calm time.Duration // before and after the restarts
	keep bool
}

// longest is how long a process may take to end after it was told to.
const longest = 30 * time.Second

// A restart is how one process was replaced.
type restart struct {
	Process string        `json:"process"`
	Drain   time.Duration `json:"drain_ns"` // from SIGTERM until it was gone
	Ready   time.Duration `json:"ready_ns"` // from its start until it worked
	Well    bool          `json:"ended_well"`
}

// A phase is a part of the run.
type phase struct {
	Name string `json:"name"`
	from time.Time
	to   time.Time
	check.Waits
}

// A rolled is what came of a rolling run.
type rolled struct {
	Rate     float64        `json:"jobs_per_second"`
	Restarts []restart      `json:"restarts"`
	Phases   []phase        `json:"phases"`
	Rebuffs  map[rebuff]int `json:"rebuffs"`
	check.Report
}

// ok reports whether nothing happened that must not. A graceful restart breaks
// off no answer, loses no attempt and uses none up.
func (r rolled) ok() bool {
	ended := func(s restart) bool { return s.Well }
	return r.OK() && !slices.ContainsFunc(r.Restarts, func(s restart) bool { return !ended(s) }) &&
		r.States["failed"] == 0 && r.Failures == 0 && r.Outcomes["lost"] == 0 && r.Rebuffs[broken] == 0 && r.Rebuffs[silent] == 0
}

// run makes the run in a folder of its own.
func (r rolling) run(ctx context.Context) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "beadle-rolling-")
	if err != nil {
		return false, err
	}
	fmt.Printf("seed %d, %d jobs a second, %d workers, %d schedulers, logs in %s\n", r.seed, r.rate, r.workers, r.schedulers, dir)
	result, err := r.roll(ctx, dir)
	if err == nil {
		err = result.write(os.Stdout)
	}
	if err == nil && result.ok() && !r.keep {
		return true, os.RemoveAll(dir)
	}
	fmt.Println("logs are in", dir)
	return err == nil && result.ok(), err
}

// roll builds and starts everything, restarts it, and judges.
func (r rolling) roll(ctx context.Context, dir string) (result rolled, err error) {
	if err := buildPlain(ctx, dir); err != nil {
		return result, err
	}
	g, err := thisMachine(r.names()...)
	if err != nil {
		return result, err
	}
	site, err := r.found(dir, g)
	if err != nil {
		return result, err
	}
	defer site.close()
	if err := site.start(ctx); err != nil {
		return result, err
	}
	session, err := site.open(ctx, stream{seed: r.seed, jobs: never, every: time.Second / time.Duration(r.rate), order: shortOrder, askers: 32})
	if err != nil {
		return result, err
	}
	if err := r.restarts(ctx, site, &result); err != nil {
		return result, err
	}
	if err := session.close(ctx); err != nil {
		return result, err
	}
	result.Rebuffs = site.api.tally()
	return result, result.judge(dir)
}

// restarts goes through the phases of the run.
func (r rolling) restarts(ctx context.Context, site *site, result *rolled) error {
	during := map[string][]string{"before": nil, "workers restart": r.workerNames(), "schedulers restart": r.schedulerNames(), "after": nil}
	for _, name := range []string{"before", "workers restart", "schedulers restart", "after"} {
		fmt.Println(name)
		p := phase{Name: name, from: time.Now()}
		for _, name := range during[name] {
			one, err := site.replace(ctx, name)
			if err != nil {
				return err
			}
			result.Restarts = append(result.Restarts, one)
		}
		if during[name] == nil && !sleep(ctx, r.calm) {
			return ctx.Err()
		}
		p.to = time.Now()
		result.Phases = append(result.Phases, p)
	}
	return nil
}

// settle is how long an installation is left alone after each restart.
const settle = 3 * time.Second

// replace tells a process to stop, waits until it is gone, and starts it again.
func (t *site) replace(ctx context.Context, name string) (r restart, err error) {
	p := t.find(name)
	told := time.Now()
	r = restart{Process: name, Well: p.End(journal.Deploy, syscall.SIGTERM, longest)}
	r.Drain = time.Since(told)
	begun := time.Now()
	if err := p.Begin(); err != nil {
		return r, err
	}
	err = until(ctx, name, func() bool { return t.works(ctx, p) })
	r.Ready = time.Since(begun)
	sleep(ctx, settle)
	return r, err
}

// works reports whether a process does what it is there for: a scheduler is
// ready, a worker is known to the schedulers.
func (t *site) works(ctx context.Context, p *process.Process) bool {
	if addr, serves := t.ground.addrs[p.Name]; serves {
		resp, err := http.Get("http://" + addr + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}
	var list struct{ Workers []struct{ PID int } }
	err := t.api.read(ctx, "/api/v1/workers", &list)
	return err == nil && slices.ContainsFunc(list.Workers, func(w struct{ PID int }) bool { return w.PID == p.PID() })
}

// judge looks through what was written down.
func (r *rolled) judge(dir string) error {
	evidence, err := check.Read(dir)
	if err != nil {
		return err
	}
	r.Report = check.Judge(evidence)
	for i := range r.Phases {
		r.Phases[i].Waits = check.WaitsOf(evidence.Ledger, r.Phases[i].from, r.Phases[i].to)
	}
	took := r.Phases[len(r.Phases)-1].to.Sub(r.Phases[0].from)
	r.Rate = float64(r.Acknowledged) / took.Seconds()
	return nil
}
