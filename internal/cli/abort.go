package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func abortCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "abort ID...",
		Short: "Stop jobs, or keep them from starting",
		Long: `Abort stops the named jobs. A job that runs is told to stop, and does so within
a second if its task obeys; a job that waits never starts. Jobs that have ended
are an error.`,
		Example:           `  jobctl jobs --state queued -q | xargs jobctl abort`,
		ValidArgsFunction: env.complete(openJobs),
		Args:              cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			c := env.client()
			for _, id := range ids {
				j, err := c.Abort(cmd.Context(), id)
				if err != nil {
					return err
				}
				if err := env.print(j, func() { fmt.Fprintln(env.Out, aborted(j)) }); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func aborted(j client.Job) string {
	if j.State.Final() {
		return fmt.Sprintf("Job %s is %s.", j.ID, j.State)
	}
	return fmt.Sprintf("Job %s was told to stop.", j.ID)
}
