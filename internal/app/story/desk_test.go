package story_test

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A desk is where jobs of the stories are told what to do next.
type desk struct {
	mu    sync.Mutex
	open  map[string]chan tasks.Progress
	ended map[string]error // by the name of the job: how it came to its end
}

// A named argument is how stories find their jobs.
type named struct {
	Name string `json:"name"`
}

func (d *desk) tasks() []tasks.Task {
	return []tasks.Task{
		tasks.Spec[named]{
			Name: "course.report", Summary: "Write the report of a course", Attempts: 1,
			Run: func(ctx context.Context, j *tasks.Job[named]) error {
				err := d.follow(ctx, j)
				d.mu.Lock()
				defer d.mu.Unlock()
				if d.ended == nil {
					d.ended = map[string]error{}
				}
				d.ended[j.Args.Name] = err
				return err
			},
		},
		tasks.Spec[named]{
			Name: "roster.check", Summary: "Check the roster",
			Run: func(_ context.Context, j *tasks.Job[named]) error {
				j.Error("users.csv:2", "EMAIL_INVALID", `=HYPERLINK("http://evil.example","click")`)
				j.Error("+users.csv:3", "BAD_DATE", "The date 31.02.2026 is none.")
				j.Progress(tasks.Progress{Stage: "users", Done: 2, Total: 2})
				return nil
			},
		},
	}
}

// follow does what the story says, until it says no more.
func (d *desk) follow(ctx context.Context, j *tasks.Job[named]) error {
	steps := d.steps(j.Args.Name)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p, more := <-steps:
			if !more {
				return nil
			}
			j.Progress(p)
		}
	}
}

// steps are those of the job of that name.
func (d *desk) steps(name string) chan tasks.Progress {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		d.open = map[string]chan tasks.Progress{}
	}
	if d.open[name] == nil {
		d.open[name] = make(chan tasks.Progress, 100)
	}
	return d.open[name]
}

// step has a job be so far.
func (d *desk) step(name string, done, total int64) {
	d.steps(name) <- tasks.Progress{Stage: "courses", Done: done, Total: total}
}

// finish has a job succeed.
func (d *desk) finish(name string) { close(d.steps(name)) }

// endOf returns how a job came to its end, if it has.
func (d *desk) endOf(name string) (err error, ended bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	err, ended = d.ended[name]
	return err, ended
}

// report starts a job of a person that does what the story says, and waits
// until it runs.
func (h *house) report(person, organisation, name string) client.Job {
	h.Helper()
	j := h.enqueue(person, organisation, "course.report", name)
	h.stands(j.ID, "running")
	return j
}

// enqueue starts a job of a person.
func (h *house) enqueue(person, organisation, task, name string) (j client.Job) {
	h.Helper()
	args, err := json.Marshal(named{name})
	h.must(err)
	h.eventually("the job "+name+" to be taken", func() bool {
		j, _, err = h.as(person).Enqueue(h.Context(), client.NewJob{Task: task, Client: organisation, Args: args, Description: "Report of " + name})
		return err == nil
	})
	return j
}

// stands waits until a job is in a state.
func (h *house) stands(id string, state client.State) {
	h.Helper()
	h.eventually(id+" to be "+string(state), func() bool {
		j, err := h.as("rita").Job(h.Context(), id)
		return err == nil && j.Job.State == state
	})
}
