package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func retryCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "retry ID",
		Short: "Repeat a job that failed, or start one that waits now",
		Long: `Retry makes a new job, with the same arguments, of one that failed, was aborted
or has expired, and prints the new job's id. A job that waits for its time, or
for its next attempt, begins it now.`,
		ValidArgsFunction: env.complete(recentJobs),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
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
}
