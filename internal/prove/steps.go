package prove

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/process"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// A step is one thing that is broken while jobs run.
type step struct {
	name, title string
	do          func(context.Context, *stage) error
}

var steps = []step{
	{"kill", "workers are killed", kill},
	{"freeze", "a worker stands still for longer than its lease", freeze},
	{"drain", "workers are told to stop", drain},
	{"leader", "the scheduler that leads is lost", leader},
	{"redis", "Redis is restarted", restart},
}

// Steps returns the names of all steps.
func Steps() (names []string) {
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}

// skips says why a step is not done; empty: it is.
func (p *proof) skips(s step) string {
	switch {
	case !slices.Contains(p.Steps, s.name):
		return "not asked for"
	case s.name == "redis" && p.report.Redis.Persistence == "":
		return "this Redis is embedded: it would come back empty"
	case s.name == "redis" && p.Restart == "":
		return "not allowed; --allow-redis-restart COMMAND allows it"
	}
	return ""
}

// The times of the steps. A worker's lease is 6 s.
const (
	calm       = 2 * time.Second // before the first trouble
	away       = 500 * time.Millisecond
	recovering = 9 * time.Second
	frozen     = 9 * time.Second
	electing   = 30 * time.Second
	restarting = 2 * time.Minute
)

// kill kills one worker after the other, each once what the last one ran has been
// taken over.
func kill(ctx context.Context, s *stage) error {
	for i, w := range s.workers {
		if i > 0 && !pause(ctx, recovering) {
			return ctx.Err()
		}
		if err := s.killBusy(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// killBusy kills a worker and starts it again. A kill that met no job shows
// nothing: what was seen to run may have ended in that moment. Then it is tried
// again, three times in all.
func (s *stage) killBusy(ctx context.Context, w *process.Process) error {
	for cut, tries := 0, 0; cut == 0 && tries < 3; tries++ {
		s.whenBusy(ctx, w)
		w.End(journal.Kill, syscall.SIGKILL, 0)
		cut = s.running(w)
		s.did("%s is killed while it runs %d jobs", w.Name, cut)
		if err := s.again(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// again starts a worker that has ended.
func (s *stage) again(ctx context.Context, w *process.Process) error {
	if !pause(ctx, away) {
		return ctx.Err()
	}
	return w.Begin()
}

// freeze stops a worker until others have taken over, and lets it go on.
func freeze(ctx context.Context, s *stage) error {
	w := s.workers[0]
	s.did("%s stands still for %s while it runs %d jobs", w.Name, frozen, s.whenBusy(ctx, w))
	w.Freeze()
	pause(ctx, frozen)
	w.Thaw()
	return ctx.Err()
}

// drain tells one worker after the other to stop, as a deploy does.
func drain(ctx context.Context, s *stage) error {
	for _, w := range s.workers {
		s.did("%s is told to stop while it runs %d jobs", w.Name, s.whenBusy(ctx, w))
		w.End(journal.Deploy, syscall.SIGTERM, 20*time.Second)
		if err := s.again(ctx, w); err != nil {
			return err
		}
		if !pause(ctx, calm) {
			return ctx.Err()
		}
	}
	return nil
}

// leader takes the lead away from the scheduler that has it, twice.
func leader(ctx context.Context, s *stage) error {
	for i := range 2 {
		if i > 0 && !pause(ctx, 2*calm) {
			return ctx.Err()
		}
		was, err := s.API.DeposeLeader(ctx, reason)
		if err != nil {
			return err
		}
		began, next := time.Now(), ""
		err = until(ctx, "the election of a leader", electing, func() (bool, error) {
			system, err := s.API.System(ctx)
			next = leading(system)
			return next != "", err
		})
		if err != nil {
			return err
		}
		took := time.Since(began)
		s.recovered = append(s.recovered, took)
		s.did("%s lost the lead, and %s leads after %s", was.Leader, next, took.Round(100*time.Millisecond))
	}
	return nil
}

func leading(system client.System) string {
	for _, one := range system.Schedulers {
		if one.Leads {
			return one.Name
		}
	}
	return ""
}

// restart has Redis restarted by the command that was given.
func restart(ctx context.Context, s *stage) error {
	s.did("Redis is restarted by the command that was given") // which may hold a password
	began := time.Now()
	s.mark(journal.Sunk{What: journal.Mark, Worker: "redis.1", Fault: journal.Kill})
	if err := s.shell(ctx, s.Restart); err != nil {
		return err
	}
	err := until(ctx, "an answer of Redis", restarting, func() (bool, error) {
		err := s.Redis.Ping(ctx).Err()
		return err == nil, err
	})
	if err != nil {
		return err
	}
	s.mark(journal.Sunk{What: journal.Mark, Worker: "redis.1", Fault: journal.Started})
	s.did("Redis answers again after %s", time.Since(began).Round(10*time.Millisecond))
	return nil
}

// shell runs a command to its end. What it starts in the background may live on.
func (s *stage) shell(ctx context.Context, command string) error {
	said, err := os.Create(filepath.Join(s.dir, "said"))
	if err != nil {
		return err
	}
	defer said.Close()
	ctx, cancel := context.WithTimeout(ctx, restarting)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(said.Name()) // the error alone has to do then
		return fault.New(fault.Invalid, "The command that restarts Redis failed: %s; %v", strings.TrimSpace(string(text)), err).In("allow-redis-restart")
	}
	return nil
}
