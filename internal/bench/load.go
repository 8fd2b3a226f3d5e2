package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// queue is where jobs wait that are measured.
const queue = "bench"

// taskName is the task whose jobs are measured.
const taskName = "bench.job"

// payloadSize is how long the arguments of most jobs are, in bytes.
const payloadSize = 30

// args are those of a job: a number, and letters to fill them up to a size.
type args struct {
	N   int    `json:"n"`
	Pad string `json:"pad,omitempty"`
}

// payload returns the arguments of job n, that many bytes long.
func payload(n, size int) json.RawMessage {
	frame := len(fmt.Sprintf(`{"n":%d,"pad":""}`, n))
	return fmt.Appendf(nil, `{"n":%d,"pad":"%s"}`, n, strings.Repeat("x", max(size-frame, 1)))
}

// request returns the request of job n.
func request(n int) job.Request { return job.Request{Task: taskName, Args: payload(n, payloadSize)} }

// does returns a task that does what run does.
func does(run func(ctx context.Context, j *tasks.Job[args]) error) tasks.Spec[args] {
	return tasks.Spec[args]{Name: taskName, Summary: "Be measured", Run: run}
}

// A tally counts runs, and is done at the last.
type tally struct {
	want int64
	ran  atomic.Int64
	done chan struct{}
}

func newTally(want int) *tally { return &tally{want: int64(want), done: make(chan struct{})} }

// add counts one run and returns how many that makes.
func (t *tally) add() int64 {
	n := t.ran.Add(1)
	if n == t.want {
		close(t.done)
	}
	return n
}

// wait waits for the last run, or for a worker that ends before it.
func (t *tally) wait(ctx context.Context, worker *part) error {
	select {
	case <-t.done:
		return nil
	case <-worker.ended:
		return fmt.Errorf("the worker ended after %d of %d jobs: %w", t.ran.Load(), t.want, worker.err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// exact returns an error unless each job ran once.
func (t *tally) exact() error {
	if ran := t.ran.Load(); ran != t.want {
		return fmt.Errorf("%d runs of %d jobs, where each should run once", ran, t.want)
	}
	return nil
}
