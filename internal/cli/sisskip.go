package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func sisSkipCmd(env *Env) *cobra.Command {
	var (
		ask  client.SkipMessages
		wait bool
	)
	cmd := &cobra.Command{
		Use:   "skip SYNC MESSAGE...",
		Short: "Leave messages of the SIS out, or hold them for now",
		Long: `Skip keeps messages from being applied: what was written before stays as it is.
That counts until the SIS sends another message about the same record, or until
somebody takes it back with retry.`,
		Example: `  jobctl sis skip main 0198f3c2-7d10-7025-8a4e-5b1c9d20e6f7 --reason "typed wrongly; corrected tomorrow"
  jobctl sis skip main 0198f3c2-7d10-7025-8a4e-5b1c9d20e6f7 --hold --reason "asked the registrar"`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if ask.Reason == "" {
				return fault.New(fault.Invalid, "Say why, with --reason.").In("reason")
			}
			ctx, c := cmd.Context(), env.client()
			ask.Messages = args[1:]
			j, err := c.Skip(ctx, args[0], ask)
			if err != nil {
				return err
			}
			return env.given(ctx, c, j, wait)
		},
	}
	cmd.Flags().BoolVar(&ask.Hold, "hold", false, "hold them instead of skipping them")
	cmd.Flags().StringVar(&ask.Reason, "reason", "", "why, for whoever wonders later")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it is done")
	return cmd
}

func sisRetryCmd(env *Env) *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use:   "retry SYNC [MESSAGE...]",
		Short: "Try messages of the SIS again",
		Long: `Retry makes a plan of all that the SIS has sent, and applies it. Messages that are
named are taken back first, if somebody has skipped or held them.`,
		ValidArgsFunction: env.complete(syncNames),
		Args:              cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, c := cmd.Context(), env.client()
			j, err := c.Skip(ctx, args[0], client.SkipMessages{Messages: args[1:], Back: true})
			if err != nil {
				return err
			}
			return env.given(ctx, c, j, wait)
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it is done")
	return cmd
}
