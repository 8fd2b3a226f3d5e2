// Package desk is where the handlers of a trial report. They do what their
// errands say and report every step to the sink, with their fence. They obey
// their context and nothing else: a handler whose writes are refused goes on
// until it is stopped, so that what a frozen worker does after its thaw can be
// seen.
package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A Desk is where the handlers of one worker process report.
type Desk struct {
	Name string // of the process: "worker-1.3"
	Sink string // URL
	Log  *journal.Log
}

// toSink keeps a connection for each handler, so that telling it costs little.
var toSink = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

var errErrand = errors.New("the errand says that this attempt fails")

// Runs returns the handler of a task that runs errands.
func (d *Desk) Runs(task string) func(context.Context, *tasks.Job[errand.Errand]) error {
	return func(ctx context.Context, job *tasks.Job[errand.Errand]) error {
		v := &visit{Desk: d, job: job, holds: job.Args.Holds(task, job.Client)}
		if err := v.note(journal.Handled{What: journal.Begin}); err != nil {
			return err
		}
		result, err := v.run(ctx)
		_, lost := v.tell(ctx, journal.Left, result)
		return errors.Join(err, v.note(journal.Handled{What: journal.End, Result: result}), lost)
	}
}

// A visit is one attempt at an errand.
type visit struct {
	*Desk
	job   *tasks.Job[errand.Errand]
	holds []errand.Hold
}

// run runs the errand and says how it returns.
func (v *visit) run(ctx context.Context) (result string, err error) {
	failures, err := v.tell(ctx, journal.Begin, "")
	if err != nil {
		return journal.Stopped, err
	}
	if err := v.steps(ctx); err != nil {
		return journal.Stopped, err
	}
	if err := v.children(ctx); err != nil {
		return journal.Stopped, err
	}
	result, verdict := v.verdict(failures)
	if _, err := v.tell(ctx, journal.End, result); err != nil {
		return journal.Stopped, err
	}
	return result, verdict
}

func (v *visit) steps(ctx context.Context) error {
	e := v.job.Args
	for i := range e.Steps {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(e.StepMS) * time.Millisecond):
		}
		v.job.Progress(tasks.Progress{Done: int64(i + 1), Total: int64(e.Steps)})
		if _, err := v.tell(ctx, journal.Write, ""); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) children(ctx context.Context) error {
	for i := range v.job.Args.Children {
		task, child := v.job.Args.Child(i)
		id, err := v.enqueue(ctx, tasks.Request{Task: task, Args: child, Key: child.Name})
		if err != nil {
			return fmt.Errorf("enqueue %s: %w", child.Name, err)
		}
		if err := v.note(journal.Handled{What: journal.Child, Child: id, Name: child.Name}); err != nil {
			return err
		}
	}
	return nil
}

// enqueue asks again while Redis is away: its absence is no failure of the
// errand.
func (v *visit) enqueue(ctx context.Context, r tasks.Request) (id string, err error) {
	for {
		if id, err = v.job.Enqueue(ctx, r); err == nil {
			return id, nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (v *visit) verdict(failures int) (result string, err error) {
	switch e := v.job.Args; {
	case e.Permanent:
		return journal.Permanent, tasks.Permanent(errErrand)
	case failures < e.Fail:
		return journal.Error, errErrand
	}
	return journal.OK, nil
}

// tell tells the sink and returns how many attempts at the job have failed. A
// write that is refused is no error here. A handler that was stopped tells
// nothing more but that it leaves; what it has begun to tell it does not take
// back, so that nothing of it is on its way when it has left.
func (v *visit) tell(ctx context.Context, what, result string) (failures int, err error) {
	if what != journal.Left && ctx.Err() != nil {
		return 0, ctx.Err()
	}
	body, err := json.Marshal(journal.Sunk{
		What: what, Result: result, Job: v.job.ID, Attempt: v.job.Attempt, Worker: v.Name, Fence: v.job.Fence(), Holds: v.holds,
	})
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, v.Sink, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	resp, err := toSink.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer struct {
		Failures int `json:"failures"`
	}
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return answer.Failures, err
}

func (v *visit) note(h journal.Handled) error {
	h.Job, h.Attempt, h.Worker, h.Fence = v.job.ID, v.job.Attempt, v.Name, v.job.Fence()
	return v.Log.Add(h)
}
