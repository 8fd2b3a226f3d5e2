package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// A watcher shows a job to whoever waits for it.
type watcher interface {
	show(client.Job)
	end()
}

// watcher returns a progress bar for people and plain lines for files.
func (env *Env) watcher(name string) watcher {
	if env.Terminal {
		return &barWatcher{env: env, name: name}
	}
	return &lineWatcher{env: env, name: name}
}

// wait shows a job until it has ended.
func (env *Env) wait(ctx context.Context, c *client.Client, id string, w watcher) (client.Job, error) {
	defer w.end()
	for {
		d, err := c.Job(ctx, id)
		if err != nil {
			return d.Job, env.whileWaiting(err, id)
		}
		w.show(d.Job)
		if d.Job.State.Final() {
			return d.Job, nil
		}
		if err := env.pause(ctx); err != nil {
			return d.Job, env.whileWaiting(err, id)
		}
	}
}

// whileWaiting tells that the end of waiting is not the end of the job.
func (env *Env) whileWaiting(err error, id string) error {
	env.hint("The job goes on without us: jobctl job %s", id)
	return err
}

func (env *Env) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(env.Poll):
		return nil
	}
}

// waitAndPrint waits for a job, prints it, and fails if the job did.
func (env *Env) waitAndPrint(ctx context.Context, c *client.Client, id string) error {
	j, err := env.wait(ctx, c, id, env.watcher(""))
	if err != nil {
		return err
	}
	if err := env.print(j, func() { fmt.Fprintln(env.Out, summary(j)) }); err != nil {
		return err
	}
	return howItEnded(j)
}

// howItEnded is nil if j succeeded, and says why not otherwise.
func howItEnded(j client.Job) error {
	if j.State == job.Succeeded {
		return nil
	}
	why := j.Reason
	if why == "" {
		why = j.Error
	}
	if why == "" {
		return fault.New(fault.Internal, "job %s %s", j.ID, j.State)
	}
	return fault.New(fault.Internal, "job %s %s: %s", j.ID, j.State, oneLine(why))
}

// summary says in a line what a job came to.
func summary(j client.Job) string {
	parts := []string{}
	p := j.Progress
	for _, n := range []struct {
		n    int64
		what string
	}{{p.Created, "created"}, {p.Changed, "changed"}, {p.Removed, "removed"}} {
		if n.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.n, n.what))
		}
	}
	if j.Errors > 0 {
		parts = append(parts, count(j.Errors, "record error", "record errors"))
	}
	line := fmt.Sprintf("Job %s %s", j.ID, j.State)
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	return line + "."
}

// A lineWatcher prints a line whenever there is something else to say.
type lineWatcher struct {
	env  *Env
	name string
	last string
}

func (w *lineWatcher) show(j client.Job) {
	line := string(j.State)
	if !j.State.Final() && j.Reason != "" {
		line += ": " + oneLine(j.Reason)
	} else if j.Progress.Stage != "" && !j.State.Final() {
		line += ": " + oneLine(j.Progress.Stage)
	}
	if w.name != "" {
		line = w.name + ": " + line
	}
	if line != w.last {
		w.env.hint("%s", line)
		w.last = line
	}
}

func (w *lineWatcher) end() {}

// A barWatcher draws a bar for each stage of the work, one in the place of the
// other.
type barWatcher struct {
	env   *Env
	name  string
	stage string
	bar   *progressbar.ProgressBar
}

func (w *barWatcher) show(j client.Job) {
	stage := strings.TrimSpace(w.name + " " + caption(j))
	if w.bar == nil || stage != w.stage {
		w.end()
		w.stage, w.bar = stage, w.env.bar(j.Progress, stage)
	}
	if j.Progress.Total > 0 {
		w.bar.ChangeMax64(j.Progress.Total)
		_ = w.bar.Set64(min(j.Progress.Done, j.Progress.Total)) // drawing fails with the terminal
		return
	}
	_ = w.bar.Set64(j.Progress.Done)
}

func caption(j client.Job) string {
	switch {
	case j.State == job.Running && j.Progress.Stage != "":
		return oneLine(j.Progress.Stage)
	case j.Reason != "" && !j.State.Final():
		return string(j.State) + ": " + oneLine(j.Reason)
	}
	return string(j.State)
}

// end takes the bar away.
func (w *barWatcher) end() {
	if w.bar != nil {
		_ = w.bar.Clear()
		_ = w.bar.Exit()
		w.bar = nil
	}
}

// bar returns a bar, or a spinner where the total is unknown.
func (env *Env) bar(p job.Progress, caption string) *progressbar.ProgressBar {
	total := p.Total
	if total <= 0 {
		total = -1
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(env.Err),
		progressbar.OptionSetDescription(caption),
		progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionThrottle(50*time.Millisecond),
	)
}
