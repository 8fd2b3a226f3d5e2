package cli

import (
	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func schedulesCmd(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "schedules",
		Short: "List when tasks become jobs by themselves",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := env.client().Schedules(cmd.Context())
			if err != nil {
				return err
			}
			return env.print(all, func() { env.printSchedules(all) })
		},
	}
}

func (env *Env) printSchedules(all []client.Schedule) {
	if len(all) == 0 {
		env.hint("There are no schedules; tasks bring theirs along when a worker announces them.")
		return
	}
	t := env.table("schedule", "client", "cron", "zone", "next", "remark")
	for _, s := range all {
		t.row(s.Name, s.Client, s.Cron, s.Zone, env.agoIf(s.Next), remark(s))
	}
	t.end()
}

// remark says why a schedule does not fire.
func remark(s client.Schedule) string {
	switch {
	case s.Problem != "":
		return s.Problem
	case s.Missing:
		return "no worker announces " + s.Task
	case !s.Enabled:
		return "switched off"
	}
	return ""
}
