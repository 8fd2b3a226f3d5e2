package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func retryCmd(env *Env) *cobra.Command {
	m := &many{verb: "retry", done: "Started again, or sooner"}
	cmd := &cobra.Command{
		Use:   "retry {ID | --filter FILTER}",
		Short: "Repeat jobs that failed, or start one that waits now",
		Long: `Retry makes a new job, with the same arguments, of one that failed, was aborted
or has expired, and prints the new job's id. A job that waits for its time, or
for its next attempt, begins it now.

With --filter it repeats all jobs of a filter that ended without success, after
it has counted them and asked. What has been repeated before is not run twice.`,
		Example:           `  jobctl retry --filter 'state:failed task:mail.* error:smtp' --reason "mail is back"`,
		ValidArgsFunction: env.complete(recentJobs),
		Args:              m.args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if m.meant() {
				return m.run(cmd.Context(), env, ids, env.client().RetryMany)
			}
			j, err := env.client().Retry(cmd.Context(), ids[0])
			if err != nil {
				return err
			}
			if j.ID != ids[0] {
				return env.printStarted(j)
			}
			return env.print(j, func() { fmt.Fprintf(env.Out, "Job %s starts now.\n", j.ID) })
		},
	}
	m.flags(cmd, env)
	return cmd
}
