package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// A Recover measures how soon a job runs again whose worker was killed.
type Recover struct {
	Rounds int
	Spawn  func(url string) *exec.Cmd // a process that calls [WorkerProcess] on that Redis
}

// recovery is the figure of it.
const recovery = "kill to re-run"

// longest is how long to wait for a re-run before it counts as never.
const longest = 5 * time.Minute

// Recover kills workers with signal 9, each while it runs a job, and times how
// long it takes until another worker runs that job.
func (b *Bed) Recover(ctx context.Context, o Recover) (Report, error) {
	setting := fmt.Sprintf("%d worker processes killed with -9 while they run a job, another one idle beside each", o.Rounds)
	return b.measured(ctx, "recover", setting, []string{ours}, func(r *Report) (err error) {
		p, err := b.introduced(ctx, b.url, true)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, p.close()) }()
		took, failures, err := p.killings(ctx, o)
		r.spread(recovery, ours, took)
		r.add("attempts used up", "attempts", ours, float64(failures))
		return err
	})
}

// killings kills one worker after the other. The one that takes over is the
// next to be killed.
func (p *platform) killings(ctx context.Context, o Recover) (took []time.Duration, failures int, err error) {
	victim, err := p.spawn(ctx, o, 1)
	if err != nil {
		return nil, 0, err
	}
	defer func() { victim.stop() }()
	for round := range o.Rounds {
		p.bed.tell(Step{round + 1, o.Rounds, "kill a worker"})
		id, err := p.occupy(ctx, victim)
		if err != nil {
			return nil, 0, err
		}
		heir, err := p.spawn(ctx, o, 2)
		if err != nil {
			return nil, 0, err
		}
		gap, err := p.succeed(ctx, id, victim, heir)
		victim.stop() // it has ended, unless we were interrupted
		victim = heir
		if err != nil {
			return nil, 0, err
		}
		ended, err := p.end(ctx, id)
		if err != nil {
			return nil, 0, err
		}
		took, failures = append(took, gap), failures+ended.Failures
	}
	return took, failures, nil
}

// spawn starts a worker process, and waits until so many are there.
func (p *platform) spawn(ctx context.Context, o Recover, alive int) (*process, error) {
	started, err := startProcess(o.Spawn(p.bed.url))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err = poll(ctx, 10*time.Millisecond, func() (bool, error) {
		workers, err := p.engine.Workers(ctx)
		return alivePIDs(workers, started.cmd.Process.Pid) && len(workers) >= alive, err
	})
	if err != nil {
		started.stop()
		return nil, fmt.Errorf("wait for a worker process: %w", err)
	}
	return started, nil
}

func alivePIDs(workers []job.Worker, pid int) bool {
	for _, w := range workers {
		if w.PID == pid {
			return true
		}
	}
	return false
}

// occupy gives a worker a job, and waits until it runs.
func (p *platform) occupy(ctx context.Context, worker *process) (id string, err error) {
	j, err := p.engine.Enqueue(ctx, request(0))
	if err != nil {
		return "", err
	}
	_, err = worker.started(ctx, j.ID, time.Minute)
	return j.ID, err
}

// succeed kills victim at any moment between two signs of life, and returns how
// long it takes until heir runs its job.
func (p *platform) succeed(ctx context.Context, id string, victim, heir *process) (time.Duration, error) {
	if err := sleep(ctx, time.Second+rand.N(2*time.Second)); err != nil {
		return 0, err
	}
	killed := time.Now()
	if err := victim.kill(); err != nil {
		return 0, fmt.Errorf("kill a worker process: %w", err)
	}
	at, err := heir.started(ctx, id, longest)
	return at.Sub(killed), err
}

// end waits for the end of a job, which must be a good one.
func (p *platform) end(ctx context.Context, id string) (j job.Job, err error) {
	err = poll(ctx, 5*time.Millisecond, func() (bool, error) {
		j, err = p.engine.Job(ctx, id)
		return j.State.Final(), err
	})
	if err == nil && j.State != job.Succeeded {
		err = fmt.Errorf("job %s, whose worker was killed, %s: %s", id, j.State, j.Reason)
	}
	return j, err
}
