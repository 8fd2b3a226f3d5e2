// Package prove is what `jobctl prove` does: on an installation as it is, in a
// sandbox, it breaks things and judges whether the promises held.
//
// The sandbox is a client, a queue and two tasks of its own, and worker
// processes that this one starts, hurts and ends. They take jobs from no other
// queue, and no job of anybody else is touched. What cannot be had in a sandbox
// is the loss of the leader, which holds up the timetable of everybody for up to
// 4 s, and a restart of Redis, which is done only by a command that was given.
//
// Each step has processes, a load and a judgement of its own. Handlers report to
// a fenced sink in this process, and trial/check judges what was written down,
// as it does for `make chaos`. A schedule that is due every 2 s goes through all
// steps.
package prove

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// The sandbox.
const (
	Queue  = "prove"
	Client = "prove"
)

// Options say what to prove, and on what.
type Options struct {
	API     *client.Client
	Redis   redis.UniversalClient // the installation's
	Steps   []string              // names, of Steps
	Jobs    int                   // of all steps together
	Span    time.Duration         // of all steps together, about
	Seed    uint64                // of the load
	Restart string                // the shell command that restarts Redis; empty: Redis may not be restarted
	Version string                // of this program

	// Worker returns the command of a sandbox worker process that reports to a
	// desk. See [Tasks].
	Worker func(Desk) *exec.Cmd

	Say func(format string, args ...any) // hears of each thing as it is done
	Log *slog.Logger
}

// A Desk is where a sandbox worker reports.
type Desk struct {
	Name     string // of the process: "worker-1.2"
	Sink     string // URL
	Handlers string // file
}

// A proof is one run.
type proof struct {
	Options
	id     string
	dir    string
	engine *engine.Engine
	report *Report
}

// Run does the steps and reports. It removes what it made, also when ctx ends
// before it is done; what could not be removed is in the report's Left, which is
// filled in whatever the error.
func Run(ctx context.Context, o Options) (r Report, err error) {
	p := &proof{Options: o, id: uuid.Must(uuid.NewV7()).String(), engine: engine.New(o.Redis, o.Log), report: &r}
	if p.dir, err = os.MkdirTemp("", "beadle-prove-"); err != nil {
		return r, fmt.Errorf("make a folder for what is written down: %w", err)
	}
	defer os.RemoveAll(p.dir)
	if err := p.open(ctx); err != nil {
		return r, err
	}
	defer func() { r.Left = p.clean(context.WithoutCancel(ctx)) }()
	if err := p.admit(ctx); err != nil {
		return r, err
	}
	err = p.steps(ctx)
	r.Ended = time.Now().UTC().Truncate(time.Millisecond)
	r.Kept = err == nil && r.holds()
	return r, err
}

// steps does one step after the other, and looks at the slots of all in the end.
func (p *proof) steps(ctx context.Context) error {
	for _, s := range steps {
		why := p.skips(s)
		if why != "" {
			p.report.Steps = append(p.report.Steps, Step{Name: s.name, Title: s.title, Skipped: why})
			continue
		}
		done, err := p.step(ctx, s)
		if err != nil {
			return errors.Join(ctx.Err(), err)
		}
		p.report.Steps = append(p.report.Steps, done)
	}
	return p.judgeSlots(ctx)
}

// share is how many of n fall to one step.
func (p *proof) share(n int) int {
	count := 0
	for _, s := range steps {
		if p.skips(s) == "" {
			count++
		}
	}
	return max(1, n/max(1, count))
}

func (p *proof) folder(step string) (string, error) {
	dir := filepath.Join(p.dir, step)
	return dir, os.Mkdir(dir, 0o700)
}

// pause reports whether it was not interrupted.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// until asks every so often until it is so, or for too long.
func until(ctx context.Context, what string, patience time.Duration, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		ok, err := so()
		if ok {
			return nil
		}
		if !pause(ctx, 200*time.Millisecond) {
			return fmt.Errorf("%s did not come about within %s: %w", what, patience, errors.Join(err, ctx.Err()))
		}
	}
}
