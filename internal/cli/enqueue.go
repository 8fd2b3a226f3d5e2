package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func enqueueCmd(env *Env) *cobra.Command {
	var (
		n                 client.NewJob
		at, expires, args string
		single            []string
		wait              bool
		file              string
	)
	cmd := &cobra.Command{
		Use:   "enqueue TASK",
		Short: "Start a job, or many from a file",
		Long: `Enqueue starts a job of a task; “jobctl tasks” lists them. It prints the job's
id. With --wait it shows the progress and ends when the job has: with 0 if the
job succeeded, else with 1.

The values of --arg are read as the task's schema says: a number stays a string
where a string is wanted. A list takes one item for each --arg.

With --file it starts a job for each line of a file, or of standard input if it
is -. A line is a JSON object such as {"task":"sis.terms.pull","args":{…}}; it may
have client, at, in, expires, description, key and tags too. Lines that are refused
are told by their number, and do not spare the others. While the server can take
no more, jobctl waits and goes on where it was: no line becomes two jobs.`,
		Example: `  jobctl enqueue sis.terms.pull --arg sync=main --wait
  jobctl enqueue sis.terms.pull --args-json '{"sync":"main","dry_run":true}' --in 10m
  jobctl enqueue sis.terms.pull --arg sync=main --key nightly-2026-09-01
  jobctl enqueue cache.clear --expires 2h
  jobctl enqueue sis.terms.pull --arg sync=main --tag term-2026 --tag drill
  jobctl enqueue --file jobs.ndjson`,
		ValidArgsFunction: env.complete(taskNames),
		Args: func(cmd *cobra.Command, names []string) error {
			if file != "" {
				return cobra.NoArgs(cmd, names)
			}
			return cobra.ExactArgs(1)(cmd, names)
		},
		RunE: func(cmd *cobra.Command, names []string) (err error) {
			ctx, c := cmd.Context(), env.client()
			if file != "" {
				return env.enqueueFile(cmd, file)
			}
			n.Task = names[0]
			if n.At, err = parseWhen("at", at); err != nil {
				return err
			}
			if n.Expires, err = env.parseLater("expires", expires); err != nil {
				return err
			}
			if n.Args, err = env.arguments(ctx, c, n.Task, "args-json", args, single); err != nil {
				return err
			}
			j, isNew, err := c.Enqueue(ctx, n)
			if err != nil {
				return err
			}
			if !isNew {
				env.hint("%s", standIn(n))
			}
			if wait {
				return env.waitAndPrint(ctx, c, j.ID)
			}
			return env.printStarted(j)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&n.Client, "client", "", "whose job it is (default “default”)")
	flags.StringArrayVar(&single, "arg", nil, "an argument, as name=value; may be repeated")
	flags.StringVar(&args, "args-json", "", "all arguments as a JSON object; - reads standard input")
	flags.StringVar(&n.In, "in", "", "start this long from now: 90s, 10m, 2h")
	flags.StringVar(&at, "at", "", "start at this time: 2026-09-01T08:00:00Z, or “2026-09-01 08:00” in your zone")
	flags.StringVar(&expires, "expires", "", "give up if it has not begun by then: 2h from now, or a time as with --at")
	flags.StringVar(&n.Key, "key", "", "idempotency key: the same key again is the same job")
	flags.StringVar(&n.Description, "description", "", "what people see in lists (default: the task's summary)")
	flags.StringSliceVar(&n.Tags, "tag", nil, "what to find it by, as tag:x in a filter; up to 8, repeated or separated by commas")
	flags.BoolVar(&wait, "wait", false, "wait for the end and show the progress")
	flags.StringVar(&file, "file", "", "start a job for each line of this file; - reads standard input")
	return cmd
}

// printStarted prints a job that runs on without us.
func (env *Env) printStarted(j client.Job) error {
	return env.print(j, func() {
		fmt.Fprintln(env.Out, j.ID)
		env.hint("Job %s; see it with: jobctl job %s", j.State, j.ID)
	})
}

// standIn says why there is no new job.
func standIn(n client.NewJob) string {
	if n.Key != "" {
		return "There was a job under that key already."
	}
	return "A job that does the same is in flight; it stands for this one."
}

// parseWhen reads a flag's time; none is the zero time.
func parseWhen(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, ok := asTime(text); ok {
		return t, nil
	}
	return time.Time{}, fault.New(fault.Invalid, "--%s must be a time such as 2026-09-01T08:00:00Z or “2026-09-01 08:00”, not %q", flag, text).In(flag)
}

// parseLater reads a flag's time, or a duration from now.
func (env *Env) parseLater(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return env.Now().Add(d), nil
	}
	if t, ok := asTime(text); ok {
		return t, nil
	}
	return time.Time{}, fault.New(fault.Invalid, "--%s must be a duration such as 2h, or a time such as 2026-09-01T08:00:00Z, not %q", flag, text).In(flag)
}

// asTime reads a time as people and programs write it.
func asTime(text string) (time.Time, bool) {
	return timeIn(text, time.Local)
}
