package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func jobCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:               "job ID",
		Short:             "Show a job, what it waited for, the attempts at it, and its first record errors",
		ValidArgsFunction: env.complete(recentJobs),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			ctx, c := cmd.Context(), env.client()
			d, err := c.Job(ctx, ids[0])
			if err != nil {
				return err
			}
			if d.Job.Errors == 0 || env.format != "table" {
				return env.print(d, func() { env.printJob(d) })
			}
			env.printJob(d)
			return env.printErrors(ctx, c, d.Job)
		},
	}
}

func (env *Env) printJob(d client.JobDetail) {
	j := d.Job
	env.facts(
		"job", j.ID,
		"task", j.Task,
		"description", j.Description,
		"client", j.Client,
		"owner", j.Owner,
		"state", stateWord(j),
		"trouble", troubles(j),
		"reason", j.Reason,
		"waits for", waitsFor(j),
		"error", j.Error,
		"progress", progress(j),
		"done", achieved(j),
		"duration", usualText(d.Usual),
		"arguments", string(j.Args),
		"tags", strings.Join(j.Tags, " "),
		"schedule", j.Schedule,
		"parent", j.Parent,
		"retry of", j.RetryOf,
		"trace", j.Trace,
		"worker", j.Worker,
		"due", env.moment(j.Due),
		"expires", env.momentIf(j.Expires),
		"created", env.moment(j.Created),
		"started", env.momentIf(j.Started),
		"ended", env.momentIf(j.Ended),
	)
	if d.Notice != "" {
		env.hint("%s", d.Notice)
	}
	if len(d.Waits) > 0 {
		fmt.Fprintln(env.Out)
		env.printWaits(d.Waits)
	}
	if len(d.Attempts) > 0 {
		fmt.Fprintln(env.Out)
		env.printAttempts(d.Attempts)
	}
}

// usualText compares the job with those like it; nothing if there are none.
func usualText(u *client.Usual) string {
	if u == nil {
		return ""
	}
	return u.Text
}

func (env *Env) printAttempts(attempts []client.Attempt) {
	t := env.table("attempt", "outcome", "worker", "started", "took", "error")
	for _, a := range attempts {
		end := env.Now()
		if a.Ended != nil {
			end = *a.Ended
		}
		t.row(fmt.Sprint(a.Number), string(a.Outcome), a.Worker, env.ago(a.Started), span(end.Sub(a.Started)), a.Error)
	}
	t.end()
}

// printWaits says what the job waited for. What it waits for now is a fact of it.
func (env *Env) printWaits(waits []client.Waited) {
	t := env.table("began", "waited")
	for _, w := range waits {
		if w.Since == nil {
			t.row(env.ago(w.Began), w.Sentence())
		}
	}
	t.end()
}

// fewErrors is how many record errors are shown with their job.
const fewErrors = 20

// printErrors prints the first record errors, and where all of them are.
func (env *Env) printErrors(ctx context.Context, c *client.Client, j client.Job) error {
	p, err := c.JobErrors(ctx, j.ID, 0, fewErrors)
	if err != nil {
		return err
	}
	env.say("")
	t := env.table("record", "code", "error")
	for _, e := range p.Errors {
		t.row(e.Key, e.Code, e.Message)
	}
	t.end()
	if rest := j.Errors - int64(len(p.Errors)); rest > 0 {
		env.say("… and %d more: %s/api/v1/jobs/%s/errors?format=csv", rest, c.Server(), j.ID)
	}
	return nil
}

// moment says when t is, to the second and as people say it.
func (env *Env) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s (%s)", t.In(env.Now().Location()).Format(time.DateTime), env.ago(t))
}

func (env *Env) momentIf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return env.moment(*t)
}
