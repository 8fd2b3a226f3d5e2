package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisLinkCmd(env *Env) *cobra.Command {
	var (
		ask  client.LinkSection
		wait bool
	)
	cmd := &cobra.Command{
		Use:   "link SYNC SECTION COURSE",
		Short: "Link a section to a course of the LMS by hand",
		Long: `Link pairs a section of the SIS with a course of the LMS, named by its id number,
short name or id. A plan is made at once of whoever waited for it.`,
		Example:           `  jobctl sis link main s-2 BIO-2026FA --wait`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, c := cmd.Context(), env.client()
			ask.Section, ask.Course = args[1], args[2]
			j, err := c.Link(ctx, args[0], ask)
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
