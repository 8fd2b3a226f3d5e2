// Package taskstest runs one attempt of a task in a test, without Redis and
// without a worker:
//
//	got := taskstest.Run(t, rostersync.New(sis, lms), rostersync.Args{School: "17"})
//	if got.Err != nil {
//		t.Fatal(got.Err)
//	}
//
// Arguments travel through JSON, as they do through the queue, so that a field
// without a tag, or one that the task would refuse, shows here.
//
// [Attempt] says more about the attempt: that it is the third, what its fence
// is, that it is told to come to its end.
package taskstest

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A Result is what one attempt left behind.
type Result struct {
	Err      error
	Progress []tasks.Progress // every report, in order
	Errors   []tasks.RecordError
	Enqueued []tasks.SinkRequest
}

// Last returns the last progress that was reported.
func (r Result) Last() tasks.Progress {
	if len(r.Progress) == 0 {
		return tasks.Progress{}
	}
	return r.Progress[len(r.Progress)-1]
}

// Run makes one attempt at task with args, under the test's context. Log lines
// go to the test's output.
func Run(t testing.TB, task tasks.Task, args any) Result {
	t.Helper()
	return Attempt{}.Run(t.Context(), t, task, args)
}

// RunContext is [Run] under ctx, for tests of what an abort does.
func RunContext(ctx context.Context, t testing.TB, task tasks.Task, args any) Result {
	t.Helper()
	return Attempt{}.Run(ctx, t, task, args)
}

// An Attempt is what an attempt finds when it begins. Left out, it is the first
// attempt of a job of the client "default", with fence 1, and is never told to
// come to its end:
//
//	soon := make(chan struct{})
//	close(soon)
//	got := taskstest.Attempt{WrapUp: soon}.Run(t.Context(), t, Task, Args{})
type Attempt struct {
	Client string
	Number int             // of the attempt: 2 is the second
	Fence  int64           // what the task's Job.Fence returns
	WrapUp <-chan struct{} // what the task's Job.WrapUp returns
}

// Run makes that attempt at task with args, under ctx.
func (a Attempt) Run(ctx context.Context, t testing.TB, task tasks.Task, args any) Result {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatalf("arguments: %v", err)
	}
	sink := &sink{}
	sink.result.Err = task.Attempt(ctx, tasks.Attempt{
		JobID: "test-job", Client: cmp.Or(a.Client, "default"), Number: cmp.Or(a.Number, 1), Args: raw, Sink: sink,
		Fence: cmp.Or(a.Fence, 1), WrapUp: a.WrapUp,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return sink.result
}

// sink collects what the attempt reports.
type sink struct {
	mu     sync.Mutex
	result Result
}

func (s *sink) Progress(p tasks.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result.Progress = append(s.result.Progress, p)
}

func (s *sink) Error(e tasks.RecordError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result.Errors = append(s.result.Errors, e)
}

func (s *sink) Enqueue(_ context.Context, r tasks.SinkRequest) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result.Enqueued = append(s.result.Enqueued, r)
	return r.Task + "/" + r.Key, nil
}
