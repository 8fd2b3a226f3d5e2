package main

import (
	"os/exec"
	"strconv"
	"time"
)

// An estate is how large an installation is whose parts stand apart, with a
// PostgreSQL for its ledger and nothing between its processes and the network.
type estate struct {
	seed                uint64
	schedulers, workers int
	patience            time.Duration // of workers with running jobs, when they are told to stop
}

// names are all its processes that serve an address.
func (e estate) names() []string {
	all := []string{"redis", "postgres", "sink"}
	return append(all, e.schedulerNames()...)
}

func (e estate) schedulerNames() []string { return numbered("scheduler", e.schedulers) }

func (e estate) workerNames() []string { return numbered("worker", e.workers) }

func numbered(name string, n int) (all []string) {
	for i := range n {
		all = append(all, name+"-"+strconv.Itoa(i+1))
	}
	return all
}

// found lays out an estate on a ground.
func (e estate) found(dir string, g ground) (*site, error) {
	database, err := newDatabase(dir, g.addrs["postgres"])
	if err != nil {
		return nil, err
	}
	t := &site{settings: settings{seed: e.seed}, dir: dir, ground: g, ledger: database.url(), program: "worker", patience: e.patience}
	var servers []string
	for _, name := range e.schedulerNames() {
		servers = append(servers, g.addrs[name])
	}
	t.furnish(g.addrs["redis"], g.addrs["sink"], servers)
	t.postgres = t.process("postgres", database.serve)
	redis := "redis://" + t.redisAddr + "/0"
	for _, name := range e.schedulerNames() {
		command := t.scheduler(g.addrs[name])
		t.processes = append(t.processes, t.process(name, func(inc string) *exec.Cmd { return command(inc, redis) }))
	}
	for _, name := range e.workerNames() {
		t.processes = append(t.processes, t.process(name, func(inc string) *exec.Cmd { return t.worker(inc, redis) }))
	}
	return t, nil
}
