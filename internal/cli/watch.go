package cli

import (
	"cmp"
	"context"
	"errors"
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
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	news := listen(ctx, c, id)
	p := patience{}
	for {
		d, err := c.Job(ctx, id)
		if err = p.bear(err); err != nil {
			return d.Job, env.whileWaiting(err, id)
		}
		if d.Job.ID != "" {
			w.show(d.Job)
		}
		if d.Job.State.Final() {
			return d.Job, nil
		}
		if err := env.pauseFor(ctx, news); err != nil {
			return d.Job, env.whileWaiting(err, id)
		}
	}
}

// listen has the server tell of a job. Where it does not, nothing comes, and
// one has to ask.
func listen(ctx context.Context, c *client.Client, id string) <-chan struct{} {
	news := make(chan struct{}, 1)
	go func() {
		for _, err := range c.Follow(ctx, client.Lookout{Jobs: []string{id}}) {
			if err != nil {
				continue
			}
			select {
			case news <- struct{}{}:
			default:
			}
		}
	}()
	return news
}

// pauseFor is [Env.pause] that news ends at once.
func (env *Env) pauseFor(ctx context.Context, news <-chan struct{}) error {
	select {
	case <-news:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(env.Poll):
		return nil
	}
}

// A patience bears a server that is away for a while: it is restarted, or its
// Redis is. The job goes on meanwhile.
type patience struct{ tried int }

// maxTries is how often in a row the server may not answer.
const maxTries = 100

// bear returns err unless another try may help.
func (p *patience) bear(err error) error {
	away, ok := errors.AsType[*client.Error](err)
	if !ok || away.Code != fault.Unavailable.Code() || p.tried >= maxTries {
		if err == nil {
			p.tried = 0
		}
		return err
	}
	p.tried++
	return nil
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
	if j.State == job.Failed {
		why = cmp.Or(j.Error, j.Reason)
	}
	if why == "" {
		return fault.New(fault.Internal, "job %s %s", j.ID, j.State)
	}
	return fault.New(fault.Internal, "job %s %s: %s", j.ID, j.State, oneLine(why))
}

// summary says in a line what a job came to.
func summary(j client.Job) string {
	line := fmt.Sprintf("Job %s %s", j.ID, j.State)
	if what := achieved(j); what != "" {
		line += ": " + what
	}
	return line + "."
}

// achieved says what a job has done.
func achieved(j client.Job) string {
	parts := []string{}
	for _, n := range []struct {
		n    int64
		what string
	}{{j.Progress.Created, "created"}, {j.Progress.Changed, "changed"}, {j.Progress.Removed, "removed"}} {
		if n.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.n, n.what))
		}
	}
	if j.Errors > 0 {
		parts = append(parts, count(j.Errors, "record error", "record errors"))
	}
	return strings.Join(parts, ", ")
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
// other, and a line of words where there is nothing to measure.
type barWatcher struct {
	env   *Env
	name  string
	stage string
	bar   *progressbar.ProgressBar
	words bool // the line shows words
}

func (w *barWatcher) show(j client.Job) {
	stage := strings.TrimSpace(w.name + " " + caption(j))
	if stage != w.stage {
		w.end()
		w.stage = stage
	}
	switch {
	case j.State.Final():
		w.end()
	case j.Progress.Total > 0 && j.State == job.Running:
		w.draw(j.Progress)
	default:
		w.end()
		w.words = true
		fmt.Fprint(w.env.Err, clearLine+w.stage+measure(j.Progress))
	}
}

func (w *barWatcher) draw(p job.Progress) {
	if w.bar == nil {
		w.end()
		w.bar = w.env.bar(p.Total, w.stage)
	}
	w.bar.ChangeMax64(p.Total)
	_ = w.bar.Set64(min(p.Done, p.Total)) // drawing fails with the terminal
}

// measure says how much is done of nobody knows how much.
func measure(p job.Progress) string {
	if p.Done == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d)", p.Done)
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

// clearLine takes away what the line of a terminal shows.
const clearLine = "\r\x1b[K"

// end takes away what is drawn.
func (w *barWatcher) end() {
	if w.bar != nil || w.words {
		fmt.Fprint(w.env.Err, clearLine)
	}
	w.bar, w.words = nil, false
}

func (env *Env) bar(total int64, caption string) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(env.Err),
		progressbar.OptionSetDescription(caption),
		progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(),
		progressbar.OptionUseANSICodes(true),
	)
}
