package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beadle-jobs/beadle/internal/fault"
)

func notifyEditCmd(env *Env) *cobra.Command {
	var n noticeFlags
	var pause, resume bool
	var revision int64
	cmd := &cobra.Command{
		Use: "edit NAME", Short: "Change a rule",
		Long: `Edit changes what the flags say, and leaves the rest of the rule as it is. With
--revision it changes that revision only, and is refused if somebody else was
faster.`,
		Example: `  jobctl notify edit imports --on failed,missed,held --late 15m
  jobctl notify edit night --quiet ''
  jobctl notify edit night --pause`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !anyChange(cmd) {
				return fault.New(fault.Invalid, "Say what is to change; jobctl notify edit --help lists it.")
			}
			r, err := env.client().NoticeRule(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if err := n.set(cmd.Flags(), &r); err != nil {
				return err
			}
			if pause || resume {
				r.Paused = pause
			}
			if cmd.Flags().Changed("revision") {
				r.Revision = revision
			}
			return env.putNoticeRule(cmd, r, "Rule %s is changed.")
		},
	}
	n.on(cmd.Flags())
	f := cmd.Flags()
	f.BoolVar(&pause, "pause", false, "it tells nothing until it is resumed")
	f.BoolVar(&resume, "resume", false, "it tells again")
	f.Int64Var(&revision, "revision", 0, "of the rule that you have seen; none: the one of now")
	cmd.MarkFlagsMutuallyExclusive("pause", "resume")
	return cmd
}

// anyChange reports whether one of the flags that change something is given.
func anyChange(cmd *cobra.Command) (any bool) {
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { any = any || f.Changed && f.Name != "revision" })
	return any
}
