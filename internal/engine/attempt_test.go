package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// once is a task that may fail once.
func once(name string, run func(context.Context, *tasks.Job[params]) error) tasks.Spec[params] {
	task := does(name, run)
	task.Attempts = 1
	return task
}

func TestAPanicIsAFailureWithItsStackInTheLog(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(once("bang", func(context.Context, *tasks.Job[params]) error { panic("boom") }))
	id := h.enqueue(job.Request{Task: "bang"}).ID
	if got := h.reaches(id, job.Failed); got.Error != "panic: boom" || got.Failures != 1 {
		t.Errorf("job = %+v", got)
	}
	if line := last[events.JobLogged](h, id).Lines[0]; line.Level != "error" || !strings.Contains(line.Text, "attempt_test.go") {
		t.Errorf("log line = %+v, want the stack", line)
	}
}

// A mute error is one whose text cannot be read, such as a nil pointer that was
// returned as an error.
type mute struct{ text string }

func (m *mute) Error() string { return m.text }

func TestAnErrorThatCannotBeReadIsAFailureToo(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(once("mute", func(context.Context, *tasks.Job[params]) error { return (*mute)(nil) }))
	got := h.reaches(h.enqueue(job.Request{Task: "mute"}).ID, job.Failed)
	if got.Failures != 1 || !strings.HasPrefix(got.Error, "panic: ") {
		t.Errorf("job = %+v, want a failure", got)
	}
}

func TestArgumentsThatTheTaskRefusesFailForGood(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	locked := does("locked", nothing)
	locked.Writes = func(p params) []string { return []string{p.Name} }
	h.worker(does("strict", nothing), locked)
	for _, task := range []string{"strict", "locked"} {
		got := h.reaches(h.enqueue(job.Request{Task: task, Args: raw(`{"surname": "Ada"}`)}).ID, job.Failed)
		if !strings.Contains(got.Error, "surname") || got.Attempt != 1 || got.Reason != "Failed in a way that another attempt cannot cure." {
			t.Errorf("job = %+v", got)
		}
	}
	h.nothingLeft()
}

func TestWantsThatMakeNoSenseFailForGood(t *testing.T) {
	t.Parallel()
	ran := func(context.Context, *tasks.Job[params]) error { return errors.New("it ran") }
	many := make([]string, 101)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	for name, task := range map[string]tasks.Spec[params]{
		"longer than 200":   {Writes: func(params) []string { return []string{strings.Repeat("x", 300)} }},
		"needs a name":      {Reads: func(params) []string { return []string{""} }},
		"control char":      {Reads: func(params) []string { return []string{"a\nb"} }},
		"100 resources":     {Reads: func(params) []string { return many }},
		"no such thing":     {Writes: func(params) []string { panic("no such thing") }},
		"must be between":   {Rates: func(params) []tasks.Rate { return []tasks.Rate{{Key: "x", Per: time.Second}} }},
		"longer than 0 and": {Rates: func(params) []tasks.Rate { return []tasks.Rate{{Key: "x", Count: 1}} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := smallHouse(t)
			task.Name, task.Run, task.Backoff = "greedy", ran, time.Millisecond
			h.worker(task, does("after", nothing))
			got := h.reaches(h.enqueue(job.Request{Task: "greedy"}).ID, job.Failed)
			if got.Attempt != 1 || !strings.Contains(got.Error, name) {
				t.Errorf("job = %+v", got)
			}
			h.reaches(h.enqueue(job.Request{Task: "after"}).ID, job.Succeeded)
			h.nothingLeft()
		})
	}
}

func TestATaskMayAskToBeTriedLater(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	h.worker(does("later", func(context.Context, *tasks.Job[params]) error { return tasks.RetryAfter(time.Hour, errOnFire) }))
	got := h.reaches(h.enqueue(job.Request{Task: "later"}).ID, job.Retrying)
	if in := time.Until(got.Due); in < 59*time.Minute || got.Error != "the printer is on fire" && !strings.Contains(got.Error, "on fire") {
		t.Errorf("job = %+v", got)
	}
	if end := last[events.AttemptEnded](h, got.ID); end.Due == nil || !end.Due.Equal(got.Due) || end.Outcome != job.AttemptFailed {
		t.Errorf("event = %+v, want it due at %s", end, got.Due)
	}
}

func TestAttemptsKnowTheirFence(t *testing.T) {
	t.Parallel()
	h := smallHouse(t)
	fences := make(chan int64, 9)
	h.worker(does("fenced", func(_ context.Context, j *tasks.Job[params]) error {
		fences <- j.Fence()
		if j.Attempt < 3 {
			return errOnFire
		}
		return nil
	}))
	h.reaches(h.enqueue(job.Request{Task: "fenced"}).ID, job.Succeeded)
	a, b, c := <-fences, <-fences, <-fences
	if a <= 0 || a >= b || b >= c {
		t.Errorf("fences %d, %d, %d; want them to grow", a, b, c)
	}
}
