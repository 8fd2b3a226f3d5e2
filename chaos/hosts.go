package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/check"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/process"
)

// A hosts run puts every process of an installation on a host of its own, and
// cuts one host off from all others, once for each host.
type hosts struct {
	estate
	rate int           // jobs a second
	calm time.Duration // before the cut
	cut  time.Duration
	heal time.Duration // load after the cut
	only string        // the hosts to cut off, in their order, with commas
	keep bool
}

// The ports that processes serve on their own hosts.
var ports = map[string]int{"redis": 6379, "postgres": 5432, "scheduler-1": 8080}

// all are the hosts.
func (h hosts) all() []string {
	return append(append(h.workerNames(), h.schedulerNames()...), "redis", "postgres")
}

// run cuts off one host after another, each in an installation of its own.
func (h hosts) run(ctx context.Context) (ok bool, err error) {
	outer := os.Getenv(insideOf)
	if outer == "" {
		return inNewNetwork(ctx)
	}
	net, err := newNetwork("beadle-"+outer+"-", h.all(), h.workerNames())
	if err != nil {
		return false, err
	}
	root, err := os.MkdirTemp("", "beadle-hosts-")
	if err != nil {
		return false, err
	}
	if err := os.Chmod(root, 0o711); err != nil { // PostgreSQL has an account of its own
		return false, err
	}
	fmt.Printf("seed %d, %d jobs a second, one host cut off for %s, logs in %s\n", h.seed, h.rate, h.cut, root)
	if err := buildPlain(ctx, root); err != nil {
		return false, err
	}
	var results []severed
	ok = true
	for _, host := range h.chosen() {
		one, err := h.sever(ctx, net, host, root)
		if err != nil {
			fmt.Println("logs are in", root)
			return false, fmt.Errorf("cut off %s: %w", host, err)
		}
		ok = ok && one.ok()
		results = append(results, one)
		list(os.Stdout, one.Findings)
	}
	if err := writeSevered(os.Stdout, results); err != nil {
		return false, err
	}
	if ok && !h.keep {
		return true, os.RemoveAll(root)
	}
	fmt.Println("logs are in", root)
	return ok, nil
}

func (h hosts) chosen() []string {
	if h.only == "" {
		return h.all()
	}
	return strings.Split(h.only, ",")
}

// ground is where the processes stand.
func (h hosts) ground(net *network) ground {
	g := ground{addrs: map[string]string{"sink": outside + "1:9000"}, netns: map[string]string{}}
	for _, name := range h.all() {
		g.netns[name] = net.netns(name)
		if port, serves := ports[name]; serves {
			g.addrs[name] = net.addr(name, port)
		}
	}
	return g
}

// A severed is what came of one host's cut.
type severed struct {
	Host     string         `json:"host"`
	Cut      time.Duration  `json:"cut_ns"`
	First    time.Duration  `json:"first_job_after_ns"` // from the end of the cut until a job ended
	Left     time.Duration  `json:"caught_up_after_ns"` // until all from before that had begun
	Longest  time.Duration  `json:"longest_ns"`         // from a job's acceptance to its end
	During   int            `json:"ended_during_the_cut"`
	Crashes  int            `json:"crashes"` // jobs that say at the end that workers died under them
	Rebuffs  map[rebuff]int `json:"rebuffs"`
	from, to time.Time      // of the cut
	check.Report
}

// ok reports whether the promises held: nothing that must not happen did, no
// job failed, and no attempt was used.
func (s severed) ok() bool {
	return s.OK() && s.States["failed"] == 0 && s.Failures == 0
}

// sever uses an installation while one of its hosts is cut off.
func (h hosts) sever(ctx context.Context, net *network, host, root string) (result severed, err error) {
	fmt.Println("cutting off", host)
	dir := filepath.Join(root, host)
	if err := os.Mkdir(dir, 0o711); err != nil {
		return result, err
	}
	if err := os.Symlink(filepath.Join(root, "bin"), filepath.Join(dir, "bin")); err != nil {
		return result, err
	}
	site, err := h.found(dir, h.ground(net))
	if err != nil {
		return result, err
	}
	defer site.close()
	if err := site.lock(); err != nil {
		return result, err
	}
	if err := site.start(ctx); err != nil {
		return result, err
	}
	session, err := site.open(ctx, stream{seed: h.seed, jobs: never, every: time.Second / time.Duration(h.rate), order: shortOrder, askers: 32})
	if err != nil {
		return result, err
	}
	result = severed{Host: host, Cut: h.cut}
	if !sleep(ctx, h.calm) {
		return result, ctx.Err()
	}
	if err := h.unplugged(ctx, net, site.find(host), &result); err != nil {
		return result, err
	}
	sleep(ctx, h.heal)
	if err := session.close(ctx); err != nil {
		return result, err
	}
	result.Rebuffs = site.api.tally()
	return result, result.judge(dir)
}

// unplugged is the time in which the host of a process is cut off.
func (h hosts) unplugged(ctx context.Context, net *network, p *process.Process, result *severed) error {
	result.from = time.Now()
	p.Note(journal.Cut)
	if err := net.unplug(p.Name); err != nil {
		return err
	}
	sleep(ctx, h.cut)
	p.Note(journal.Heal)
	result.to = time.Now()
	if err := net.plugIn(p.Name); err != nil {
		return err
	}
	return ctx.Err()
}

// judge looks through what was written down.
func (s *severed) judge(dir string) error {
	evidence, err := check.Read(dir)
	if err != nil {
		return err
	}
	s.Report = check.Judge(evidence)
	s.measure(evidence.Ledger)
	return nil
}

// measure finds out how the work went on during and after the cut.
func (s *severed) measure(ledger []check.Detail) {
	first := time.Time{}
	for _, d := range ledger {
		j := d.Job
		if j.Crashes > 0 {
			s.Crashes++
		}
		if j.Ended == nil || j.Started == nil {
			continue
		}
		s.Longest = max(s.Longest, j.Ended.Sub(j.Created))
		switch {
		case j.Ended.After(s.from) && j.Ended.Before(s.to):
			s.During++
		case !j.Ended.Before(s.to) && (first.IsZero() || j.Ended.Before(first)):
			first = *j.Ended
		}
		if late := j.Started.Sub(s.to); j.Created.Before(s.to) && late > s.Left {
			s.Left = late
		}
	}
	if !first.IsZero() {
		s.First = first.Sub(s.to)
	}
}
