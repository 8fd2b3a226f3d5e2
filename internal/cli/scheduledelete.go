package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
)

func scheduleDeleteCmd(env *Env) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Remove a schedule that a person created, or that nobody declares any more",
		Long: `Delete removes a schedule. One that the code of a task declares would come back:
switch it off instead, with jobctl schedule edit NAME --enabled false. What its
slots became, and its history, are kept.`,
		Example:           `  jobctl schedule delete roster.sync:north --reason "north has left"`,
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := needReason(reason); err != nil {
				return err
			}
			if !yes && !env.agrees("Delete schedule %s?", names[0]) {
				return fault.New(fault.Conflict, "nothing was changed")
			}
			s, err := env.client().DeleteSchedule(cmd.Context(), names[0], reason)
			if err != nil {
				return err
			}
			return env.print(s, func() { env.say("Schedule %s is deleted.", s.Name) })
		},
	}
	reasonFlag(cmd, &reason)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}
