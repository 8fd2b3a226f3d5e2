package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func scheduleHistoryCmd(env *Env) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:               "history NAME",
		Short:             "List what was changed of a schedule, by whom and why",
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			all, err := env.client().ScheduleChanges(cmd.Context(), names[0], limit)
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printChanges(all) })
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "how many changes at most, newest first")
	return cmd
}

func (env *Env) printChanges(all []client.Change) {
	if len(all) == 0 {
		env.hint("Nothing was changed yet.")
		return
	}
	t := env.table("when", "by", "layer", "what", "from", "to", "why")
	for _, c := range all {
		t.row(env.ago(c.At), c.By, string(c.Layer), c.Field, shorten(shown(c.Old), 40), shorten(shown(c.New), 40), c.Reason)
	}
	t.end()
}
