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
package taskstest

import (
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
	return RunContext(t.Context(), t, task, args)
}

// RunContext is [Run] under ctx, for tests of what an abort does.
func RunContext(ctx context.Context, t testing.TB, task tasks.Task, args any) Result {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatalf("arguments: %v", err)
	}
	sink := &sink{}
	sink.result.Err = task.Attempt(ctx, tasks.Attempt{
		JobID: "test-job", Client: "default", Number: 1, Args: raw, Sink: sink,
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
