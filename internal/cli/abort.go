package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func abortCmd(env *Env) *cobra.Command {
	m := &many{verb: "abort", done: "Aborted, or told to stop"}
	cmd := &cobra.Command{
		Use:   "abort {ID... | --filter FILTER}",
		Short: "Stop jobs, or keep them from starting",
		Long: `Abort stops the named jobs. A job that runs is told to stop, and does so within
a second if its task obeys; a job that waits never starts. Jobs that have ended
are an error, which does not spare the others. In JSON and YAML it is one object
for a job that is named, and a list for several.

With --filter it stops all jobs of a filter that have not ended, after it has
counted them and asked. Should many more have come since they were counted,
nothing is done.`,
		Example: `  jobctl abort --filter 'task:sis.* client:north-campus' --reason "wrong file"
  jobctl abort --filter 'state:queued created<2026-09-01' --dry-run`,
		ValidArgsFunction: env.complete(openJobs),
		Args:              m.args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if m.meant() {
				return m.run(cmd.Context(), env, ids, env.client().AbortMany)
			}
			stopped, refused := abortAll(cmd.Context(), env.client(), ids)
			var answer any = stopped
			if len(ids) == 1 && refused == nil {
				answer = stopped[0]
			}
			err := env.print(answer, func() {
				for _, j := range stopped {
					env.say("%s", aborted(j))
				}
			})
			return errors.Join(refused, err)
		},
	}
	m.flags(cmd, env)
	return cmd
}

// abortAll aborts every job that can be: one that has just ended must not keep
// the others running.
func abortAll(ctx context.Context, c *client.Client, ids []string) (stopped []client.Job, refused error) {
	stopped = []client.Job{}
	for _, id := range ids {
		j, err := c.Abort(ctx, id)
		if err == nil {
			stopped = append(stopped, j)
			continue
		}
		refused = errors.Join(refused, err)
		if answer, ok := errors.AsType[*client.Error](err); !ok || !answer.Reached() {
			break // nobody listens
		}
	}
	return stopped, refused
}

func aborted(j client.Job) string {
	if j.State.Final() {
		return fmt.Sprintf("Job %s is %s.", j.ID, j.State)
	}
	return fmt.Sprintf("Job %s was told to stop.", j.ID)
}
