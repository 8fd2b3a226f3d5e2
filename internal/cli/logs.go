package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

// logPage is how many lines are asked for at a time.
const logPage = 500

func logsCmd(env *Env) *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:               "logs ID",
		Short:             "Print what a job logged",
		ValidArgsFunction: env.complete(recentJobs),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			ctx, c := cmd.Context(), env.client()
			if env.format != "table" {
				return env.printLog(ctx, c, ids[0])
			}
			if follow {
				return env.followLog(ctx, c, ids[0])
			}
			_, err := env.tailLog(ctx, c, ids[0], 0)
			return err
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the job has ended")
	return cmd
}

// printLog prints the whole log as one document.
func (env *Env) printLog(ctx context.Context, c *client.Client, id string) error {
	lines := []client.LogLine{}
	_, err := eachLine(ctx, c, id, 0, func(l client.LogLine) { lines = append(lines, l) })
	if err != nil {
		return err
	}
	return env.print(lines, nil)
}

// followLog prints lines as they come. What the job logged last is recorded
// after its end, so it looks once more.
func (env *Env) followLog(ctx context.Context, c *client.Client, id string) error {
	p := patience{}
	for after, ended := int64(0), false; ; {
		last, err := env.tailLog(ctx, c, id, after)
		if err == nil && ended {
			return nil
		}
		after = last
		if err == nil {
			ended, err = hasEnded(ctx, c, id)
		}
		if err = p.bear(err); err != nil {
			return err
		}
		if err := env.pause(ctx); err != nil {
			return err
		}
	}
}

func hasEnded(ctx context.Context, c *client.Client, id string) (bool, error) {
	d, err := c.Job(ctx, id)
	return d.Job.State.Final(), err
}

// tailLog prints the lines after that one and returns the last one's number.
func (env *Env) tailLog(ctx context.Context, c *client.Client, id string, after int64) (int64, error) {
	return eachLine(ctx, c, id, after, func(l client.LogLine) {
		fmt.Fprintf(env.Out, "%s %-5s %s\n", l.At.In(env.Now().Location()).Format(time.TimeOnly), l.Level, oneLine(l.Text))
	})
}

func eachLine(ctx context.Context, c *client.Client, id string, after int64, do func(client.LogLine)) (int64, error) {
	for {
		page, err := c.Logs(ctx, id, after, logPage)
		if err != nil {
			return after, err
		}
		for _, l := range page.Lines {
			do(l)
			after = l.Seq
		}
		if page.Next == 0 {
			return after, nil
		}
	}
}
