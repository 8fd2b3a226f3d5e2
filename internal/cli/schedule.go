package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func scheduleCmd(env *Env) *cobra.Command {
	cmd := &cobra.Command{Use: "schedule", Short: "Do something with one schedule"}
	cmd.AddCommand(
		scheduleShowCmd(env), scheduleNextCmd(env), scheduleClashesCmd(env), scheduleHistoryCmd(env), scheduleRunCmd(env),
		scheduleCreateCmd(env), scheduleDuplicateCmd(env), scheduleEditCmd(env), scheduleRevertCmd(env),
		schedulePauseCmd(env), scheduleResumeCmd(env), scheduleDeleteCmd(env),
	)
	return group(cmd)
}

func scheduleRunCmd(env *Env) *cobra.Command {
	var (
		ask  client.RunSchedule
		wait bool
	)
	cmd := &cobra.Command{
		Use:               "run NAME",
		Short:             "Start a schedule's job now, beside its timetable",
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			ctx, c := cmd.Context(), env.client()
			j, err := c.RunSchedule(ctx, names[0], ask)
			if err != nil {
				return err
			}
			if wait {
				return env.waitAndPrint(ctx, c, j.ID)
			}
			return env.printStarted(j)
		},
	}
	cmd.Flags().StringVar(&ask.Client, "client", "", "whose job it is (default: the schedule's client)")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait for the end and show the progress")
	return cmd
}
