package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func schedulesCmd(env *Env) *cobra.Command {
	var f scheduleFilter
	cmd := &cobra.Command{
		Use:   "schedules",
		Short: "List when tasks become jobs by themselves",
		Example: `  jobctl schedules --client north-campus
  jobctl schedules --label team=finance`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			all, err := env.client().Schedules(cmd.Context())
			if err != nil {
				return err
			}
			some := slices.DeleteFunc(all, func(s client.Schedule) bool { return !f.matches(s) })
			return env.print(some, func() { env.printSchedules(some, f) })
		},
	}
	cmd.Flags().StringVar(&f.client, "client", "", "only those of this client")
	cmd.Flags().StringVar(&f.task, "task", "", "only those of this task")
	cmd.Flags().StringArrayVar(&f.labels, "label", nil, "only those with this label, as name=value or name; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("task", env.complete(taskNames)) // fails only for a flag that is not there
	_ = cmd.RegisterFlagCompletionFunc("client", env.complete(clientNames))
	cmd.AddCommand(schedulesExportCmd(env), schedulesImportCmd(env), schedulesLintCmd(env))
	return cmd
}

// A scheduleFilter chooses schedules.
type scheduleFilter struct {
	client, task string
	labels       []string
}

func (f scheduleFilter) check() error {
	for _, l := range f.labels {
		if name, _, _ := strings.Cut(l, "="); name == "" {
			return fault.New(fault.Invalid, "--label must be name=value or name, not %q", l).In("label")
		}
	}
	return nil
}

func (f scheduleFilter) matches(s client.Schedule) bool {
	for _, l := range f.labels {
		name, want, exact := strings.Cut(l, "=")
		value, has := s.Labels[name]
		if !has || exact && value != want {
			return false
		}
	}
	return (f.client == "" || f.client == s.Client) && (f.task == "" || f.task == s.Task)
}

func (f scheduleFilter) empty() bool { return f.client == "" && f.task == "" && len(f.labels) == 0 }

func (env *Env) printSchedules(all []client.Schedule, f scheduleFilter) {
	switch {
	case len(all) == 0 && f.empty():
		env.hint("There are no schedules; tasks bring theirs along when a worker announces them.")
		return
	case len(all) == 0:
		env.hint("No schedule is like that; jobctl schedules lists all.")
		return
	}
	t := env.table("schedule", "client", "when", "zone", "cron", "next", "remark")
	for _, s := range all {
		t.row(s.Name, s.Client, shorten(wordsOf(s.Rule), 60), s.Zone, s.Cron, env.agoIf(s.Next), env.remark(s))
	}
	t.end()
}
