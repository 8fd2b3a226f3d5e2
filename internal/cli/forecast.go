package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/beadle-jobs/beadle/pkg/client"
)

func forecastCmd(env *Env) *cobra.Command {
	var a ahead
	cmd := &cobra.Command{
		Use:   "forecast",
		Short: "List what all schedules will start next, in order",
		Long: `Forecast lists the next due times of all schedules together, as far as is known
now: with calendars, pauses and ends applied, and with what is odd about a day
on which the clock changes.`,
		Example: `  jobctl forecast -n 100
  jobctl forecast --from "2026-10-25 00:00"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.print(cmd, env, "")
		},
	}
	a.flags(cmd, 20)
	return cmd
}

func scheduleNextCmd(env *Env) *cobra.Command {
	var a ahead
	cmd := &cobra.Command{
		Use:               "next NAME",
		Short:             "List the next runs of a schedule",
		ValidArgsFunction: env.complete(scheduleNames),
		Args:              cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			return a.print(cmd, env, names[0])
		},
	}
	a.flags(cmd, 5)
	return cmd
}

// ahead is how far to look.
type ahead struct {
	from string
	n    int
}

func (a *ahead) flags(cmd *cobra.Command, n int) {
	cmd.Flags().StringVar(&a.from, "from", "", "from this time on: 2026-09-01T08:00:00Z, or “2026-09-01 08:00” in your zone (default now)")
	cmd.Flags().IntVarP(&a.n, "count", "n", n, "how many to list")
}

func (a *ahead) print(cmd *cobra.Command, env *Env, schedule string) error {
	if err := checkCount(a.n); err != nil {
		return err
	}
	from, err := env.timeFlag("from", a.from, time.Local)
	if err != nil {
		return err
	}
	all, err := env.client().Forecast(cmd.Context(), schedule, from, a.n)
	if err != nil {
		return err
	}
	zones, err := env.zones(cmd.Context(), schedule)
	if err != nil {
		return err
	}
	return env.print(all, func() {
		if len(all) == 0 {
			env.hint("Nothing will be due.")
			return
		}
		for i, f := range all {
			all[i].Due = inZone(f.Due, zones[f.Schedule])
		}
		env.printForecast(all, schedule == "")
	})
}

// zones returns the zone of a schedule, or of each if its name is empty.
func (env *Env) zones(ctx context.Context, schedule string) (map[string]string, error) {
	all := map[string]string{}
	if schedule != "" {
		s, err := env.client().Schedule(ctx, schedule)
		all[schedule] = s.Zone
		return all, err
	}
	schedules, err := env.client().Schedules(ctx)
	for _, s := range schedules {
		all[s.Name] = s.Zone
	}
	return all, err
}

// printForecast prints firings, with their schedules if they are of several.
func (env *Env) printForecast(all []client.Firing, named bool) {
	head := []string{"next", "utc", "in", "remark"}
	if named {
		head = append([]string{"schedule"}, head...)
	}
	t := env.table(head...)
	for _, f := range all {
		remark := f.Remark
		if f.Skipped {
			remark = "does not run" + because(f.Remark)
		}
		row := []string{clock(f.Due), f.Due.UTC().Format(time.RFC3339), env.ago(f.Due), remark}
		if named {
			row = append([]string{f.Schedule}, row...)
		}
		t.row(row...)
	}
	t.end()
}
