package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisUnlinkCmd(env *Env) *cobra.Command {
	var (
		ask  client.UnlinkSection
		wait bool
	)
	cmd := &cobra.Command{
		Use:   "unlink SYNC SECTION",
		Short: "Take a section from its course, for good",
		Long: `Unlink ends the pairing of a section with a course; it is not linked again by
itself. Nobody is unenrolled.`,
		Example:           `  jobctl sis unlink main s-2 --reason "taught in another system"`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, c := cmd.Context(), env.client()
			ask.Section = args[1]
			j, err := c.Unlink(ctx, args[0], ask)
			if err != nil {
				return err
			}
			return env.given(ctx, c, j, wait)
		},
	}
	cmd.Flags().StringVar(&ask.Reason, "reason", "", "why, for whoever wonders later")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it is done")
	return cmd
}
