package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// started begins the line by which a worker process tells of an attempt. The
// job's id follows.
const started = "started "

// WorkerProcess is what a process does that is there to be killed: it runs one
// job at a time, tells out when it starts one, and does not come to the end of
// a first attempt. It ends when in does, which is when its parent has gone.
func WorkerProcess(ctx context.Context, rdb *redis.Client, log *slog.Logger, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, in) // nothing comes but the end
	}()
	task := does(func(ctx context.Context, j *tasks.Job[args]) error {
		fmt.Fprintf(out, "%s%s\n", started, j.ID)
		if j.Attempt == 1 {
			<-ctx.Done()
		}
		return ctx.Err()
	})
	o := engine.WorkerOptions{Queue: queue, Concurrency: 1, Drain: time.Second}
	return engine.NewWorker(engine.New(rdb, log), tasks.NewRegistry(task), o).Run(ctx)
}

// A process is a worker process, as its parent sees it.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	runs  chan run // ends with the process
}

// A run is an attempt that a process told of.
type run struct {
	job string
	at  time.Time
}

// startProcess starts a command that runs [WorkerProcess].
func startProcess(cmd *exec.Cmd) (*process, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start a worker process: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a worker process: %w", err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a worker process: %w", err)
	}
	p := &process{cmd, in, make(chan run, 16)}
	go p.listen(out)
	return p, nil
}

func (p *process) listen(out io.Reader) {
	defer close(p.runs)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), started); ok {
			p.runs <- run{id, time.Now()}
		}
	}
}

// started waits until the process starts that job.
func (p *process) started(ctx context.Context, id string, within time.Duration) (time.Time, error) {
	late := time.After(within)
	for {
		select {
		case r, ok := <-p.runs:
			if !ok {
				return time.Time{}, fmt.Errorf("the worker process ended before it started job %s", id)
			}
			if r.job == id {
				return r.at, nil
			}
		case <-late:
			return time.Time{}, fmt.Errorf("job %s was not started within %s", id, within)
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

// kill ends the process as a power failure would.
func (p *process) kill() error {
	err := p.cmd.Process.Signal(syscall.SIGKILL)
	_ = p.cmd.Wait() // it was killed, and says so
	return err
}

// stop tells the process to end, and sees to it.
func (p *process) stop() {
	_ = p.stdin.Close()
	hard := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer hard.Stop()
	_ = p.cmd.Wait()
}
